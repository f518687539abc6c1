/** Words of the command lines that messages propose: they must work when copied into a shell. */

/** The word as a shell reads it back, in quotes only where it needs them. */
export function shellWord(word: string): string {
  if (/^[\w./:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

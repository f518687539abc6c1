/** Lower case character by character, as Lucene's LowerCaseFilter has it: without regard to neighbours or languages. */

/** Characters that JavaScript lowers by what is around them, or to more than one. */
const SPECIAL = /[\u03a3\u0130]/;

/** A text in lower case: a final capital sigma becomes a plain one, and the dotted capital I a plain i. */
export function lowerCase(text: string): string {
  const plain = SPECIAL.test(text) ? text.replaceAll('\u03a3', '\u03c3').replaceAll('\u0130', 'i') : text;
  return plain.toLowerCase();
}

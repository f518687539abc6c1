/** English words as Lucene's EnglishAnalyzer sees them: without the possessive, stemmed by Porter's algorithm. */
import { stemmer } from 'stemmer';

/** Words that are nothing but a suffix: the package strips them, the algorithm's conditions on the stem do not. */
const BARE_SUFFIXES: ReadonlyMap<string, string> = new Map([
  ['eed', 'eed'],
  ['ies', 'i'],
  ['sses', 'ss'],
]);

/** The stem of a word in lower case (M. F. Porter, An algorithm for suffix stripping, 1980). */
export function stemEnglish(word: string): string {
  return BARE_SUFFIXES.get(word) ?? stemmer(word);
}

/** A word without the possessive at its end: `'s`, with the apostrophes U+0027, U+2019 and U+FF07. */
export function withoutPossessive(word: string): string {
  const { length } = word;
  if (length < 2) return word;
  const last = word.charCodeAt(length - 1);
  if (last !== 0x73 && last !== 0x53) return word;
  const apostrophe = word.charCodeAt(length - 2);
  const isPossessive = apostrophe === 0x27 || apostrophe === 0x2019 || apostrophe === 0xff07;
  return isPossessive ? word.slice(0, -2) : word;
}

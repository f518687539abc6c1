/** English words as Lucene's EnglishAnalyzer sees them: without the possessive, stemmed by Porter's algorithm. */
import { stemmer } from 'stemmer';

/** Words that are nothing but a suffix: the package strips them, the algorithm's conditions on the stem do not. */
const BARE_SUFFIXES: ReadonlyMap<string, string> = new Map([
  ['eed', 'eed'],
  ['ies', 'i'],
  ['sses', 'ss'],
]);

/** Private characters that stand for capitals while a word is stemmed. */
const FIRST_STAND_IN = 0xe000;
const STAND_IN = /[\ue000-\uf8ff]/;
const STAND_INS = /[\ue000-\uf8ff]/g;

/**
 * The stem of a word (M. F. Porter, An algorithm for suffix stripping, 1980). Capitals are consonants of no suffix, as
 * for Lucene: `RUNNING` stays.
 */
export function stemEnglish(word: string): string {
  return BARE_SUFFIXES.get(word) ?? (word === word.toLowerCase() ? stemmer(word) : stemWithCapitals(word));
}

/** The package knows lower case only: capitals hide from it behind characters that have none. */
function stemWithCapitals(word: string): string {
  const capitals: string[] = [];
  const hidden = Array.from(word, (character) => {
    if (character === character.toLowerCase() && !STAND_IN.test(character)) return character;
    capitals.push(character);
    return String.fromCharCode(FIRST_STAND_IN + capitals.length - 1);
  }).join('');
  return stemmer(hidden).replaceAll(
    STAND_INS,
    (standIn) => capitals[standIn.charCodeAt(0) - FIRST_STAND_IN] ?? standIn,
  );
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

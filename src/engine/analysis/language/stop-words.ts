/**
 * Lists of words that carry no meaning of their own, by language, under the names that Elasticsearch gives them. The
 * English list is Lucene's; the others are those of the package `stopword`, which are longer than Lucene's.
 */
import {
  ara,
  ben,
  bul,
  cat,
  ces,
  dan,
  deu,
  ell,
  est,
  eus,
  fas,
  fin,
  fra,
  gle,
  glg,
  hin,
  hun,
  hye,
  ind,
  ita,
  lav,
  lit,
  nld,
  nob,
  pol,
  por,
  porBr,
  ron,
  rus,
  slk,
  slv,
  spa,
  swe,
  tha,
  tur,
  ukr,
} from 'stopword';
import { lowerCase } from '../lower-case.ts';

/** The stop words of Lucene's EnglishAnalyzer and StopAnalyzer. */
export const ENGLISH_STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a an and are as at be but by for if in into is it no not of on or such that the their then there these they ' +
    'this to was will with'
  ).split(' '),
);

const LISTS = {
  arabic: ara,
  armenian: hye,
  basque: eus,
  bengali: ben,
  brazilian: porBr,
  bulgarian: bul,
  catalan: cat,
  czech: ces,
  danish: dan,
  dutch: nld,
  english: ENGLISH_STOP_WORDS,
  estonian: est,
  finnish: fin,
  french: fra,
  galician: glg,
  german: deu,
  greek: ell,
  hindi: hin,
  hungarian: hun,
  indonesian: ind,
  irish: gle,
  italian: ita,
  latvian: lav,
  lithuanian: lit,
  norwegian: nob,
  persian: fas,
  polish: pol,
  portuguese: por,
  romanian: ron,
  russian: rus,
  slovak: slk,
  slovenian: slv,
  spanish: spa,
  swedish: swe,
  thai: tha,
  turkish: tur,
  ukrainian: ukr,
} as const satisfies Record<string, Iterable<string>>;

/** A language that has a list. */
export type StopLanguage = keyof typeof LISTS;

/** The languages that have a list. */
export const STOP_LANGUAGES: readonly string[] = Object.keys(LISTS);

const sets = new Map<StopLanguage, ReadonlySet<string>>();

/** Whether a language has a list. */
export function isStopLanguage(name: string): name is StopLanguage {
  return Object.hasOwn(LISTS, name);
}

/** The stop words of a language, in lower case. */
export function stopWordsOf(language: StopLanguage): ReadonlySet<string> {
  const known = sets.get(language);
  if (known !== undefined) return known;
  const words = new Set([...LISTS[language]].map(lowerCase));
  sets.set(language, words);
  return words;
}

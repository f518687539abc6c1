/** Stemmers by language: Snowball's, as the package `@orama/stemmers` has them, and Porter's for English. */
import { stemmer as arabic } from '@orama/stemmers/arabic';
import { stemmer as armenian } from '@orama/stemmers/armenian';
import { stemmer as danish } from '@orama/stemmers/danish';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as finnish } from '@orama/stemmers/finnish';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as hungarian } from '@orama/stemmers/hungarian';
import { stemmer as irish } from '@orama/stemmers/irish';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as lithuanian } from '@orama/stemmers/lithuanian';
import { stemmer as norwegian } from '@orama/stemmers/norwegian';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as romanian } from '@orama/stemmers/romanian';
import { stemmer as russian } from '@orama/stemmers/russian';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as swedish } from '@orama/stemmers/swedish';
import { stemmer as turkish } from '@orama/stemmers/turkish';
import { stemEnglish } from './english.ts';

/** Makes the stem of a word in lower case. */
export type Stemmer = (word: string) => string;

const STEMMERS = {
  arabic,
  armenian,
  danish,
  dutch,
  english: stemEnglish,
  finnish,
  french,
  german,
  hungarian,
  irish,
  italian,
  lithuanian,
  norwegian,
  portuguese,
  romanian,
  russian,
  spanish,
  swedish,
  turkish,
} as const satisfies Record<string, Stemmer>;

/** A language that has a stemmer. */
export type StemmedLanguage = keyof typeof STEMMERS;

/** The languages that have a stemmer. */
export const STEMMED_LANGUAGES: readonly string[] = Object.keys(STEMMERS);

/** Whether a language has a stemmer. */
export function isStemmedLanguage(name: string): name is StemmedLanguage {
  return Object.hasOwn(STEMMERS, name);
}

/** The stemmer of a language. */
export function stemmerOf(language: StemmedLanguage): Stemmer {
  return STEMMERS[language];
}

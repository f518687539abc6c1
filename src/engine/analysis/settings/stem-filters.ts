/** The token filters that stem, or keep from being stemmed, by their settings. */
import { markFilter, possessiveFilter, stemFilter, stemOverrideFilter } from '../chain/term-filters.ts';
import type { TokenFilter } from '../chain/token-stage.ts';
import { isStemmedLanguage, STEMMED_LANGUAGES, type Stemmer, stemmerOf } from '../language/stemmers.ts';
import { lowerCase } from '../lower-case.ts';
import { type OptionReader, settingsError, suggestion } from './option-reader.ts';
import { readPattern } from './read-pattern.ts';
import { readWords } from './word-sets.ts';

/** `stemmer`: `language` (or `name`) is a language, or `possessive_english`; Elasticsearch's `light_` and `minimal_` are not there. */
export function stemmerFilter(options: OptionReader): TokenFilter {
  const key = options.has('language') ? 'language' : 'name';
  const name = options.text(key, 'english', { min: 1 }).toLowerCase();
  if (name === 'possessive_english') return possessiveFilter;
  return stemFilter(stemmerNamed(name === 'porter' ? 'english' : name, options.what));
}

/** `snowball`: `language` as Snowball names it, `German`. English is Porter's first algorithm. */
export function snowballFilter(options: OptionReader): TokenFilter {
  const name = options.text('language', 'English', { min: 1 }).toLowerCase();
  return stemFilter(stemmerNamed(name === 'porter' ? 'english' : name, options.what));
}

/** `stemmer_override`: rules such as `running, runs => run`. */
export function stemOverride(options: OptionReader): TokenFilter {
  const stems = new Map<string, string>();
  for (const rule of options.list('rules') ?? []) {
    const [words, stem, more] = rule.split('=>').map((side) => side.trim());
    if (words === undefined || words === '' || stem === undefined || stem === '' || more !== undefined)
      throw settingsError(`${options.what}: [${rule}] is no rule such as "running => run"`);
    for (const word of words.split(',')) stems.set(word.trim(), stem);
  }
  return stemOverrideFilter(stems);
}

/** `keyword_marker`: words, or a pattern, of what is not stemmed. */
export function keywordMarker(options: OptionReader): TokenFilter {
  const ignoresCase = options.boolean('ignore_case', false);
  if (options.has('keywords_pattern')) {
    const pattern = readPattern(options, 'keywords_pattern', { isWhole: true });
    return markFilter((term) => {
      const [match] = pattern.matches(term);
      return match !== undefined;
    });
  }
  const words = readWords(options, 'keywords', { ignoresCase });
  if (words === undefined) throw settingsError(`${options.what}: [keywords] or [keywords_pattern] is missing`);
  return markFilter((term) => words.has(ignoresCase ? lowerCase(term) : term));
}

function stemmerNamed(name: string, what: string): Stemmer {
  if (isStemmedLanguage(name)) return stemmerOf(name);
  throw settingsError(`${what}: there is no stemmer for [${name}]${suggestion(name, STEMMED_LANGUAGES)}`);
}

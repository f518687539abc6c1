/** Lists of words in settings: given one by one, or by the name of a language, `_german_`. */

import { isStopLanguage, STOP_LANGUAGES, stopWordsOf } from '../language/stop-words.ts';
import { lowerCase } from '../lower-case.ts';
import { type OptionReader, settingsError, suggestion } from './option-reader.ts';

/**
 * The words of a setting such as `stopwords`; names of languages between underscores may be among them.
 *
 * @returns Undefined if the setting is not given.
 * @throws CoppiceError `BAD_REQUEST` for a language that has no list.
 */
export function readWords(
  options: OptionReader,
  key: string,
  { ignoresCase = false }: { readonly ignoresCase?: boolean } = {},
): ReadonlySet<string> | undefined {
  const list = options.list(key, { divider: ',' });
  if (list === undefined) return undefined;
  const words = new Set<string>();
  for (const element of list) {
    const trimmed = element.trim();
    if (/^_.+_$/.test(trimmed)) for (const word of languageWords(trimmed, options.what)) words.add(word);
    else words.add(ignoresCase ? lowerCase(trimmed) : trimmed);
  }
  return words;
}

function languageWords(name: string, what: string): ReadonlySet<string> {
  const language = name.slice(1, -1);
  if (language === 'none') return new Set();
  if (isStopLanguage(language)) return stopWordsOf(language);
  throw settingsError(`${what}: there are no stop words for [${name}]${suggestion(language, STOP_LANGUAGES)}`);
}

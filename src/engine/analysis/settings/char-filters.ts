/** The character filters by their types. */
import type { CharFilter } from '../chain/char-filter.ts';
import { htmlStripFilter } from '../chain/html-strip.ts';
import { mappingFilter, patternCharFilter } from '../chain/mapping-filter.ts';
import { checkReplacement } from '../pattern/replace.ts';
import type { Kind, Kinds } from './component.ts';
import { type OptionReader, settingsError } from './option-reader.ts';
import { readPattern } from './read-pattern.ts';

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
]);

/** Every character filter. */
export const CHAR_FILTERS: Kinds<CharFilter> = new Map<string, Kind<CharFilter>>([
  ['html_strip', { keys: ['escaped_tags'], make: htmlStrip }],
  ['mapping', { keys: ['mappings'], make: mapping }],
  ['pattern_replace', { keys: ['pattern', 'replacement', 'flags'], make: patternReplace }],
]);

/** Character filters that are not there yet. */
export const LATER_CHAR_FILTERS = ['icu_normalizer', 'kuromoji_iteration_mark'];

function htmlStrip(options: OptionReader): CharFilter {
  return htmlStripFilter(new Set((options.list('escaped_tags') ?? []).map((name) => name.toLowerCase())));
}

function mapping(options: OptionReader): CharFilter {
  const rules = options.list('mappings');
  if (rules === undefined || rules.length === 0)
    throw settingsError(`${options.what}: [mappings] is missing, it must be a list such as ["ph => f"]`);
  const mappings = new Map<string, string>();
  for (const rule of rules) {
    const arrow = rule.indexOf('=>');
    const key = unescape(rule.slice(0, Math.max(0, arrow)).trim());
    if (key === '') throw settingsError(`${options.what}: [${rule}] is no mapping such as "ph => f"`);
    if (mappings.has(key)) throw settingsError(`${options.what}: [${key}] is mapped twice`);
    mappings.set(key, unescape(rule.slice(arrow + 2).trim()));
  }
  return mappingFilter(mappings);
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([\dA-Fa-f]{4})|([\s\S]))/g, (_, hex: string | undefined, sign: string | undefined) =>
    hex === undefined ? (ESCAPES.get(sign ?? '') ?? sign ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function patternReplace(options: OptionReader): CharFilter {
  const pattern = readPattern(options, 'pattern');
  const replacement = options.text('replacement', '');
  checkReplacement(replacement, pattern, options.what);
  return patternCharFilter(pattern, replacement);
}

/** The kinds of query that look for words: `match`, its phrases and prefixes, and `multi_match`. */
import { ObjectReader } from '../object-reader.ts';
import { compact, isPlainObject, pathError } from '../shape.ts';
import {
  type MatchOptions,
  type MultiMatchType,
  QUERY_LIMITS,
  type QueryNode,
  type TextOptions,
} from './query-node.ts';
import {
  COMMON_KEYS,
  FUZZY_KEYS,
  readCommon,
  readExpansions,
  readFields,
  readFuzzy,
  readMinimum,
  singleField,
  textAt,
} from './query-options.ts';

const TEXT_KEYS = ['query', 'analyzer', 'zero_terms_query', ...COMMON_KEYS];
const MATCH_KEYS = [...TEXT_KEYS, 'operator', 'minimum_should_match', 'lenient', ...FUZZY_KEYS];
const BOOL_PREFIX_KEYS = MATCH_KEYS.filter((key) => key !== 'lenient' && key !== 'zero_terms_query');
const LATER = ['auto_generate_synonyms_phrase_query', 'cutoff_frequency', 'fuzzy_rewrite'];
const TYPES = [
  'best_fields',
  'most_fields',
  'cross_fields',
  'phrase',
  'phrase_prefix',
  'bool_prefix',
] as const satisfies readonly MultiMatchType[];

/** `{"match":{"title":"whale"}}`, or an object with `query` and options in place of the text. */
export function parseMatch(body: unknown, path: string): QueryNode {
  const { field, value, reader } = open(body, path, MATCH_KEYS);
  if (reader === undefined) return { kind: 'match', field, value };
  return compact({ kind: 'match' as const, field, value, ...matchOptions(reader), ...readCommon(reader) });
}

/** `{"match_bool_prefix":{"title":"the wha"}}`: words, of which the last may be unfinished. */
export function parseMatchBoolPrefix(body: unknown, path: string): QueryNode {
  const { field, value, reader } = open(body, path, BOOL_PREFIX_KEYS);
  if (reader === undefined) return { kind: 'match', field, value, lastIsPrefix: true };
  const options = matchOptions(reader);
  return compact({ kind: 'match' as const, field, value, lastIsPrefix: true, ...options, ...readCommon(reader) });
}

/** `{"match_phrase":{"title":"old man"}}`: words next to each other. */
export function parseMatchPhrase(body: unknown, path: string): QueryNode {
  const { field, value, reader } = open(body, path, [...TEXT_KEYS, 'slop']);
  if (reader === undefined) return { kind: 'phrase', field, value };
  const options = { slop: readSlop(reader, 'slop'), ...textOptions(reader) };
  return compact({ kind: 'phrase' as const, field, value, ...options, ...readCommon(reader) });
}

/** `{"match_phrase_prefix":{"title":"old ma"}}`: a phrase whose last word may be unfinished. */
export function parseMatchPhrasePrefix(body: unknown, path: string): QueryNode {
  const { field, value, reader } = open(body, path, [...TEXT_KEYS, 'slop', 'max_expansions']);
  if (reader === undefined) return { kind: 'phrase', field, value, lastIsPrefix: true };
  const options = { slop: readSlop(reader, 'slop'), maxExpansions: readExpansions(reader), ...textOptions(reader) };
  return compact({ kind: 'phrase' as const, field, value, lastIsPrefix: true, ...options, ...readCommon(reader) });
}

/** `{"multi_match":{"query":"whale","fields":["title^3","body*"]}}`. */
export function parseMultiMatch(body: unknown, path: string): QueryNode {
  const known = [...MATCH_KEYS, 'fields', 'type', 'tie_breaker', 'slop'];
  const reader = ObjectReader.open(body, path, { known, later: LATER });
  const type = reader.word('type', TYPES) ?? 'best_fields';
  checkOptions(reader, type);
  return compact({
    kind: 'multiMatch' as const,
    fields: readFields(reader),
    value: textAt(reader.required('query', 'the text to search for'), reader.at('query')),
    type,
    tieBreaker: reader.number('tie_breaker', { min: 0, max: 1 }),
    slop: readSlop(reader, 'slop'),
    ...matchOptions(reader),
    ...readCommon(reader),
  });
}

/** Reads how far the words of a phrase may be moved. */
export function readSlop(reader: ObjectReader, key: string): number | undefined {
  return reader.integer(key, { min: 0, max: QUERY_LIMITS.slop });
}

function open(
  body: unknown,
  path: string,
  known: readonly string[],
): { field: string; value: string | number | boolean; reader: ObjectReader | undefined } {
  const { field, value, at } = singleField(body, path);
  if (!isPlainObject(value)) return { field, value: textAt(value, at), reader: undefined };
  const reader = ObjectReader.open(value, at, { known, later: LATER });
  return { field, value: textAt(reader.required('query', 'the text to search for'), reader.at('query')), reader };
}

function matchOptions(reader: ObjectReader): MatchOptions {
  const fuzzy = readFuzzy(reader);
  return compact({
    operator: reader.word('operator', ['or', 'and']),
    minimumShouldMatch: readMinimum(reader),
    lenient: reader.boolean('lenient'),
    fuzzy,
    maxExpansions: fuzzy === undefined ? readExpansions(reader) : undefined,
    ...textOptions(reader),
  });
}

function textOptions(reader: ObjectReader): TextOptions {
  return compact({
    analyzer: reader.name('analyzer'),
    zeroTerms: reader.word('zero_terms_query', ['none', 'all']),
  });
}

/** Refuses what would have no effect with a type. */
function checkOptions(reader: ObjectReader, type: MultiMatchType): void {
  const isPhrase = type === 'phrase' || type === 'phrase_prefix';
  const without = [
    ...(isPhrase || type === 'cross_fields' ? ['fuzziness', 'prefix_length', 'fuzzy_transpositions'] : []),
    ...(isPhrase ? ['operator', 'minimum_should_match'] : ['slop']),
    ...(type === 'phrase' || type === 'cross_fields' ? ['max_expansions'] : []),
  ];
  const wrong = without.find((key) => reader.has(key));
  if (wrong !== undefined)
    throw pathError(reader.at(wrong), `[${wrong}] is not allowed for type [${type}]`, `no [${wrong}]`);
}

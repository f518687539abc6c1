/** The kinds of query that look at fields: `match`, `multi_match`, `term`, `terms`, `range`. */
import type { MinimumShouldMatch } from '../../engine/query/query.ts';
import { ObjectReader } from '../object-reader.ts';
import {
  asList,
  asNumber,
  childPath,
  compact,
  elementPath,
  isPlainObject,
  isScalar,
  pathError,
  type Scalar,
  scalarAt,
  shapeError,
} from '../shape.ts';
import { type MatchOptions, type NodeBounds, QUERY_LIMITS, type QueryNode, type WeightedField } from './query-node.ts';

const MATCH_KEYS = ['query', 'operator', 'minimum_should_match', 'lenient', 'boost'];
const MATCH_LATER = [
  '_name',
  'analyzer',
  'auto_generate_synonyms_phrase_query',
  'cutoff_frequency',
  'fuzziness',
  'fuzzy_rewrite',
  'fuzzy_transpositions',
  'max_expansions',
  'prefix_length',
  'slop',
  'zero_terms_query',
];
const MULTI_MATCH_TYPES = ['best_fields', 'most_fields'] as const;
const MULTI_MATCH_LATER = ['cross_fields', 'phrase', 'phrase_prefix', 'bool_prefix'];
const MAX_FIELDS = 1024;

/** `{"match":{"title":"whale"}}`, or an object with `query` and options in place of the text. */
export function parseMatch(body: unknown, path: string): QueryNode {
  const { field, value, at } = singleField(body, path);
  if (!isPlainObject(value)) return { kind: 'match', field, value: textAt(value, at) };
  const reader = ObjectReader.open(value, at, { known: MATCH_KEYS, later: MATCH_LATER });
  const text = textAt(reader.required('query', 'the text to search for'), reader.at('query'));
  return compact({ kind: 'match' as const, field, value: text, ...matchOptions(reader), boost: readBoost(reader) });
}

/** `{"multi_match":{"query":"whale","fields":["title^3","body*"]}}`. */
export function parseMultiMatch(body: unknown, path: string): QueryNode {
  const reader = ObjectReader.open(body, path, {
    known: [...MATCH_KEYS, 'fields', 'type', 'tie_breaker'],
    later: MATCH_LATER,
  });
  const value = textAt(reader.required('query', 'the text to search for'), reader.at('query'));
  const fields = reader.has('fields') ? asList(reader.value('fields')) : [];
  if (fields.length > MAX_FIELDS) throw shapeError(reader.at('fields'), `at most ${MAX_FIELDS} fields`, fields);
  return compact({
    kind: 'multiMatch' as const,
    fields: fields.map((field, index) => weightedField(field, elementPath(reader.at('fields'), index))),
    value,
    type: multiMatchType(reader),
    tieBreaker: reader.number('tie_breaker', { min: 0, max: 1 }),
    ...matchOptions(reader),
    boost: readBoost(reader),
  });
}

/** `{"term":{"tag":"red"}}`, or an object with `value` and `boost` in place of the value. */
export function parseTerm(body: unknown, path: string): QueryNode {
  const { field, value, at } = singleField(body, path);
  if (!isPlainObject(value)) return { kind: 'term', field, value: scalarAt(value, at) };
  const reader = ObjectReader.open(value, at, { known: ['value', 'boost'], later: ['case_insensitive', '_name'] });
  const term = scalarAt(reader.required('value', 'the exact value'), reader.at('value'));
  return compact({ kind: 'term' as const, field, value: term, boost: readBoost(reader) });
}

/** `{"terms":{"tag":["red","blue"]}}`, with `boost` beside the field. */
export function parseTerms(body: unknown, path: string): QueryNode {
  if (!isPlainObject(body)) throw shapeError(path, 'an object with a field name', body);
  const { boost, ...fieldOnly } = body;
  const { field, value, at } = singleField(fieldOnly, path);
  if (!Array.isArray(value)) throw shapeError(at, 'a list of values', value);
  if (value.length > QUERY_LIMITS.terms)
    throw pathError(
      at,
      `${value.length} values, at most ${QUERY_LIMITS.terms} are allowed`,
      `at most ${QUERY_LIMITS.terms} values`,
    );
  const values = value.map((term: unknown, index) => scalarAt(term, elementPath(at, index)));
  const reader = ObjectReader.open(boost === undefined ? {} : { boost }, path, { known: ['boost'] });
  return compact({ kind: 'terms' as const, field, values, boost: readBoost(reader) });
}

/** `{"range":{"year":{"gte":1900,"lt":2000}}}`. */
export function parseRange(body: unknown, path: string): QueryNode {
  const { field, value, at } = singleField(body, path);
  const reader = ObjectReader.open(value, at, {
    known: ['gte', 'gt', 'lte', 'lt', 'boost'],
    later: ['format', 'time_zone', 'relation', 'from', 'to', 'include_lower', 'include_upper', '_name'],
  });
  const bounds: NodeBounds = compact({
    gte: bound(reader, 'gte'),
    gt: bound(reader, 'gt'),
    lte: bound(reader, 'lte'),
    lt: bound(reader, 'lt'),
  });
  if (bounds.gte !== undefined && bounds.gt !== undefined)
    throw pathError(at, 'takes [gte] or [gt], not both', 'one lower bound');
  if (bounds.lte !== undefined && bounds.lt !== undefined)
    throw pathError(at, 'takes [lte] or [lt], not both', 'one upper bound');
  return compact({ kind: 'range' as const, field, bounds, boost: readBoost(reader) });
}

/** A query's `boost`: 0 or more. */
export function readBoost(reader: ObjectReader): number | undefined {
  return reader.number('boost', { min: 0, max: 3.4e38 });
}

/** A field name as queries and sorts give it. */
export function readFieldName(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 4096) throw shapeError(path, 'a field name', value);
  return value;
}

/** `minimum_should_match`: an integer or a percentage, negative counts from the top. */
export function parseMinimumShouldMatch(value: unknown, path: string): MinimumShouldMatch {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'string' && /^\s*[+-]?\d{1,9}%?\s*$/.test(value)) return value.trim().replace('+', '');
  const expected = 'an integer or a percentage, such as 2, "-1" or "75%"';
  if (typeof value === 'string' && value.includes('<'))
    throw pathError(path, `conditional forms are not supported by this version, expected ${expected}`, expected);
  throw shapeError(path, expected, value);
}

function matchOptions(reader: ObjectReader): MatchOptions {
  const minimum = reader.value('minimum_should_match');
  return compact({
    operator: reader.word('operator', ['or', 'and']),
    minimumShouldMatch:
      minimum === undefined ? undefined : parseMinimumShouldMatch(minimum, reader.at('minimum_should_match')),
    lenient: reader.boolean('lenient'),
  });
}

function singleField(body: unknown, path: string): { field: string; value: unknown; at: string } {
  if (!isPlainObject(body)) throw shapeError(path, 'an object with a field name', body);
  const [entry, other] = Object.entries(body);
  if (entry === undefined) throw pathError(path, 'no field name', 'an object with a field name');
  if (other !== undefined)
    throw pathError(
      path,
      `takes one field, got [${entry[0].slice(0, 60)}] and [${other[0].slice(0, 60)}]`,
      'an object with one field name',
    );
  return { field: readFieldName(entry[0], path), value: entry[1], at: childPath(path, entry[0]) };
}

function textAt(value: unknown, path: string): Scalar {
  if (!isScalar(value)) throw shapeError(path, 'a text, a number or a boolean', value);
  if (typeof value === 'string' && value.length > QUERY_LIMITS.textLength)
    throw pathError(
      path,
      `text is ${value.length} characters long, at most ${QUERY_LIMITS.textLength} are allowed`,
      'a shorter text',
    );
  return value;
}

function bound(reader: ObjectReader, key: string): Scalar | undefined {
  return reader.value(key) === null ? undefined : reader.scalar(key);
}

function multiMatchType(reader: ObjectReader): (typeof MULTI_MATCH_TYPES)[number] {
  const type = reader.value('type');
  if (typeof type === 'string' && MULTI_MATCH_LATER.includes(type)) {
    throw pathError(
      reader.at('type'),
      `type [${type}] is not supported by this version`,
      `one of [${MULTI_MATCH_TYPES.join(', ')}]`,
    );
  }
  return reader.word('type', MULTI_MATCH_TYPES) ?? 'best_fields';
}

function weightedField(value: unknown, path: string): WeightedField {
  const text = readFieldName(value, path);
  const caret = text.lastIndexOf('^');
  if (caret < 0) return { pattern: text };
  const boost = asNumber(text.slice(caret + 1));
  if (caret === 0 || boost === undefined || boost < 0)
    throw shapeError(path, 'a field name, or one with a boost such as "title^3"', value);
  return { pattern: text.slice(0, caret), boost };
}

/** The kinds of query that look for exact values, ranges and patterns in one field. */

import { regexpAutomaton } from '../../engine/automata/regexp-automaton.ts';
import { CoppiceError } from '../../errors.ts';
import { ObjectReader } from '../object-reader.ts';
import { compact, elementPath, isPlainObject, pathError, type Scalar, scalarAt, shapeError } from '../shape.ts';
import { readTimeZone } from './common.ts';
import { type NodeBounds, QUERY_LIMITS, type QueryNode } from './query-node.ts';
import {
  AUTO_FUZZINESS,
  COMMON_KEYS,
  fuzzinessAt,
  readCommon,
  readExpansions,
  readFieldName,
  singleField,
} from './query-options.ts';

const LATER = ['rewrite'];
const MAX_STATES = 100_000;
const MAX_PATTERN_LENGTH = 1024;

/** `{"term":{"tag":"red"}}`, or an object with `value` and options in place of the value. */
export function parseTerm(body: unknown, path: string): QueryNode {
  const { field, value, at } = singleField(body, path);
  if (!isPlainObject(value)) return { kind: 'term', field, value: scalarAt(value, at) };
  const reader = ObjectReader.open(value, at, { known: ['value', 'case_insensitive', ...COMMON_KEYS] });
  const term = scalarAt(reader.required('value', 'the exact value'), reader.at('value'));
  const caseInsensitive = reader.boolean('case_insensitive');
  return compact({ kind: 'term' as const, field, value: term, caseInsensitive, ...readCommon(reader) });
}

/** `{"terms":{"tag":["red","blue"]}}`, with `boost` beside the field. */
export function parseTerms(body: unknown, path: string): QueryNode {
  if (!isPlainObject(body)) throw shapeError(path, 'an object with a field name', body);
  const { boost, _name, ...fieldOnly } = body;
  const { field, value, at } = singleField(fieldOnly, path);
  if (!Array.isArray(value)) throw shapeError(at, 'a list of values', value);
  if (value.length > QUERY_LIMITS.terms)
    throw pathError(
      at,
      `${value.length} values, at most ${QUERY_LIMITS.terms} are allowed`,
      `at most ${QUERY_LIMITS.terms} values`,
    );
  const values = value.map((term: unknown, index) => scalarAt(term, elementPath(at, index)));
  const reader = ObjectReader.open(compact({ boost, _name }), path, { known: COMMON_KEYS });
  return compact({ kind: 'terms' as const, field, values, ...readCommon(reader) });
}

/** `{"range":{"year":{"gte":1900,"lt":2000}}}`. */
export function parseRange(body: unknown, path: string): QueryNode {
  const { field, value, at } = singleField(body, path);
  const reader = ObjectReader.open(value, at, {
    known: ['gte', 'gt', 'lte', 'lt', 'format', 'time_zone', ...COMMON_KEYS],
    later: ['relation', 'from', 'to', 'include_lower', 'include_upper'],
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
  const dates = { format: reader.name('format'), timeZone: readTimeZone(reader) };
  return compact({ kind: 'range' as const, field, bounds, ...dates, ...readCommon(reader) });
}

/** `{"exists":{"field":"tag"}}`. */
export function parseExists(body: unknown, path: string): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['field', ...COMMON_KEYS] });
  const field = readFieldName(reader.required('field', 'a field name'), reader.at('field'));
  return compact({ kind: 'exists' as const, field, ...readCommon(reader) });
}

/** `{"prefix":{"tag":"re"}}`. */
export function parsePrefix(body: unknown, path: string): QueryNode {
  const { field, value, reader } = openPattern(body, path, ['value', 'case_insensitive']);
  return compact({ kind: 'prefix' as const, field, value, ...patternOptions(reader) });
}

/** `{"wildcard":{"tag":"r?d*"}}`; the pattern is called `value` or `wildcard`. */
export function parseWildcard(body: unknown, path: string): QueryNode {
  const { field, value, reader } = openPattern(body, path, ['value', 'case_insensitive'], 'wildcard');
  return compact({ kind: 'wildcard' as const, field, value, ...patternOptions(reader) });
}

/** `{"regexp":{"tag":"r.d"}}`, in Lucene's syntax. */
export function parseRegexp(body: unknown, path: string): QueryNode {
  const known = ['value', 'case_insensitive', 'flags', 'max_determinized_states'];
  const { field, value, at, reader } = openPattern(body, path, known);
  if (reader?.has('flags') === true && reader.value('flags') !== 'ALL')
    throw pathError(reader.at('flags'), 'only [ALL] is supported by this version', '"ALL"');
  const maxStates = reader?.integer('max_determinized_states', { min: 1, max: MAX_STATES });
  checkRegexp(value, at);
  return compact({ kind: 'regexp' as const, field, value, maxStates, ...patternOptions(reader) });
}

/** `{"fuzzy":{"tag":"rde"}}`. */
export function parseFuzzy(body: unknown, path: string): QueryNode {
  const known = ['value', 'fuzziness', 'prefix_length', 'max_expansions', 'transpositions'];
  const { field, value, reader } = openPattern(body, path, known);
  if (reader === undefined) return { kind: 'fuzzy', field, value, fuzziness: AUTO_FUZZINESS };
  return compact({
    kind: 'fuzzy' as const,
    field,
    value,
    fuzziness: reader.has('fuzziness')
      ? fuzzinessAt(reader.value('fuzziness'), reader.at('fuzziness'))
      : AUTO_FUZZINESS,
    prefixLength: reader.integer('prefix_length', { min: 0, max: QUERY_LIMITS.textLength }),
    maxExpansions: readExpansions(reader),
    transpositions: reader.boolean('transpositions'),
    ...readCommon(reader),
  });
}

/**
 * Checks a regular expression.
 *
 * @throws CoppiceError `PARSING_FAILED` or `LIMIT_EXCEEDED`, with the path of the pattern.
 */
export function checkRegexp(pattern: string, path: string): void {
  try {
    regexpAutomaton(pattern);
  } catch (error) {
    if (!(error instanceof CoppiceError)) throw error;
    throw pathError(path, error.message, 'a regular expression of Lucene', error.code);
  }
}

type Pattern = {
  readonly field: string;
  readonly value: string;
  readonly at: string;
  readonly reader: ObjectReader | undefined;
};

function openPattern(body: unknown, path: string, keys: readonly string[], alias?: string): Pattern {
  const { field, value, at } = singleField(body, path);
  if (!isPlainObject(value)) return { field, value: patternAt(value, at), at, reader: undefined };
  const known = [...keys, ...(alias === undefined ? [] : [alias]), ...COMMON_KEYS];
  const reader = ObjectReader.open(value, at, { known, later: LATER });
  const key = alias !== undefined && reader.has(alias) && !reader.has('value') ? alias : 'value';
  const pattern = patternAt(reader.required(key, 'the value to look for'), reader.at(key));
  return { field, value: pattern, at: reader.at(key), reader };
}

/** A number or a boolean stands for its text. */
function patternAt(value: unknown, path: string): string {
  const text = String(scalarAt(value, path));
  if (text.length <= MAX_PATTERN_LENGTH) return text;
  throw pathError(
    path,
    `${text.length} characters, at most ${MAX_PATTERN_LENGTH} are allowed`,
    `at most ${MAX_PATTERN_LENGTH} characters`,
  );
}

function patternOptions(reader: ObjectReader | undefined): {
  caseInsensitive?: boolean;
  boost?: number;
  name?: string;
} {
  if (reader === undefined) return {};
  return compact({ caseInsensitive: reader.boolean('case_insensitive'), ...readCommon(reader) });
}

function bound(reader: ObjectReader, key: string): Scalar | undefined {
  return reader.value(key) === null ? undefined : reader.scalar(key);
}

/**
 * Elasticsearch's query DSL to query nodes. One table of kinds; compound kinds are here, the others in files of their
 * own.
 */
import { ObjectReader } from '../object-reader.ts';
import {
  asList,
  childPath,
  compact,
  elementPath,
  isPlainObject,
  isScalar,
  pathError,
  shapeError,
  unknownNameError,
} from '../shape.ts';
import {
  parseExists,
  parseFuzzy,
  parsePrefix,
  parseRange,
  parseRegexp,
  parseTerm,
  parseTerms,
  parseWildcard,
} from './parse-field-query.ts';
import { type ParseInner, parseFunctionScore } from './parse-function-score.ts';
import {
  parseMatch,
  parseMatchBoolPrefix,
  parseMatchPhrase,
  parseMatchPhrasePrefix,
  parseMultiMatch,
} from './parse-match.ts';
import { parseQueryString } from './parse-query-string.ts';
import { QUERY_LIMITS, type QueryNode } from './query-node.ts';
import { COMMON_KEYS, readCommon, readMinimum } from './query-options.ts';

/**
 * Reads a query.
 *
 * @param path Where it stands in the body, for messages.
 * @throws CoppiceError `PARSING_FAILED` that names the path, what was expected, and a close name if any; also for more
 * than 64 levels or 1024 clauses.
 */
export function parseQuery(value: unknown, path: string): QueryNode {
  return parseNode(value, path, { depth: 0, budget: { clauses: 0 } });
}

type Nesting = { readonly depth: number; readonly budget: { clauses: number } };
type ParseKind = (body: unknown, path: string, nesting: Nesting) => QueryNode;

const KINDS: ReadonlyMap<string, ParseKind> = new Map<string, ParseKind>([
  ['match', parseMatch],
  ['match_all', parseMatchAll],
  ['match_none', parseMatchNone],
  ['match_phrase', parseMatchPhrase],
  ['match_phrase_prefix', parseMatchPhrasePrefix],
  ['match_bool_prefix', parseMatchBoolPrefix],
  ['multi_match', parseMultiMatch],
  ['query_string', (body, path, nesting) => parseQueryString(body, path, countInto(nesting, path))],
  ['term', parseTerm],
  ['terms', parseTerms],
  ['range', parseRange],
  ['exists', parseExists],
  ['ids', parseIds],
  ['prefix', parsePrefix],
  ['wildcard', parseWildcard],
  ['regexp', parseRegexp],
  ['fuzzy', parseFuzzy],
  ['bool', parseBool],
  ['boosting', parseBoosting],
  ['constant_score', parseConstantScore],
  ['dis_max', parseDisMax],
  ['function_score', (body, path, nesting) => parseFunctionScore(body, path, innerParser(nesting))],
]);

const LATER_KINDS = [
  'combined_fields',
  'distance_feature',
  'geo_bounding_box',
  'geo_distance',
  'geo_shape',
  'has_child',
  'has_parent',
  'intervals',
  'knn',
  'more_like_this',
  'nested',
  'parent_id',
  'percolate',
  'pinned',
  'rank_feature',
  'rule',
  'script',
  'script_score',
  'semantic',
  'simple_query_string',
  'span_first',
  'span_multi',
  'span_near',
  'span_not',
  'span_or',
  'span_term',
  'sparse_vector',
  'terms_set',
  'text_expansion',
  'wrapper',
] as const;

function parseNode(value: unknown, path: string, { depth, budget }: Nesting): QueryNode {
  if (!isPlainObject(value)) throw shapeError(path, 'a query object', value);
  const [name, ...others] = Object.keys(value);
  if (name === undefined)
    throw pathError(path, 'query malformed, empty clause found', 'an object with the name of one query');
  const parse = KINDS.get(name);
  if (parse === undefined)
    throw unknownNameError({ path, what: 'query', name }, { known: [...KINDS.keys()], later: LATER_KINDS });
  const other = others[0];
  if (other !== undefined)
    throw pathError(
      path,
      `a query has one name, got [${name}] and [${other.slice(0, 60)}]; combine queries with [bool]`,
      'an object with the name of one query',
    );
  if (depth >= QUERY_LIMITS.depth)
    throw pathError(
      path,
      `queries nest deeper than ${QUERY_LIMITS.depth} levels`,
      `at most ${QUERY_LIMITS.depth} levels`,
    );
  countClause(budget, path);
  return parse(value[name], childPath(path, name), { depth: depth + 1, budget });
}

function countClause(budget: { clauses: number }, path: string): void {
  budget.clauses += 1;
  if (budget.clauses > QUERY_LIMITS.clauses)
    throw pathError(
      path,
      `too many clauses, at most ${QUERY_LIMITS.clauses} are allowed`,
      `at most ${QUERY_LIMITS.clauses} clauses`,
    );
}

/** Counts the clauses of a query string with those around it, and tells how deep it may nest. */
function countInto({ depth, budget }: Nesting, path: string): { addClause: () => void; levels: number } {
  return { addClause: () => countClause(budget, path), levels: QUERY_LIMITS.depth - depth };
}

function innerParser(nesting: Nesting): ParseInner {
  return (value, path) => parseNode(value, path, nesting);
}

function parseMatchAll(body: unknown, path: string): QueryNode {
  return { kind: 'matchAll', ...readCommon(ObjectReader.open(body, path, { known: COMMON_KEYS })) };
}

function parseMatchNone(body: unknown, path: string): QueryNode {
  return { kind: 'matchNone', ...readCommon(ObjectReader.open(body, path, { known: COMMON_KEYS })) };
}

function parseIds(body: unknown, path: string): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['values', ...COMMON_KEYS] });
  const values = asList(reader.required('values', 'a list of ids'));
  if (values.length > QUERY_LIMITS.terms)
    throw shapeError(reader.at('values'), `at most ${QUERY_LIMITS.terms} ids`, values);
  const ids = values.map((id, index) => {
    if (!isScalar(id) || typeof id === 'boolean')
      throw shapeError(elementPath(reader.at('values'), index), 'an id', id);
    return String(id);
  });
  return { kind: 'ids', ids, ...readCommon(reader) };
}

function parseBool(body: unknown, path: string, nesting: Nesting): QueryNode {
  const known = ['must', 'should', 'filter', 'must_not', 'minimum_should_match', ...COMMON_KEYS];
  const reader = ObjectReader.open(body, path, { known, later: ['adjust_pure_negative'] });
  return compact({
    kind: 'bool' as const,
    must: parseClauses(reader, 'must', nesting),
    should: parseClauses(reader, 'should', nesting),
    filter: parseClauses(reader, 'filter', nesting),
    mustNot: parseClauses(reader, 'must_not', nesting),
    minimumShouldMatch: readMinimum(reader),
    ...readCommon(reader),
  });
}

function parseBoosting(body: unknown, path: string, nesting: Nesting): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['positive', 'negative', 'negative_boost', ...COMMON_KEYS] });
  reader.required('negative_boost', 'a number of at least 0');
  return {
    kind: 'boosting',
    positive: parseNode(reader.required('positive', 'a query object'), reader.at('positive'), nesting),
    negative: parseNode(reader.required('negative', 'a query object'), reader.at('negative'), nesting),
    negativeBoost: reader.number('negative_boost', { min: 0, max: 1e30 }) ?? 1,
    ...readCommon(reader),
  };
}

function parseConstantScore(body: unknown, path: string, nesting: Nesting): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['filter', ...COMMON_KEYS] });
  const filter = parseNode(reader.required('filter', 'a query object'), reader.at('filter'), nesting);
  return { kind: 'constantScore', filter, ...readCommon(reader) };
}

function parseDisMax(body: unknown, path: string, nesting: Nesting): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['queries', 'tie_breaker', ...COMMON_KEYS] });
  reader.required('queries', 'a list of queries');
  const queries = parseClauses(reader, 'queries', nesting);
  if (queries.length === 0) throw pathError(reader.at('queries'), 'requires at least one query', 'a list of queries');
  const tieBreaker = reader.number('tie_breaker', { min: 0, max: 1 });
  return compact({ kind: 'disMax' as const, queries, tieBreaker, ...readCommon(reader) });
}

function parseClauses(reader: ObjectReader, key: string, nesting: Nesting): readonly QueryNode[] {
  const value = reader.value(key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [parseNode(value, reader.at(key), nesting)];
  return value.map((clause: unknown, index) => parseNode(clause, elementPath(reader.at(key), index), nesting));
}

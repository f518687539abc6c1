/**
 * Elasticsearch's query DSL to query nodes. One table of kinds; compound kinds are here, kinds that look at one field
 * in `parse-field-query.ts`.
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
  parseMatch,
  parseMinimumShouldMatch,
  parseMultiMatch,
  parseRange,
  parseTerm,
  parseTerms,
  readBoost,
  readFieldName,
} from './parse-field-query.ts';
import { QUERY_LIMITS, type QueryNode } from './query-node.ts';

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
  ['multi_match', parseMultiMatch],
  ['term', parseTerm],
  ['terms', parseTerms],
  ['range', parseRange],
  ['exists', parseExists],
  ['ids', parseIds],
  ['bool', parseBool],
  ['constant_score', parseConstantScore],
  ['dis_max', parseDisMax],
]);

const LATER_KINDS = [
  'boosting',
  'combined_fields',
  'distance_feature',
  'function_score',
  'fuzzy',
  'geo_bounding_box',
  'geo_distance',
  'geo_shape',
  'has_child',
  'has_parent',
  'intervals',
  'knn',
  'match_bool_prefix',
  'match_phrase',
  'match_phrase_prefix',
  'more_like_this',
  'nested',
  'parent_id',
  'percolate',
  'pinned',
  'prefix',
  'query_string',
  'rank_feature',
  'regexp',
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
  'wildcard',
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
  budget.clauses += 1;
  if (budget.clauses > QUERY_LIMITS.clauses)
    throw pathError(
      path,
      `too many clauses, at most ${QUERY_LIMITS.clauses} are allowed`,
      `at most ${QUERY_LIMITS.clauses} clauses`,
    );
  return parse(value[name], childPath(path, name), { depth: depth + 1, budget });
}

function parseMatchAll(body: unknown, path: string): QueryNode {
  return compact({ kind: 'matchAll' as const, boost: readBoost(ObjectReader.open(body, path, { known: ['boost'] })) });
}

function parseMatchNone(body: unknown, path: string): QueryNode {
  return compact({ kind: 'matchNone' as const, boost: readBoost(ObjectReader.open(body, path, { known: ['boost'] })) });
}

function parseExists(body: unknown, path: string): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['field', 'boost'] });
  return compact({
    kind: 'exists' as const,
    field: readFieldName(reader.required('field', 'a field name'), reader.at('field')),
    boost: readBoost(reader),
  });
}

function parseIds(body: unknown, path: string): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['values', 'boost'] });
  const values = asList(reader.required('values', 'a list of ids'));
  if (values.length > QUERY_LIMITS.terms)
    throw shapeError(reader.at('values'), `at most ${QUERY_LIMITS.terms} ids`, values);
  const ids = values.map((id, index) => {
    if (!isScalar(id) || typeof id === 'boolean')
      throw shapeError(elementPath(reader.at('values'), index), 'an id', id);
    return String(id);
  });
  return compact({ kind: 'ids' as const, ids, boost: readBoost(reader) });
}

function parseBool(body: unknown, path: string, nesting: Nesting): QueryNode {
  const known = ['must', 'should', 'filter', 'must_not', 'minimum_should_match', 'boost'];
  const reader = ObjectReader.open(body, path, { known, later: ['_name', 'adjust_pure_negative'] });
  const minimum = reader.value('minimum_should_match');
  return compact({
    kind: 'bool' as const,
    must: parseClauses(reader, 'must', nesting),
    should: parseClauses(reader, 'should', nesting),
    filter: parseClauses(reader, 'filter', nesting),
    mustNot: parseClauses(reader, 'must_not', nesting),
    minimumShouldMatch:
      minimum === undefined ? undefined : parseMinimumShouldMatch(minimum, reader.at('minimum_should_match')),
    boost: readBoost(reader),
  });
}

function parseConstantScore(body: unknown, path: string, nesting: Nesting): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['filter', 'boost'] });
  const filter = parseNode(reader.required('filter', 'a query object'), reader.at('filter'), nesting);
  return compact({ kind: 'constantScore' as const, filter, boost: readBoost(reader) });
}

function parseDisMax(body: unknown, path: string, nesting: Nesting): QueryNode {
  const reader = ObjectReader.open(body, path, { known: ['queries', 'tie_breaker', 'boost'] });
  reader.required('queries', 'a list of queries');
  const queries = parseClauses(reader, 'queries', nesting);
  if (queries.length === 0) throw pathError(reader.at('queries'), 'requires at least one query', 'a list of queries');
  return compact({
    kind: 'disMax' as const,
    queries,
    tieBreaker: reader.number('tie_breaker', { min: 0, max: 1 }),
    boost: readBoost(reader),
  });
}

function parseClauses(reader: ObjectReader, key: string, nesting: Nesting): readonly QueryNode[] {
  const value = reader.value(key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [parseNode(value, reader.at(key), nesting)];
  return value.map((clause: unknown, index) => parseNode(clause, elementPath(reader.at(key), index), nesting));
}

/**
 * Whether what came over the wire is what `partials.ts` says: queries, filters, sorts and statistics in the form they
 * have inside the cluster. A root sends nothing else; a bare client that calls an endpoint of an index might.
 */
import type { QueryStatistics } from '../engine/index.ts';
import type { HighlightField } from './request/highlight-request.ts';
import { type NodeBounds, QUERY_LIMITS, type QueryNode, type WeightedField } from './request/query-node.ts';
import { SEARCH_LIMITS, type SearchRequest } from './request/search-request.ts';
import type { SortSpec } from './request/sort.ts';
import { isPlainObject, isScalar } from './shape.ts';
import type { SourceFilter } from './source-filter.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/** Whether a value is a query, whole and no deeper than one may be. */
export function isQueryNode(value: unknown): value is QueryNode {
  return isNode(value, QUERY_LIMITS.depth);
}

/** Whether a value is a search as shards take it. */
export function isSearchRequest(value: unknown): value is SearchRequest {
  if (!isPlainObject(value)) return false;
  const { query, from, size, sort, source, minScore } = value;
  return (
    isQueryNode(query) &&
    isCount(from) &&
    isCount(size) &&
    from + size <= SEARCH_LIMITS.window &&
    optional(sort, listOf(isSortSpec)) &&
    isSourceFilter(source) &&
    optional(value['highlight'], isHighlight) &&
    optional(minScore, isNumber)
  );
}

/** Whether a value says which parts of a source are wanted. */
export function isSourceFilter(value: unknown): value is SourceFilter {
  return (
    isPlainObject(value) &&
    typeof value['enabled'] === 'boolean' &&
    optional(value['includes'], isStrings) &&
    optional(value['excludes'], isStrings)
  );
}

/** Whether a value is a list of fields to highlight. */
export function isHighlight(value: unknown): value is readonly HighlightField[] {
  return listOf(isHighlightField)(value);
}

/** Whether a value is statistics to score by. */
export function isStatistics(value: unknown): value is QueryStatistics {
  if (!isPlainObject(value)) return false;
  const { fields, docFrequencies } = value;
  return isRecordOf(fields, (field) => isRecordOf(field, isNumber)) && isRecordOf(docFrequencies, isNumber);
}

/** Whether a value is a list of strings. */
export function isStrings(value: unknown): value is readonly string[] {
  return listOf(isString)(value);
}

function isNode(value: unknown, depth: number): value is QueryNode {
  if (depth < 0 || !isPlainObject(value) || !optional(value['boost'], isNumber)) return false;
  const { kind } = value;
  return isKind(kind) && NODES[kind](value, (child) => isNode(child, depth - 1));
}

function isKind(kind: unknown): kind is QueryNode['kind'] {
  return typeof kind === 'string' && Object.hasOwn(NODES, kind);
}

/** What a node of each kind must hold. */
const NODES: Readonly<Record<QueryNode['kind'], (node: Fields, isChild: Check) => boolean>> = {
  matchAll: () => true,
  matchNone: () => true,
  match: (node) => isString(node['field']) && isScalar(node['value']) && hasMatchOptions(node),
  multiMatch: (node) =>
    listOf(isWeightedField)(node['fields']) &&
    isScalar(node['value']) &&
    (node['type'] === 'best_fields' || node['type'] === 'most_fields') &&
    optional(node['tieBreaker'], isNumber) &&
    hasMatchOptions(node),
  term: (node) => isString(node['field']) && isScalar(node['value']),
  terms: (node) => isString(node['field']) && listOf(isScalar)(node['values']),
  range: (node) => isString(node['field']) && isBounds(node['bounds']),
  exists: (node) => isString(node['field']),
  ids: (node) => isStrings(node['ids']),
  constantScore: (node, isChild) => isChild(node['filter']),
  disMax: (node, isChild) => listOf(isChild)(node['queries']) && optional(node['tieBreaker'], isNumber),
  bool: (node, isChild) =>
    ['must', 'should', 'filter', 'mustNot'].every((occurrence) => listOf(isChild)(node[occurrence])) &&
    optional(node['minimumShouldMatch'], isMinimum),
};

function hasMatchOptions({ operator, minimumShouldMatch, lenient }: Fields): boolean {
  return (
    optional(operator, (value) => value === 'or' || value === 'and') &&
    optional(minimumShouldMatch, isMinimum) &&
    optional(lenient, (value) => typeof value === 'boolean')
  );
}

function isMinimum(value: unknown): boolean {
  return Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,9}%?$/.test(value));
}

function isBounds(value: unknown): value is NodeBounds {
  return isRecordOf(value, isScalar);
}

function isWeightedField(value: unknown): value is WeightedField {
  return isPlainObject(value) && isString(value['pattern']) && optional(value['boost'], isNumber);
}

function isSortSpec(value: unknown): value is SortSpec {
  if (!isPlainObject(value)) return false;
  const { field, order, missing } = value;
  const isOrder = order === 'asc' || order === 'desc';
  return isString(field) && isOrder && optional(missing, (word) => word === '_first' || word === '_last');
}

function isHighlightField(value: unknown): value is HighlightField {
  if (!isPlainObject(value)) return false;
  const { pattern, preTag, postTag, fragmentSize, numberOfFragments, requireFieldMatch } = value;
  return (
    [pattern, preTag, postTag].every(isString) &&
    isCount(fragmentSize) &&
    isCount(numberOfFragments) &&
    typeof requireFieldMatch === 'boolean'
  );
}

function isRecordOf(value: unknown, check: Check): boolean {
  return isPlainObject(value) && Object.values(value).every(check);
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function optional(value: unknown, check: Check): boolean {
  return value === undefined || check(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

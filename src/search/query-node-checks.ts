/**
 * Whether what came over the wire is a query as shards take it, whole and no deeper than one may be. A root sends
 * nothing else; a bare client that calls an endpoint of an index might.
 */
import {
  type FunctionNode,
  type NodeBounds,
  QUERY_LIMITS,
  type QueryNode,
  type WeightedField,
} from './request/query-node.ts';
import { isMinimum } from './request/query-options.ts';
import { isPlainObject, isScalar } from './shape.ts';
import {
  type Check,
  type Fields,
  hasShape,
  isBoolean,
  isCount,
  isNumber,
  isRecordOf,
  isString,
  isStrings,
  listOf,
  oneOf,
  optional,
} from './value-checks.ts';

/** Whether a value is a query. */
export function isQueryNode(value: unknown): value is QueryNode {
  return isNode(value, QUERY_LIMITS.depth);
}

function isNode(value: unknown, depth: number): value is QueryNode {
  if (depth < 0 || !isPlainObject(value)) return false;
  if (!optional(value['boost'], isNumber) || !optional(value['name'], isString)) return false;
  const { kind } = value;
  return isKind(kind) && NODES[kind](value, (child) => isNode(child, depth - 1));
}

function isKind(kind: unknown): kind is QueryNode['kind'] {
  return typeof kind === 'string' && Object.hasOwn(NODES, kind);
}

const isOperator = oneOf(['or', 'and']);
const isDistance = oneOf([0, 1, 2]);
const isFuzziness: Check = (value) => isDistance(value) || hasShape(value, { low: isCount, high: isCount });
const TEXT = {
  analyzer: isString,
  zeroTerms: oneOf(['none', 'all']),
  lenient: isBoolean,
};
const FUZZY = { prefixLength: isCount, maxExpansions: isCount, transpositions: isBoolean };
const isFuzzy: Check = (value) => hasShape(value, { fuzziness: isFuzziness }, FUZZY);
const MATCH = {
  ...TEXT,
  operator: isOperator,
  minimumShouldMatch: isMinimum,
  fuzzy: isFuzzy,
  maxExpansions: isCount,
  lastIsPrefix: isBoolean,
};
const MULTI_MATCH_TYPES = ['best_fields', 'most_fields', 'cross_fields', 'phrase', 'phrase_prefix', 'bool_prefix'];
const SCORE_MODES = ['multiply', 'sum', 'avg', 'first', 'max', 'min'];
const BOOST_MODES = ['multiply', 'replace', 'sum', 'avg', 'max', 'min'];
const MODIFIERS = ['none', 'log', 'log1p', 'log2p', 'ln', 'ln1p', 'ln2p', 'square', 'sqrt', 'reciprocal'];

/** What a node of each kind must hold. */
const NODES: Readonly<Record<QueryNode['kind'], (node: Fields, isChild: Check) => boolean>> = {
  matchAll: () => true,
  matchNone: () => true,
  match: (node) => hasShape(node, { field: isString, value: isScalar }, MATCH),
  phrase: (node) =>
    hasShape(
      node,
      { field: isString, value: isScalar },
      { ...TEXT, slop: isCount, lastIsPrefix: isBoolean, maxExpansions: isCount },
    ),
  multiMatch: (node) =>
    hasShape(
      node,
      { fields: listOf(isWeightedField), value: isScalar, type: oneOf(MULTI_MATCH_TYPES) },
      { ...MATCH, tieBreaker: isNumber, slop: isCount },
    ),
  anyField: (node, isChild) =>
    hasShape(
      node,
      { fields: listOf(isWeightedField), query: (query) => isFieldQuery(query) && isChild(query) },
      { tieBreaker: isNumber, lenient: isBoolean },
    ),
  term: (node) => hasShape(node, { field: isString, value: isScalar }, { caseInsensitive: isBoolean }),
  terms: (node) => hasShape(node, { field: isString, values: listOf(isScalar) }),
  range: (node) => hasShape(node, { field: isString, bounds: isBounds }, { format: isString, timeZone: isString }),
  exists: (node) => isString(node['field']),
  ids: (node) => isStrings(node['ids']),
  prefix: (node) => isPattern(node),
  wildcard: (node) => isPattern(node),
  regexp: (node) => isPattern(node) && optional(node['maxStates'], isCount),
  fuzzy: (node) => isPattern(node) && isFuzzy(node),
  constantScore: (node, isChild) => isChild(node['filter']),
  disMax: (node, isChild) => listOf(isChild)(node['queries']) && optional(node['tieBreaker'], isNumber),
  boosting: (node, isChild) => hasShape(node, { positive: isChild, negative: isChild, negativeBoost: isNumber }),
  functionScore: (node, isChild) =>
    hasShape(
      node,
      { query: isChild, functions: listOf((one) => isFunction(one, isChild)) },
      { scoreMode: oneOf(SCORE_MODES), boostMode: oneOf(BOOST_MODES), maxBoost: isNumber, minScore: isNumber },
    ),
  bool: (node, isChild) =>
    ['must', 'should', 'filter', 'mustNot'].every((occurrence) => listOf(isChild)(node[occurrence])) &&
    optional(node['minimumShouldMatch'], isMinimum),
};

const FIELD_KINDS = ['match', 'phrase', 'term', 'terms', 'range', 'exists', 'prefix', 'wildcard', 'regexp', 'fuzzy'];

function isFieldQuery(value: unknown): boolean {
  return isPlainObject(value) && oneOf(FIELD_KINDS)(value['kind']);
}

/** What a function of each kind must hold. */
const FUNCTIONS: Readonly<Record<FunctionNode['kind'], Check>> = {
  weight: () => true,
  fieldValueFactor: (node) =>
    hasShape(node, { field: isString }, { factor: isNumber, modifier: oneOf(MODIFIERS), missing: isNumber }),
  decay: (node) =>
    hasShape(
      node,
      { field: isString, shape: oneOf(['gauss', 'exp', 'linear']), scale: isScalar },
      { origin: isScalar, offset: isScalar, decay: isNumber, multiValueMode: oneOf(['min', 'max', 'avg', 'sum']) },
    ),
  random: (node) => hasShape(node, {}, { seed: (seed) => isString(seed) || isNumber(seed) }),
};

function isFunction(value: unknown, isChild: Check): boolean {
  if (!isPlainObject(value) || !optional(value['filter'], isChild) || !optional(value['weight'], isNumber))
    return false;
  const { kind } = value;
  return isFunctionKind(kind) && FUNCTIONS[kind](value);
}

function isFunctionKind(kind: unknown): kind is FunctionNode['kind'] {
  return typeof kind === 'string' && Object.hasOwn(FUNCTIONS, kind);
}

function isPattern(node: Fields): boolean {
  return hasShape(node, { field: isString, value: isString }, { caseInsensitive: isBoolean });
}

function isBounds(value: unknown): value is NodeBounds {
  return isRecordOf(value, isScalar);
}

function isWeightedField(value: unknown): value is WeightedField {
  return isPlainObject(value) && isString(value['pattern']) && optional(value['boost'], isNumber);
}

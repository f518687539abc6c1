/**
 * Binds a query to the types of an index: query nodes to the engine's queries. Runs on every shard, against the
 * mappings its state holds; a field that a shard has not seen matches nothing there.
 */
import type { FieldValue, Query, RangeBounds } from '../../engine/query/query.ts';
import { CoppiceError } from '../../errors.ts';
import { parseDate, type Rounding } from '../dates.ts';
import { engineType, queryValue } from '../field-types.ts';
import { fieldAt, type LeafMapping, leafAt, leavesOf, type Mappings } from '../mapping.ts';
import { compact, describe, type Scalar } from '../shape.ts';
import { hasWildcard, matchesWildcard } from '../wildcard.ts';
import type { MatchOptions, NodeBounds, QueryNode, WeightedField } from './query-node.ts';

/**
 * Compiles a query.
 *
 * @throws CoppiceError `BAD_REQUEST` naming field, type and value if a value does not fit its field's type.
 */
export function compileQuery(node: QueryNode, mappings: Mappings): Query {
  const query = compileNode(node, mappings);
  return node.boost === undefined ? query : { ...query, boost: (query.boost ?? 1) * node.boost };
}

const NOTHING: Query = { kind: 'matchNone' };

function compileNode(node: QueryNode, mappings: Mappings): Query {
  const inner = (child: QueryNode): Query => compileQuery(child, mappings);
  switch (node.kind) {
    case 'matchAll':
    case 'matchNone':
      return { kind: node.kind };
    case 'ids':
      return { kind: 'ids', ids: node.ids };
    case 'match':
      return matchField(node, mappings);
    case 'multiMatch':
      return multiMatch(node, mappings);
    case 'term':
      return node.field === '_id'
        ? { kind: 'ids', ids: [String(node.value)] }
        : onLeaf(mappings, node.field, (leaf) => term(node.field, leaf, node.value));
    case 'terms':
      return node.field === '_id'
        ? { kind: 'ids', ids: node.values.map(String) }
        : onLeaf(mappings, node.field, (leaf) => terms(node.field, leaf, node.values));
    case 'range':
      return onLeaf(mappings, node.field, (leaf) => range(node.field, leaf, node.bounds));
    case 'exists':
      return exists(node.field, mappings);
    case 'constantScore':
      return { kind: 'constantScore', filter: inner(node.filter) };
    case 'disMax':
      return compact({ kind: 'disMax' as const, queries: node.queries.map(inner), tieBreaker: node.tieBreaker });
    case 'bool':
      return bool(node, inner);
  }
}

function bool(node: QueryNode & { kind: 'bool' }, inner: (child: QueryNode) => Query): Query {
  const { must, should, filter, mustNot, minimumShouldMatch } = node;
  if (must.length + should.length + filter.length + mustNot.length === 0) return { kind: 'matchAll' };
  return compact({
    kind: 'bool' as const,
    must: clauses(must, inner),
    should: clauses(should, inner),
    filter: clauses(filter, inner),
    mustNot: clauses(mustNot, inner),
    minimumShouldMatch,
  });
}

function clauses(nodes: readonly QueryNode[], inner: (child: QueryNode) => Query): readonly Query[] | undefined {
  return nodes.length === 0 ? undefined : nodes.map(inner);
}

function onLeaf(mappings: Mappings, field: string, compile: (leaf: LeafMapping) => Query): Query {
  const leaf = leafAt(mappings, field);
  return leaf === undefined ? NOTHING : compile(leaf);
}

function matchField(match: { field: string; value: Scalar } & MatchOptions, mappings: Mappings): Query {
  const { field, value } = match;
  if (field === '_id') return { kind: 'ids', ids: [String(value)] };
  return onLeaf(mappings, field, (leaf) => {
    if (leaf.type === 'text') {
      return compact({
        kind: 'match' as const,
        field,
        text: String(value),
        operator: match.operator,
        minimumShouldMatch: match.minimumShouldMatch,
      });
    }
    return match.lenient === true && queryValue(leaf.type, value) === undefined ? NOTHING : term(field, leaf, value);
  });
}

function multiMatch(node: QueryNode & { kind: 'multiMatch' }, mappings: Mappings): Query {
  const fields = expandFields(node.fields, mappings);
  const queries = [...fields].map(([field, { boost, lenient }]): Query => {
    const query = matchField({ ...node, field, lenient: lenient || node.lenient === true }, mappings);
    return boost === undefined ? query : { ...query, boost: (query.boost ?? 1) * boost };
  });
  const [only] = queries;
  if (only === undefined) return NOTHING;
  if (queries.length === 1) return only;
  if (node.type === 'most_fields' && node.tieBreaker === undefined) return { kind: 'bool', should: queries };
  return compact({ kind: 'disMax' as const, queries, tieBreaker: node.tieBreaker });
}

/** Fields by name, in the order given; one named by a pattern only, or by no list at all, is lenient. */
function expandFields(
  fields: readonly WeightedField[],
  mappings: Mappings,
): ReadonlyMap<string, { boost?: number; lenient: boolean }> {
  const wanted: readonly WeightedField[] = fields.length === 0 ? [{ pattern: '*' }] : fields;
  const expanded = new Map<string, { boost?: number; lenient: boolean }>();
  for (const { pattern, boost } of wanted) {
    const isPattern = hasWildcard(pattern);
    const names = isPattern ? wildcardFields(pattern, mappings) : [pattern];
    for (const name of names) {
      const known = expanded.get(name);
      const factor = boost === undefined && known?.boost === undefined ? undefined : (boost ?? 1) * (known?.boost ?? 1);
      expanded.set(name, compact({ boost: factor, lenient: isPattern && known?.lenient !== false }));
    }
  }
  return expanded;
}

/** Sorted by name, so that shards that learned the fields in another order add up scores alike. */
function wildcardFields(pattern: string, mappings: Mappings): readonly string[] {
  return leavesOf(mappings)
    .map(([path]) => path)
    .filter((path) => matchesWildcard(pattern, path))
    .toSorted();
}

function term(field: string, leaf: LeafMapping, value: Scalar): Query {
  const type = engineType(leaf.type);
  if (type === 'date') return dateTerm(field, leaf, value);
  const typed = typedValue(field, leaf, value);
  return isFractionalLong(leaf, typed) ? NOTHING : { kind: 'term', field, value: typed };
}

/** A date without all its parts stands for the whole day, hour or minute. */
function dateTerm(field: string, leaf: LeafMapping, value: Scalar): Query {
  const from = typedValue(field, leaf, value);
  const to = parseDate(value, 'up') ?? from;
  return from === to ? { kind: 'term', field, value: from } : { kind: 'range', field, bounds: { gte: from, lte: to } };
}

function terms(field: string, leaf: LeafMapping, values: readonly Scalar[]): Query {
  if (engineType(leaf.type) === 'date') {
    const queries = values.map((value) => dateTerm(field, leaf, value));
    if (queries.some(({ kind }) => kind === 'range'))
      return { kind: 'constantScore', filter: { kind: 'bool', should: queries } };
  }
  const typed = values.map((value) => typedValue(field, leaf, value)).filter((value) => !isFractionalLong(leaf, value));
  return typed.length === 0 ? NOTHING : { kind: 'terms', field, values: [...new Set(typed)] };
}

function range(field: string, leaf: LeafMapping, bounds: NodeBounds): Query {
  if (leaf.type === 'boolean')
    throw new CoppiceError('BAD_REQUEST', `field [${field}] of type [boolean] does not support range queries`);
  const bound = (value: Scalar | undefined, rounding: Rounding): FieldValue | undefined =>
    value === undefined ? undefined : typedValue(field, leaf, value, rounding);
  const typed: RangeBounds = compact({
    gte: bound(bounds.gte, 'down'),
    gt: bound(bounds.gt, 'up'),
    lte: bound(bounds.lte, 'up'),
    lt: bound(bounds.lt, 'down'),
  });
  return Object.keys(typed).length === 0 ? exists(field, undefined) : { kind: 'range', field, bounds: typed };
}

function exists(field: string, mappings: Mappings | undefined): Query {
  if (mappings === undefined || leafAt(mappings, field) !== undefined)
    return { kind: 'constantScore', filter: { kind: 'exists', field } };
  if (fieldAt(mappings, field)?.type !== 'object') return NOTHING;
  const inside = Object.entries(mappings.fields).filter(
    ([path, { type }]) => type !== 'object' && path.startsWith(`${field}.`),
  );
  if (inside.length === 0) return NOTHING;
  return {
    kind: 'constantScore',
    filter: { kind: 'bool', should: inside.map(([path]): Query => ({ kind: 'exists', field: path })) },
  };
}

function typedValue(field: string, leaf: LeafMapping, value: Scalar, rounding: Rounding = 'down'): FieldValue {
  const typed =
    leaf.type === 'date'
      ? typeof value === 'boolean'
        ? undefined
        : parseDate(value, rounding)
      : queryValue(leaf.type, value);
  if (typed !== undefined) return typed;
  throw new CoppiceError(
    'BAD_REQUEST',
    `field [${field}] of type [${leaf.type}] cannot be compared with [${describe(value)}]`,
    { details: { field, type: leaf.type, value } },
  );
}

function isFractionalLong(leaf: LeafMapping, value: FieldValue): boolean {
  return engineType(leaf.type) === 'long' && typeof value === 'number' && !Number.isInteger(value);
}

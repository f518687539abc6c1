/** Patterns of fields in `cross_fields` queries, spelt out by the root: its scores depend on all fields at once. */
import { leafAt, type Mappings } from '../mapping.ts';
import { expandFields } from './expand-fields.ts';
import type { QueryNode, WeightedField } from './query-node.ts';

/**
 * Names the fields of words that patterns of `cross_fields` queries stand for, so that a shard that has not met one of
 * them scores the others alike.
 */
export function withNamedFields(node: QueryNode, mappings: Mappings): QueryNode {
  if (node.kind === 'multiMatch' && node.type === 'cross_fields') {
    const expanded = expandFields(node.fields, mappings).filter(({ field }) =>
      ['text', 'keyword'].includes(leafAt(mappings, field)?.type ?? ''),
    );
    const given: readonly WeightedField[] = node.fields.length === 0 ? [{ pattern: '*' }] : node.fields;
    const isNamed = (field: string): boolean => given.some(({ pattern }) => pattern === field);
    const named = expanded
      .filter(({ field }) => !isNamed(field))
      .map(({ field }): WeightedField => ({ pattern: field }));
    return { ...node, fields: [...given, ...named] };
  }
  return mapInner(node, (inner) => withNamedFields(inner, mappings));
}

/** The same query over others inside. */
function mapInner(node: QueryNode, map: (inner: QueryNode) => QueryNode): QueryNode {
  switch (node.kind) {
    case 'constantScore':
      return { ...node, filter: map(node.filter) };
    case 'disMax':
      return { ...node, queries: node.queries.map(map) };
    case 'boosting':
      return { ...node, positive: map(node.positive), negative: map(node.negative) };
    case 'functionScore':
      return {
        ...node,
        query: map(node.query),
        functions: node.functions.map((one) => (one.filter === undefined ? one : { ...one, filter: map(one.filter) })),
      };
    case 'bool':
      return {
        ...node,
        must: node.must.map(map),
        should: node.should.map(map),
        filter: node.filter.map(map),
        mustNot: node.mustNot.map(map),
      };
    case 'match':
    case 'phrase':
    case 'multiMatch':
    case 'anyField':
    case 'matchAll':
    case 'matchNone':
    case 'ids':
    case 'term':
    case 'terms':
    case 'range':
    case 'exists':
    case 'prefix':
    case 'wildcard':
    case 'regexp':
    case 'fuzzy':
      return node;
  }
}

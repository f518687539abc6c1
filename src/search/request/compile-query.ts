/**
 * Binds a query to the types of an index: query nodes to the engine's queries. Runs on every shard, against the
 * mappings its state holds; a field that a shard has not seen matches nothing there.
 */
import type { Query } from '../../engine/query/query.ts';
import type { Mappings } from '../mapping.ts';
import { compact } from '../shape.ts';
import { type Binding, onLeaf } from './binding.ts';
import { compileFunctionScore } from './compile-function-score.ts';
import { compileAnyField, compileMatch, compileMultiMatch, compilePhrase } from './compile-text.ts';
import { compileExists, compilePattern, compileRange, compileTerm, compileTerms } from './compile-values.ts';
import type { QueryNode } from './query-node.ts';

/**
 * Compiles a query.
 *
 * @throws CoppiceError `BAD_REQUEST` naming field, type and value if a value does not fit its field's type.
 */
export function compileQuery(node: QueryNode, mappings: Mappings, options: Omit<Binding, 'mappings'> = {}): Query {
  return compileBound(node, { mappings, ...options });
}

function compileBound(node: QueryNode, binding: Binding): Query {
  const query = compileNode(node, binding);
  if (node.boost === undefined && node.name === undefined) return query;
  const boost = node.boost === undefined ? query.boost : (query.boost ?? 1) * node.boost;
  return compact({ ...query, boost, name: node.name ?? query.name });
}

function compileNode(node: QueryNode, binding: Binding): Query {
  const inner = (child: QueryNode): Query => compileBound(child, binding);
  switch (node.kind) {
    case 'matchAll':
    case 'matchNone':
      return { kind: node.kind };
    case 'ids':
      return { kind: 'ids', ids: node.ids };
    case 'match':
      return compileMatch(node, binding);
    case 'phrase':
      return compilePhrase(node, binding);
    case 'multiMatch':
      return compileMultiMatch(node, binding);
    case 'anyField':
      return compileAnyField(node, binding, compileBound);
    case 'term':
      return node.field === '_id'
        ? { kind: 'ids', ids: [String(node.value)] }
        : onLeaf(binding, node.field, (bound) => compileTerm(bound, node, binding));
    case 'terms':
      return node.field === '_id'
        ? { kind: 'ids', ids: node.values.map(String) }
        : onLeaf(binding, node.field, (bound) => compileTerms(bound, node.values, binding));
    case 'range':
      return onLeaf(binding, node.field, (bound) => compileRange(bound, node, binding));
    case 'exists':
      return compileExists(node.field, binding);
    case 'prefix':
    case 'wildcard':
    case 'regexp':
    case 'fuzzy':
      return onLeaf(binding, node.field, (bound) => compilePattern(bound, node));
    case 'constantScore':
      return { kind: 'constantScore', filter: inner(node.filter) };
    case 'disMax':
      return compact({ kind: 'disMax' as const, queries: node.queries.map(inner), tieBreaker: node.tieBreaker });
    case 'boosting': {
      const { positive, negative, negativeBoost } = node;
      return { kind: 'boosting', positive: inner(positive), negative: inner(negative), negativeBoost };
    }
    case 'functionScore':
      return compileFunctionScore(node, binding, inner);
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

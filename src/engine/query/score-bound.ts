/** How high a query may score at most. */
import type { QueryNode } from './query-node.ts';

/** A bound above all scores of a query, whatever the document. */
export function scoreBound(node: QueryNode): number {
  return Math.fround(bound(node));
}

function bound(node: QueryNode): number {
  switch (node.kind) {
    case 'term':
    case 'synonyms':
    case 'phrase':
      return node.weight?.weight ?? 0;
    case 'constant':
      return node.score;
    case 'bool':
      return node.isScoring ? sum([...node.must, ...node.should]) : 0;
    case 'disMax':
      return bestAndOthers(node.children.map(scoreBound), node.tieBreaker);
    case 'boosting':
      return scoreBound(node.positive) * Math.max(1, node.factor);
    case 'functionScore':
      return Number.POSITIVE_INFINITY;
    case 'all':
    case 'none':
    case 'termSet':
    case 'numbers':
    case 'range':
    case 'exists':
    case 'ids':
    case 'filter':
      return 0;
  }
}

function sum(nodes: readonly QueryNode[]): number {
  return nodes.reduce((total, node) => total + scoreBound(node), 0);
}

function bestAndOthers(bounds: readonly number[], tieBreaker: number): number {
  const best = Math.max(...bounds);
  if (best === Number.POSITIVE_INFINITY) return best;
  return best + Math.max(0, tieBreaker) * (bounds.reduce((total, each) => total + each, 0) - best);
}

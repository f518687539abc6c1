/**
 * Makes boolean nodes as simple as they can be, so that the kernel can evaluate more of them: nested disjunctions and
 * conjunctions become one, as `BooleanQuery.rewrite` does in Lucene, which decides where scores are rounded.
 */
import { ALL, type BoolNode, constantNode, NONE, type QueryNode } from './query-node.ts';

/** Clauses of a boolean node. */
export type BoolClauses = {
  readonly must?: readonly QueryNode[];
  readonly should?: readonly QueryNode[];
  readonly filter?: readonly QueryNode[];
  readonly mustNot?: readonly QueryNode[];
  /** Optional clauses that must match. */
  readonly minimum: number;
};

/** A boolean combination. Clauses are scored where `isScoring` says so, and never in `filter` and `mustNot`. */
export function boolNode(clauses: BoolClauses, isScoring: boolean): QueryNode {
  const draft = new Draft(isScoring);
  for (const node of clauses.must ?? []) draft.require(node, isScoring);
  for (const node of clauses.filter ?? []) draft.require(node, false);
  for (const node of clauses.mustNot ?? []) draft.forbid(node);
  return draft.finish(clauses.should ?? [], clauses.minimum);
}

/** Documents that match any of the nodes, their scores added up. */
export function anyOf(nodes: readonly QueryNode[], isScoring: boolean): QueryNode {
  return boolNode({ should: nodes, minimum: 1 }, isScoring);
}

class Draft {
  readonly #isScoring: boolean;
  readonly #must: QueryNode[] = [];
  readonly #filter: QueryNode[] = [];
  readonly #mustNot: QueryNode[] = [];
  #isEmpty = false;

  constructor(isScoring: boolean) {
    this.#isScoring = isScoring;
  }

  require(node: QueryNode, scores: boolean): void {
    if (node.kind === 'none') this.#isEmpty = true;
    else if (node.kind === 'bool' && node.should.length === 0 && node.must.length + node.filter.length > 0) {
      for (const inner of node.must) this.require(inner, scores);
      for (const inner of node.filter) this.#filter.push(inner);
      for (const inner of node.mustNot) this.#mustNot.push(inner);
    } else if (scores) this.#must.push(node);
    else if (node.kind !== 'all') this.#filter.push(node);
  }

  forbid(node: QueryNode): void {
    if (node.kind === 'all') this.#isEmpty = true;
    else if (node.kind !== 'none') this.#mustNot.push(node);
  }

  finish(optional: readonly QueryNode[], minimum: number): QueryNode {
    const should = this.#isScoring || minimum > 0 ? flattened(optional, minimum) : [];
    if (this.#isEmpty || minimum > should.length) return NONE;
    if (should.length > 0 && minimum === should.length) {
      for (const node of should) this.require(node, this.#isScoring);
      return this.#node([], 0);
    }
    return this.#node(should, minimum);
  }

  #node(should: readonly QueryNode[], minimum: number): QueryNode {
    const node: BoolNode = {
      kind: 'bool',
      must: this.#must,
      should,
      filter: this.#filter,
      mustNot: this.#mustNot,
      minimum,
      isScoring: this.#isScoring,
    };
    return this.#isScoring ? scoredNode(node) : unscoredNode(node);
  }
}

function flattened(optional: readonly QueryNode[], minimum: number): QueryNode[] {
  const nodes: QueryNode[] = [];
  for (const node of optional) {
    if (node.kind === 'none') continue;
    if (minimum <= 1 && isPureDisjunction(node)) nodes.push(...node.should);
    else nodes.push(node);
  }
  return nodes;
}

function isPureDisjunction(node: QueryNode): node is BoolNode {
  if (node.kind !== 'bool' || node.minimum !== 1) return false;
  return node.must.length + node.filter.length + node.mustNot.length === 0;
}

function scoredNode(node: BoolNode): QueryNode {
  const { must, should, filter, mustNot } = node;
  if (must.length === 1 && should.length + filter.length + mustNot.length === 0) return must[0]!;
  if (should.length > 0 || !must.every(isConstant)) return node;
  const required = [...must.map(({ child }) => child).filter(({ kind }) => kind !== 'all'), ...filter];
  const score = must.reduce((sum, constant) => sum + constant.score, 0);
  return constantNode(unscoredNode({ ...node, must: [], filter: required, isScoring: false }), Math.fround(score));
}

function isConstant(node: QueryNode): node is Extract<QueryNode, { kind: 'constant' }> {
  return node.kind === 'constant';
}

function unscoredNode(node: BoolNode): QueryNode {
  const { should, filter, mustNot } = node;
  if (should.length + mustNot.length > 0) return node;
  if (filter.length === 0) return ALL;
  return filter.length === 1 ? filter[0]! : node;
}

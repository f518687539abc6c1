/** Clauses of a query string to one query: what `AND`, `OR`, `+`, `-` and their absence mean, as in Lucene. */
import type { MinimumShouldMatch } from '../../engine/query/query.ts';
import { compact } from '../shape.ts';
import type { QueryNode } from './query-node.ts';

/** A clause, and what stands before it. */
export type Clause = {
  readonly conjunction: 'AND' | 'OR' | undefined;
  readonly modifier: '+' | '-' | undefined;
  readonly node: QueryNode;
  /** The text, where the clause is a word and nothing more. */
  readonly word?: string;
};

type Occurrence = 'must' | 'should' | 'mustNot';

/**
 * Joins clauses. `AND` makes the clause before it required, too, unless that one is forbidden; where `and` is the
 * default, `OR` makes it optional.
 */
export function joinClauses(
  clauses: readonly Clause[],
  options: { readonly operator: 'or' | 'and'; readonly minimumShouldMatch: MinimumShouldMatch | undefined },
): QueryNode {
  const [only, ...others] = clauses;
  if (only === undefined) return { kind: 'matchNone' };
  const { operator, minimumShouldMatch } = options;
  if (others.length === 0 && only.modifier !== '-')
    return only.node.kind === 'multiMatch' && only.node.type !== 'phrase'
      ? compact({ ...only.node, minimumShouldMatch })
      : only.node;
  const occurrences = clauses.map((clause, at): Occurrence => {
    if (clause.modifier === '-') return 'mustNot';
    if (clause.modifier === '+') return 'must';
    const after = clauses[at + 1]?.conjunction;
    if (operator === 'and') return clause.conjunction === 'OR' || after === 'OR' ? 'should' : 'must';
    return clause.conjunction === 'AND' || after === 'AND' ? 'must' : 'should';
  });
  const ofKind = (wanted: Occurrence): readonly QueryNode[] =>
    clauses.flatMap(({ node }, at) => (occurrences[at] === wanted ? [node] : []));
  return compact({
    kind: 'bool' as const,
    must: ofKind('must'),
    should: ofKind('should'),
    filter: [],
    mustNot: ofKind('mustNot'),
    minimumShouldMatch,
  });
}

/**
 * A query as it is evaluated: analysed, with boosts multiplied down to the leaves as in Lucene, terms looked up in all
 * parts, patterns expanded where scores need it, and what cannot match or adds nothing left out. Made once per search;
 * evaluators turn it into matchers or kernel plans part by part.
 */
import type { ScoreFunction } from './query.ts';
import type { SearchField, SearchTerm, TermWeight } from './search-terms.ts';

/** One place of a phrase: counted from 0, holes of dropped words included; any of the terms may stand there. */
export type PhrasePlace = { readonly place: number; readonly terms: readonly SearchTerm[] };

/** Without a weight no scores are wanted. */
export type TermNode = { readonly kind: 'term'; readonly term: SearchTerm; readonly weight: TermWeight | undefined };

export type PhraseNode = {
  readonly kind: 'phrase';
  readonly field: SearchField;
  /** Two or more, rising. */
  readonly places: readonly PhrasePlace[];
  readonly slop: number;
  readonly weight: TermWeight | undefined;
};

/** Documents with any of some terms of a field, without scores. */
export type TermSetNode = {
  readonly kind: 'termSet';
  readonly field: SearchField;
  /** Numbers of the terms in a part, each once. Remembered. */
  readonly numbersOf: (part: number) => readonly number[];
};

export type BoolNode = {
  readonly kind: 'bool';
  readonly must: readonly QueryNode[];
  readonly should: readonly QueryNode[];
  readonly filter: readonly QueryNode[];
  readonly mustNot: readonly QueryNode[];
  /** Optional clauses that must match. */
  readonly minimum: number;
  readonly isScoring: boolean;
};

/** A function of a score, with its filter looked up. */
export type ScoreFunctionNode = { readonly filter: QueryNode | undefined; readonly function: ScoreFunction };

export type FunctionScoreNode = {
  readonly kind: 'functionScore';
  readonly child: QueryNode;
  readonly functions: readonly ScoreFunctionNode[];
  readonly scoreMode: 'multiply' | 'sum' | 'avg' | 'first' | 'max' | 'min';
  readonly boostMode: 'multiply' | 'replace' | 'sum' | 'avg' | 'max' | 'min';
  readonly maxBoost: number;
  readonly minScore: number | undefined;
};

export type QueryNode =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | TermNode
  /** Terms that stand for each other, scored as one. Always scored: without scores it is a set of terms. */
  | { readonly kind: 'synonyms'; readonly terms: readonly SearchTerm[]; readonly weight: TermWeight }
  | PhraseNode
  | TermSetNode
  /** Documents with one of some numbers, rising. */
  | { readonly kind: 'numbers'; readonly field: string; readonly values: Float64Array }
  /** Documents with a number from `from` to `to`, both included. */
  | { readonly kind: 'range'; readonly field: string; readonly from: number; readonly to: number }
  | { readonly kind: 'exists'; readonly field: string }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'constant'; readonly child: QueryNode; readonly score: number }
  /** A filter that may be kept as a bitmap under a key; without scores. */
  | { readonly kind: 'filter'; readonly child: QueryNode; readonly key: string }
  | BoolNode
  | { readonly kind: 'disMax'; readonly children: readonly QueryNode[]; readonly tieBreaker: number }
  | {
      readonly kind: 'boosting';
      readonly positive: QueryNode;
      readonly negative: QueryNode;
      readonly factor: number;
    }
  | FunctionScoreNode;

export const ALL: QueryNode = { kind: 'all' };
export const NONE: QueryNode = { kind: 'none' };

/** A node without scores, with a score for all it matches; unscored without one. */
export function constantNode(child: QueryNode, score: number | undefined): QueryNode {
  if (score === undefined || child.kind === 'none') return child;
  return { kind: 'constant', child: child.kind === 'constant' ? child.child : child, score };
}

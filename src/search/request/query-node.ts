/**
 * A query as requests carry it inside the cluster: checked, in one form per kind, but not yet bound to the types of an
 * index. JSON- and MessagePack-safe.
 */
import type { MinimumShouldMatch } from '../../engine/query/query.ts';
import type { Scalar } from '../shape.ts';

/** Bounds as sent; at most one of each pair. */
export type NodeBounds = { readonly gte?: Scalar; readonly gt?: Scalar; readonly lte?: Scalar; readonly lt?: Scalar };

/** How the words of a text must match. `lenient` skips a field that the text does not fit. */
export type MatchOptions = {
  readonly operator?: 'or' | 'and';
  readonly minimumShouldMatch?: MinimumShouldMatch;
  readonly lenient?: boolean;
};

/** A field, or a pattern of fields, of `multi_match`. */
export type WeightedField = { readonly pattern: string; readonly boost?: number };

/** A query. */
export type QueryNode = { readonly boost?: number } & (
  | { readonly kind: 'matchAll' }
  | { readonly kind: 'matchNone' }
  | ({ readonly kind: 'match'; readonly field: string; readonly value: Scalar } & MatchOptions)
  | ({
      readonly kind: 'multiMatch';
      /** Empty: every text and keyword field. */
      readonly fields: readonly WeightedField[];
      readonly value: Scalar;
      readonly type: 'best_fields' | 'most_fields';
      readonly tieBreaker?: number;
    } & MatchOptions)
  | { readonly kind: 'term'; readonly field: string; readonly value: Scalar }
  | { readonly kind: 'terms'; readonly field: string; readonly values: readonly Scalar[] }
  | { readonly kind: 'range'; readonly field: string; readonly bounds: NodeBounds }
  | { readonly kind: 'exists'; readonly field: string }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'constantScore'; readonly filter: QueryNode }
  | { readonly kind: 'disMax'; readonly queries: readonly QueryNode[]; readonly tieBreaker?: number }
  | {
      readonly kind: 'bool';
      readonly must: readonly QueryNode[];
      readonly should: readonly QueryNode[];
      readonly filter: readonly QueryNode[];
      readonly mustNot: readonly QueryNode[];
      readonly minimumShouldMatch?: MinimumShouldMatch;
    }
);

/** Limits of one query. */
export const QUERY_LIMITS = { depth: 64, clauses: 1024, terms: 65_536, textLength: 65_536 } as const;

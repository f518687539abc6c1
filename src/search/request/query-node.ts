/**
 * A query as requests carry it inside the cluster: checked, in one form per kind, but not yet bound to the types of an
 * index. JSON- and MessagePack-safe.
 */
import type { FuzzyOptions, MinimumShouldMatch, ScoreFunction } from '../../engine/query/query.ts';
import type { Scalar } from '../shape.ts';

/** Bounds as sent; at most one of each pair. */
export type NodeBounds = { readonly gte?: Scalar; readonly gt?: Scalar; readonly lte?: Scalar; readonly lt?: Scalar };

/** How a text is looked for. `lenient` skips a field that the text does not fit. */
export type TextOptions = {
  readonly analyzer?: string;
  readonly zeroTerms?: 'none' | 'all';
  readonly lenient?: boolean;
};

/** How the words of a text must match. */
export type MatchOptions = TextOptions & {
  readonly operator?: 'or' | 'and';
  readonly minimumShouldMatch?: MinimumShouldMatch;
  readonly fuzzy?: FuzzyOptions;
  /** Most terms that a last word that is a prefix stands for. */
  readonly maxExpansions?: number;
};

/** A field, or a pattern of fields, of `multi_match` and `query_string`. */
export type WeightedField = { readonly pattern: string; readonly boost?: number };

/** What `multi_match` makes of its fields. */
export type MultiMatchType =
  | 'best_fields'
  | 'most_fields'
  | 'cross_fields'
  | 'phrase'
  | 'phrase_prefix'
  | 'bool_prefix';

/** A query of one field. */
export type FieldNode = { readonly boost?: number; readonly name?: string } & (
  | ({
      readonly kind: 'match';
      readonly field: string;
      readonly value: Scalar;
      readonly lastIsPrefix?: boolean;
    } & MatchOptions)
  | ({
      readonly kind: 'phrase';
      readonly field: string;
      readonly value: Scalar;
      readonly slop?: number;
      readonly lastIsPrefix?: boolean;
      readonly maxExpansions?: number;
    } & TextOptions)
  | { readonly kind: 'term'; readonly field: string; readonly value: Scalar; readonly caseInsensitive?: boolean }
  | { readonly kind: 'terms'; readonly field: string; readonly values: readonly Scalar[] }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly bounds: NodeBounds;
      readonly format?: string;
      readonly timeZone?: string;
    }
  | { readonly kind: 'exists'; readonly field: string }
  | {
      readonly kind: 'prefix' | 'wildcard';
      readonly field: string;
      readonly value: string;
      readonly caseInsensitive?: boolean;
    }
  | {
      readonly kind: 'regexp';
      readonly field: string;
      readonly value: string;
      readonly caseInsensitive?: boolean;
      readonly maxStates?: number;
    }
  | ({ readonly kind: 'fuzzy'; readonly field: string; readonly value: string } & FuzzyOptions)
);

/** A function of a function score; origin, scale and offset of a decay as sent. */
export type FunctionNode = { readonly filter?: QueryNode; readonly weight?: number } & (
  | { readonly kind: 'weight' }
  | Omit<Extract<ScoreFunction, { kind: 'fieldValueFactor' }>, 'filter' | 'weight'>
  | (Omit<Extract<ScoreFunction, { kind: 'decay' }>, 'filter' | 'weight' | 'origin' | 'scale' | 'offset'> & {
      readonly origin?: Scalar;
      readonly scale: Scalar;
      readonly offset?: Scalar;
    })
  /** Without a seed the moment of the search is taken. */
  | { readonly kind: 'random'; readonly seed?: number | string }
);

/** How the functions' values become one, and how that joins the query's score. */
export type ScoreModes = {
  readonly scoreMode?: 'multiply' | 'sum' | 'avg' | 'first' | 'max' | 'min';
  readonly boostMode?: 'multiply' | 'replace' | 'sum' | 'avg' | 'max' | 'min';
};

/** A query. */
export type QueryNode =
  | FieldNode
  | ({ readonly boost?: number; readonly name?: string } & (
      | { readonly kind: 'matchAll' }
      | { readonly kind: 'matchNone' }
      | ({
          readonly kind: 'multiMatch';
          /** Empty: every text and keyword field. */
          readonly fields: readonly WeightedField[];
          readonly value: Scalar;
          readonly type: MultiMatchType;
          readonly tieBreaker?: number;
          readonly slop?: number;
        } & MatchOptions)
      /** One query in several fields, the best of them counts; `query.field` is not looked at. */
      | {
          readonly kind: 'anyField';
          readonly fields: readonly WeightedField[];
          readonly query: FieldNode;
          readonly tieBreaker?: number;
          readonly lenient?: boolean;
        }
      | { readonly kind: 'ids'; readonly ids: readonly string[] }
      | { readonly kind: 'constantScore'; readonly filter: QueryNode }
      | { readonly kind: 'disMax'; readonly queries: readonly QueryNode[]; readonly tieBreaker?: number }
      | {
          readonly kind: 'boosting';
          readonly positive: QueryNode;
          readonly negative: QueryNode;
          readonly negativeBoost: number;
        }
      | ({
          readonly kind: 'functionScore';
          readonly query: QueryNode;
          readonly functions: readonly FunctionNode[];
          readonly maxBoost?: number;
          readonly minScore?: number;
        } & ScoreModes)
      | {
          readonly kind: 'bool';
          readonly must: readonly QueryNode[];
          readonly should: readonly QueryNode[];
          readonly filter: readonly QueryNode[];
          readonly mustNot: readonly QueryNode[];
          readonly minimumShouldMatch?: MinimumShouldMatch;
        }
    ));

/** Limits of one query. */
export const QUERY_LIMITS = {
  depth: 64,
  clauses: 1024,
  terms: 65_536,
  textLength: 65_536,
  /** Fields that one query names. */
  fields: 1024,
  /** Terms that a fuzzy word or a prefix stands for. */
  expansions: 1024,
  slop: 1_000_000,
  nameLength: 256,
} as const;

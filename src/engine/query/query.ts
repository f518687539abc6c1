/**
 * The engine's query tree: what a request language compiles to. JSON-safe. Text in `match` and `phrase` is analysed by
 * the engine with the field's analyzer; values in `term`, `terms` and `range` are already of the field's type.
 */

/** A value as it is indexed: numbers for long, double and date (milliseconds since 1970), strings for text and keyword. */
export type FieldValue = string | number | boolean;

/** Bounds of a range; at most one of each pair. Strings are compared by their UTF-8 bytes. */
export type RangeBounds = {
  readonly gte?: FieldValue;
  readonly gt?: FieldValue;
  readonly lte?: FieldValue;
  readonly lt?: FieldValue;
};

/** `"2"`, `"-1"`, `"75%"`, `"-25%"`, or a number, and the conditional forms `"3<90%"` and `"2<-25% 9<-3"`. */
export type MinimumShouldMatch = string | number;

/** Greatest edit distance: a number, or by the term's length: 0 below `low` characters, 1 below `high`, else 2. */
export type Fuzziness = 0 | 1 | 2 | { readonly low: number; readonly high: number };

/** How misspelt a term may be. */
export type FuzzyOptions = {
  readonly fuzziness: Fuzziness;
  /** Characters at the start that must be as they are. Default 0. */
  readonly prefixLength?: number;
  /** Most terms to expand to, the closest first. Default 50. */
  readonly maxExpansions?: number;
  /** Whether two neighbours that changed places count as one edit. Default true. */
  readonly transpositions?: boolean;
};

/** A field and its weight. */
export type BoostedField = { readonly field: string; readonly boost?: number };

/** A multiplier, or a value to add, that a function score gives to documents that match `filter` (default: all). */
export type ScoreFunction = { readonly filter?: Query; readonly weight?: number } & (
  | { readonly kind: 'weight' }
  | {
      readonly kind: 'fieldValueFactor';
      readonly field: string;
      readonly factor?: number;
      readonly modifier?:
        | 'none'
        | 'log'
        | 'log1p'
        | 'log2p'
        | 'ln'
        | 'ln1p'
        | 'ln2p'
        | 'square'
        | 'sqrt'
        | 'reciprocal';
      /** Value of documents without the field; without it they fail the query. */
      readonly missing?: number;
    }
  | {
      readonly kind: 'decay';
      readonly shape: 'gauss' | 'exp' | 'linear';
      readonly field: string;
      /** Numbers; of a date field milliseconds. */
      readonly origin: number;
      readonly scale: number;
      readonly offset?: number;
      /** Score at `scale` from the origin, between 0 and 1. Default 0.5. */
      readonly decay?: number;
      /** Which of several values counts. Default `min`, the distance that is least. */
      readonly multiValueMode?: 'min' | 'max' | 'avg' | 'sum';
    }
  /** A number in [0, 1) that depends on the seed and the document's id alone. */
  | { readonly kind: 'random'; readonly seed: number | string }
);

/** A query. Every kind takes a `boost` (default 1) and a `name`, by which hits tell that they matched it. */
export type Query = { readonly boost?: number; readonly name?: string } & (
  | { readonly kind: 'matchAll' }
  | { readonly kind: 'matchNone' }
  | {
      readonly kind: 'match';
      readonly field: string;
      readonly text: string;
      readonly operator?: 'or' | 'and';
      readonly minimumShouldMatch?: MinimumShouldMatch;
      readonly fuzzy?: FuzzyOptions;
      /** Name of an analyzer instead of the field's search analyzer. */
      readonly analyzer?: string;
      /** What a text without any token matches. Default `none`. */
      readonly zeroTerms?: 'none' | 'all';
      /** The last word is a prefix (match_bool_prefix). */
      readonly lastIsPrefix?: boolean;
      readonly maxExpansions?: number;
    }
  /** The words of one text spread over several fields as if they were one (cross_fields). */
  | {
      readonly kind: 'crossFields';
      readonly fields: readonly BoostedField[];
      readonly text: string;
      readonly operator?: 'or' | 'and';
      readonly minimumShouldMatch?: MinimumShouldMatch;
      readonly analyzer?: string;
      readonly tieBreaker?: number;
      readonly zeroTerms?: 'none' | 'all';
    }
  | {
      readonly kind: 'phrase';
      readonly field: string;
      readonly text: string;
      /** Moves of words that are forgiven. Default 0. */
      readonly slop?: number;
      readonly analyzer?: string;
      readonly zeroTerms?: 'none' | 'all';
      /** The last word is a prefix (match_phrase_prefix). */
      readonly lastIsPrefix?: boolean;
      /** Most terms that the prefix stands for. Default 50. */
      readonly maxExpansions?: number;
    }
  | { readonly kind: 'term'; readonly field: string; readonly value: FieldValue; readonly caseInsensitive?: boolean }
  | { readonly kind: 'terms'; readonly field: string; readonly values: readonly FieldValue[] }
  | { readonly kind: 'range'; readonly field: string; readonly bounds: RangeBounds }
  | { readonly kind: 'exists'; readonly field: string }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'prefix'; readonly field: string; readonly value: string; readonly caseInsensitive?: boolean }
  /** `*` any characters, `?` one, `\` takes the next as it is. */
  | { readonly kind: 'wildcard'; readonly field: string; readonly pattern: string; readonly caseInsensitive?: boolean }
  /** Lucene's regular expressions, anchored at both ends. */
  | {
      readonly kind: 'regexp';
      readonly field: string;
      readonly pattern: string;
      readonly caseInsensitive?: boolean;
      /** Most states of the automaton. Default 10,000. */
      readonly maxStates?: number;
    }
  | ({ readonly kind: 'fuzzy'; readonly field: string; readonly value: string } & FuzzyOptions)
  | { readonly kind: 'constantScore'; readonly filter: Query }
  | { readonly kind: 'disMax'; readonly queries: readonly Query[]; readonly tieBreaker?: number }
  | {
      readonly kind: 'boosting';
      readonly positive: Query;
      readonly negative: Query;
      readonly negativeBoost: number;
    }
  | {
      readonly kind: 'functionScore';
      readonly query: Query;
      readonly functions: readonly ScoreFunction[];
      /** How the functions' values become one. Default `multiply`. */
      readonly scoreMode?: 'multiply' | 'sum' | 'avg' | 'first' | 'max' | 'min';
      /** How that joins the query's score. Default `multiply`. */
      readonly boostMode?: 'multiply' | 'replace' | 'sum' | 'avg' | 'max' | 'min';
      readonly maxBoost?: number;
      readonly minScore?: number;
    }
  | {
      readonly kind: 'bool';
      readonly must?: readonly Query[];
      readonly should?: readonly Query[];
      readonly filter?: readonly Query[];
      readonly mustNot?: readonly Query[];
      readonly minimumShouldMatch?: MinimumShouldMatch;
    }
);

/**
 * The engine's query tree: what a request language compiles to. JSON-safe. Text in `match` is analysed by the engine
 * with the field's analyzer; values in `term`, `terms` and `range` are already of the field's type.
 */

/** A value as it is indexed: numbers for long, double and date (milliseconds since 1970), strings for text and keyword. */
export type FieldValue = string | number | boolean;

/** Bounds of a range; at most one of each pair. */
export type RangeBounds = {
  readonly gte?: FieldValue;
  readonly gt?: FieldValue;
  readonly lte?: FieldValue;
  readonly lt?: FieldValue;
};

/** `"2"`, `"-1"`, `"75%"`, `"-25%"`, or a number, as in Elasticsearch (without the conditional forms). */
export type MinimumShouldMatch = string | number;

/** A query. Every kind takes a `boost` (default 1). */
export type Query = { readonly boost?: number } & (
  | { readonly kind: 'matchAll' }
  | { readonly kind: 'matchNone' }
  | {
      readonly kind: 'match';
      readonly field: string;
      readonly text: string;
      readonly operator?: 'or' | 'and';
      readonly minimumShouldMatch?: MinimumShouldMatch;
    }
  | { readonly kind: 'term'; readonly field: string; readonly value: FieldValue }
  | { readonly kind: 'terms'; readonly field: string; readonly values: readonly FieldValue[] }
  | { readonly kind: 'range'; readonly field: string; readonly bounds: RangeBounds }
  | { readonly kind: 'exists'; readonly field: string }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'constantScore'; readonly filter: Query }
  | { readonly kind: 'disMax'; readonly queries: readonly Query[]; readonly tieBreaker?: number }
  | {
      readonly kind: 'bool';
      readonly must?: readonly Query[];
      readonly should?: readonly Query[];
      readonly filter?: readonly Query[];
      readonly mustNot?: readonly Query[];
      readonly minimumShouldMatch?: MinimumShouldMatch;
    }
);

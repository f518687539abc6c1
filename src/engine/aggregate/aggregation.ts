/** The engine's aggregation tree and the partial results that shards give, which merge in any order. */

/** Aggregations by name. */
export type Aggregations = Readonly<Record<string, Aggregation>>;

/** One aggregation. */
export type Aggregation = { readonly kind: string; readonly aggregations?: Aggregations };

/** Partial results by name; made to be sent and merged. */
export type AggregationPartials = Readonly<Record<string, unknown>>;

/**
 * The engine's aggregation tree and the partial results that shards give. Both are JSON-safe. Partials merge in any
 * order and any grouping to the same answer, and do not depend on how documents lie in parts and shards; where a shard
 * leaves something out (buckets of `terms` beyond `shardSize`), the partial says by how much an answer may be off.
 */
import type { FieldValue, Query } from '../query/query.ts';

/** Aggregations by name. */
export type Aggregations = Readonly<Record<string, Aggregation>>;

/** How values of a field are shown beside their numbers: dates and booleans have a text of their own. */
export type ValueFormat =
  | { readonly type: 'boolean' }
  /** `pattern` as `formatDate` takes it, default ISO 8601; `timeZone` default UTC. */
  | { readonly type: 'date'; readonly pattern?: string; readonly timeZone?: string };

/** A criterion by which buckets of `terms` are ordered: their counts, their keys, or a number that a sub-aggregation gives. */
export type BucketOrder = { readonly direction: 'asc' | 'desc' } & (
  | { readonly by: 'count' | 'key' }
  /** Names of single-bucket aggregations, then that of a metric; `property` of one with several numbers. */
  | { readonly by: 'metric'; readonly path: readonly string[]; readonly property?: string }
);

/** Which terms count: exact values, or a regular expression of Lucene (keywords only). */
export type TermSelection = { readonly values: readonly FieldValue[] } | { readonly pattern: string };

/** Units of calendar intervals. Weeks begin on Monday. */
export type CalendarUnit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

/** How dates fall into buckets: by units of the calendar, or by a number of milliseconds. */
export type DateInterval = { readonly calendar: CalendarUnit } | { readonly fixedMs: number };

/** Both ends belong to it. */
export type Bounds = { readonly min?: number; readonly max?: number };

/** A bucket of numbers or dates, from `from` (which belongs to it) to `to` (which does not). */
export type Range = { readonly key?: string; readonly from?: number; readonly to?: number };

/** One source of the keys of `composite`. */
export type CompositeSource = {
  readonly name: string;
  readonly field: string;
  /** Default `asc`. */
  readonly order?: 'asc' | 'desc';
  /** Whether documents without the field count, under the key null, which comes first ascending. Default false. */
  readonly missingBucket?: boolean;
  readonly format?: ValueFormat;
} & (
  | { readonly kind: 'terms' }
  | { readonly kind: 'histogram'; readonly interval: number }
  | {
      readonly kind: 'dateHistogram';
      readonly interval: DateInterval;
      readonly timeZone?: string;
      readonly offsetMs?: number;
    }
);

/** One criterion of `topHits`; see `SortKey`. */
export type TopHitsSort = {
  /** `_score`, `_doc`, or a field with a column. */
  readonly field: string;
  readonly order: 'asc' | 'desc';
  readonly missing?: '_first' | '_last';
};

/** Aggregations that give numbers of the values of a field. `missing` is the value of documents without one. */
export type MetricAggregation = { readonly field: string; readonly format?: ValueFormat } & (
  | {
      readonly kind: 'min' | 'max' | 'sum' | 'avg' | 'stats';
      readonly missing?: number;
    }
  /** `sigma`: standard deviations from the mean to the bounds that are told. Default 2. */
  | { readonly kind: 'extendedStats'; readonly missing?: number; readonly sigma?: number }
  | { readonly kind: 'valueCount'; readonly missing?: FieldValue }
  /** Counts distinct values: as good as exactly up to about `precisionThreshold` of them (default 3,000, most 40,000). */
  | { readonly kind: 'cardinality'; readonly missing?: FieldValue; readonly precisionThreshold?: number }
  | ({
      readonly kind: 'percentiles';
      readonly missing?: number;
      /** From 0 to 100. */
      readonly percents: readonly number[];
      /** Default true. */
      readonly keyed?: boolean;
    } & QuantileOptions)
  | ({
      readonly kind: 'percentileRanks';
      readonly missing?: number;
      readonly values: readonly number[];
      /** Default true. */
      readonly keyed?: boolean;
    } & QuantileOptions)
);

/** `accuracy`: relative error of values where there are too many distinct ones to keep. Default 0.01. */
export type QuantileOptions = { readonly accuracy?: number };

/** Aggregations that divide documents into buckets. */
export type BucketAggregation = { readonly aggregations?: Aggregations } & (
  | {
      readonly kind: 'terms';
      readonly field: string;
      /** Buckets in the answer, 1 or more. */
      readonly size: number;
      /** Buckets that a shard sends, at least `size`. */
      readonly shardSize: number;
      /** Ties are broken by key, ascending. */
      readonly order: readonly BucketOrder[];
      /** 0: also terms that no match has. Default 1. */
      readonly minDocCount?: number;
      readonly include?: TermSelection;
      readonly exclude?: TermSelection;
      readonly missing?: FieldValue;
      readonly showTermError?: boolean;
      readonly format?: ValueFormat;
    }
  | {
      readonly kind: 'histogram';
      readonly field: string;
      readonly interval: number;
      readonly offset?: number;
      /** 0: also the empty buckets between others. Default 0. */
      readonly minDocCount?: number;
      readonly extendedBounds?: Bounds;
      readonly hardBounds?: Bounds;
      readonly order?: readonly BucketOrder[];
      readonly keyed?: boolean;
      readonly missing?: number;
      readonly format?: ValueFormat;
    }
  | {
      readonly kind: 'dateHistogram';
      readonly field: string;
      readonly interval: DateInterval;
      /** Name of a zone or an offset such as `+02:00`. Default UTC. */
      readonly timeZone?: string;
      readonly offsetMs?: number;
      readonly minDocCount?: number;
      readonly extendedBounds?: Bounds;
      readonly hardBounds?: Bounds;
      readonly order?: readonly BucketOrder[];
      readonly keyed?: boolean;
      readonly missing?: number;
      readonly format?: ValueFormat;
    }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly ranges: readonly Range[];
      readonly keyed?: boolean;
      readonly missing?: number;
      readonly format?: ValueFormat;
    }
  | { readonly kind: 'filter'; readonly query: Query }
  | {
      readonly kind: 'filters';
      /** Without keys the answer is a list. */
      readonly filters: readonly { readonly key?: string; readonly query: Query }[];
      /** Name of a bucket for the documents that no filter takes; none without. */
      readonly otherKey?: string;
      /** Default true where filters have keys. */
      readonly keyed?: boolean;
    }
  | { readonly kind: 'missing'; readonly field: string }
  /** All live documents, whatever the query; only at the top. */
  | { readonly kind: 'global' }
  | {
      readonly kind: 'composite';
      readonly sources: readonly CompositeSource[];
      readonly size: number;
      /** Keys of the bucket after which to begin, one for each source. */
      readonly after?: readonly (FieldValue | null)[];
    }
);

/** Best hits of each bucket. */
export type TopHitsAggregation = {
  readonly kind: 'topHits';
  readonly from: number;
  readonly size: number;
  /** Default: by score, highest first. Ties by place in the log. */
  readonly sort?: readonly TopHitsSort[];
  /** Whether hits come with their sources. */
  readonly source: boolean;
};

/** One aggregation. `meta` comes back with the answer as it is. */
export type Aggregation = { readonly meta?: Readonly<Record<string, unknown>> } & (
  | MetricAggregation
  | BucketAggregation
  | TopHitsAggregation
);

/** Aggregations of one kind. */
export type AggregationOf<Kind extends Aggregation['kind']> = Extract<Aggregation, { readonly kind: Kind }>;

/** Partial results by name; made to be sent and merged. */
export type AggregationPartials = Readonly<Record<string, AggregationPartial>>;

/** Figures of values. `sum` and `squares` are exact: their numbers add up to it (`exact-sum.ts`). */
export type StatsPartial = {
  readonly kind: 'stats';
  readonly count: number;
  readonly sum: readonly number[];
  /** Null without values. */
  readonly min: number | null;
  readonly max: number | null;
  readonly squares?: readonly number[];
};

/** A count of values. */
export type CountPartial = { readonly kind: 'count'; readonly count: number };

/** A set of hashed values (`hyper-log-log.ts`): sorted entries while they are few, else registers in base 64. */
export type CardinalityPartial = {
  readonly kind: 'cardinality';
  readonly entries?: readonly number[];
  readonly registers?: string;
};

/** How values are spread (`quantiles.ts`): values and counts in turn, sorted, or bins of a sketch. */
export type QuantilesPartial = {
  readonly kind: 'quantiles';
  readonly values?: readonly number[];
  readonly sketch?: {
    readonly zeros: number;
    /** Keys and counts in turn. */
    readonly positive: readonly number[];
    readonly negative: readonly number[];
    readonly min: number;
    readonly max: number;
  };
};

/** Key, documents, sub-aggregations; `error` is how many more documents it may have in shards that did not send it. */
export type TermsBucket = readonly [
  key: FieldValue,
  docCount: number,
  error: number,
  aggregations?: AggregationPartials,
];

/** Terms. */
export type TermsPartial = {
  readonly kind: 'terms';
  /** Most documents that a term in none of the buckets may have. */
  readonly error: number;
  /** Documents of buckets that were not sent. */
  readonly otherDocCount: number;
  readonly buckets: readonly TermsBucket[];
};

/** Buckets by number or date, keys rising. */
export type HistogramPartial = {
  readonly kind: 'histogram';
  readonly buckets: readonly (readonly [key: number, docCount: number, aggregations?: AggregationPartials])[];
};

/** Buckets that the request names: ranges, filters, or only one. */
export type SlotsPartial = {
  readonly kind: 'slots';
  readonly slots: readonly (readonly [docCount: number, aggregations?: AggregationPartials])[];
};

/** Buckets of several keys, in their order. */
export type CompositePartial = {
  readonly kind: 'composite';
  readonly buckets: readonly (readonly [
    keys: readonly (FieldValue | null)[],
    docCount: number,
    aggregations?: AggregationPartials,
  ])[];
};

/** A hit of `topHits`. */
export type TopHit = {
  readonly id: string;
  readonly score: number;
  /** Place in the log. */
  readonly position: number;
  readonly sort?: readonly (FieldValue | null)[];
  readonly source?: unknown;
};

/** Best hits. */
export type TopHitsPartial = {
  readonly kind: 'topHits';
  readonly total: number;
  /** Null without hits, or if scores were not asked for. */
  readonly maxScore: number | null;
  readonly hits: readonly TopHit[];
};

/** What one aggregation gives. */
export type AggregationPartial =
  | StatsPartial
  | CountPartial
  | CardinalityPartial
  | QuantilesPartial
  | TermsPartial
  | HistogramPartial
  | SlotsPartial
  | CompositePartial
  | TopHitsPartial;

/** Most levels of aggregations inside each other. */
export const MAX_AGGREGATION_DEPTH = 16;

/** Buckets over all aggregations of one answer, if limits say nothing else. */
export const DEFAULT_MAX_BUCKETS = 65_536;

/** The partial of a name, if there is one. */
export function partialOf(partials: AggregationPartials | undefined, name: string): AggregationPartial | undefined {
  return partials !== undefined && Object.hasOwn(partials, name) ? partials[name] : undefined;
}

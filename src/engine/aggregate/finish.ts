/** Merged partial results to the answer, in Elasticsearch's shape. Pure: runs where shards are reduced. */
import {
  type Aggregation,
  type AggregationOf,
  type AggregationPartial,
  type AggregationPartials,
  type Aggregations,
  DEFAULT_MAX_BUCKETS,
  partialOf,
  type TopHitsPartial,
} from './aggregation.ts';
import { tooManyBuckets } from './budget.ts';
import { type BucketAnswers, finishBuckets } from './finish-buckets.ts';
import { finishMetric } from './finish-metric.ts';

/** An answer by name. */
export type AggregationAnswers = Readonly<Record<string, unknown>>;

/** How an answer is made. */
export type FinishOptions = {
  /** Most buckets over all aggregations. Default 65,536. */
  readonly maxBuckets?: number;
  /** Shows a list of hits of `topHits`. Default: ids, scores, sources. */
  readonly hits?: (partial: TopHitsPartial, aggregation: AggregationOf<'topHits'>) => unknown;
};

/**
 * Makes the answer to aggregations.
 *
 * @param partials Of `reduceAggregations`. What is missing is answered as from no documents.
 * @throws CoppiceError `LIMIT_EXCEEDED` for more buckets than an answer may have.
 */
export function finishAggregations(
  aggregations: Aggregations,
  partials: AggregationPartials,
  { maxBuckets = DEFAULT_MAX_BUCKETS, hits = plainHits }: FinishOptions = {},
): AggregationAnswers {
  let left = maxBuckets;
  const answers: BucketAnswers = {
    take: (count) => {
      left -= count;
      if (left < 0) throw tooManyBuckets(maxBuckets);
    },
    below: (aggregation, given) =>
      'aggregations' in aggregation && aggregation.aggregations !== undefined
        ? finishAll(aggregation.aggregations, given ?? {})
        : {},
  };
  const finishAll = (all: Aggregations, given: AggregationPartials): AggregationAnswers =>
    Object.fromEntries(
      Object.entries(all).map(([name, aggregation]) => {
        const answer = finishOne(aggregation, partialOf(given, name));
        return [name, aggregation.meta === undefined ? answer : { meta: aggregation.meta, ...answer }];
      }),
    );
  const finishOne = (aggregation: Aggregation, partial: AggregationPartial | undefined): AggregationAnswers => {
    if (aggregation.kind === 'topHits') {
      const none: TopHitsPartial = { kind: 'topHits', total: 0, maxScore: null, hits: [] };
      return { hits: hits(partial?.kind === 'topHits' ? partial : none, aggregation) };
    }
    return 'aggregations' in aggregation || isBucketKind(aggregation)
      ? finishBuckets(aggregation, partial, answers)
      : finishMetric(aggregation, partial);
  };
  return finishAll(aggregations, partials);
}

const BUCKET_KINDS: ReadonlySet<string> = new Set<Aggregation['kind']>([
  'terms',
  'histogram',
  'dateHistogram',
  'range',
  'filter',
  'filters',
  'missing',
  'global',
  'composite',
]);

function isBucketKind(aggregation: Aggregation): aggregation is Extract<Aggregation, { aggregations?: Aggregations }> {
  return BUCKET_KINDS.has(aggregation.kind);
}

function plainHits({ total, maxScore, hits }: TopHitsPartial, { from, size }: AggregationOf<'topHits'>): unknown {
  return {
    total: { value: total, relation: 'eq' },
    max_score: maxScore,
    hits: hits.slice(from, from + size).map(({ id, score, sort, source }) => ({
      _id: id,
      _score: score,
      ...(source === undefined ? {} : { _source: source }),
      ...(sort === undefined ? {} : { sort }),
    })),
  };
}

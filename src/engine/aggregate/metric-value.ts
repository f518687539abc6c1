/** The one number that a partial result stands for: what is shown, and what buckets of `terms` are ordered by. */
import {
  type Aggregation,
  type AggregationPartial,
  type AggregationPartials,
  type Aggregations,
  type BucketOrder,
  partialOf,
  type StatsPartial,
} from './aggregation.ts';
import { addExpansions, type Expansion, exactProduct, roundExpansion } from './exact-sum.ts';
import { HyperLogLog } from './hyper-log-log.ts';
import { Quantiles } from './quantiles.ts';

/** Figures of numbers; those that need a value are null without one. */
export type Stats = {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number;
  readonly avg: number | null;
};

/** Figures of a partial, each rounded once. */
export function statsOf({ count, min, max, sum }: StatsPartial): Stats {
  const total = roundExpansion(sum);
  return { count, min, max, sum: total, avg: count === 0 ? null : total / count };
}

/** Figures of how numbers are spread. */
export type ExtendedStats = {
  readonly sumOfSquares: number | null;
  readonly variancePopulation: number | null;
  readonly varianceSampling: number | null;
};

/** Variances from exact sums, so that they do not suffer where the mean is large: n * squares - sum^2 is exact. */
export function extendedStatsOf({ count, sum, squares = [] }: StatsPartial): ExtendedStats {
  if (count === 0) return { sumOfSquares: null, variancePopulation: null, varianceSampling: null };
  const scatter = roundExpansion(
    addExpansions(
      times(squares, [count]),
      times(sum, sum).map((part) => -part),
    ),
  );
  const spread = Math.max(0, scatter) / count;
  return {
    sumOfSquares: roundExpansion(squares),
    variancePopulation: spread / count,
    varianceSampling: count === 1 ? null : spread / (count - 1),
  };
}

/** Distinct values of a `cardinality`. */
export function cardinalityOf(
  aggregation: Aggregation & { readonly kind: 'cardinality' },
  partial: AggregationPartial & { readonly kind: 'cardinality' },
): number {
  const sketch = new HyperLogLog(aggregation.precisionThreshold);
  sketch.addPartial(partial);
  return sketch.estimate();
}

/** The collection of numbers of `percentiles` and `percentile_ranks`. */
export function quantilesOf(
  { accuracy }: { readonly accuracy?: number },
  partial: AggregationPartial & { readonly kind: 'quantiles' },
): Quantiles {
  const quantiles = new Quantiles(accuracy);
  quantiles.addPartial(partial);
  return quantiles;
}

/**
 * The number by which a bucket is ordered.
 *
 * @param aggregations Those below the bucket.
 * @param given What they gave for it.
 * @returns NaN where there is none; it comes last.
 */
export function orderNumber(
  { path, property }: Extract<BucketOrder, { by: 'metric' }>,
  aggregations: Aggregations,
  given: (name: string) => AggregationPartial | undefined,
): number {
  const [name = '', ...inner] = path;
  const aggregation = Object.hasOwn(aggregations, name) ? aggregations[name] : undefined;
  const partial = given(name);
  if (aggregation === undefined || partial === undefined) return Number.NaN;
  if (partial.kind !== 'slots') return metricNumber(aggregation, partial, property) ?? Number.NaN;
  const [docCount = 0, partials]: readonly [number?, AggregationPartials?] = partial.slots[0] ?? [];
  if (inner.length === 0) return docCount;
  const below = 'aggregations' in aggregation ? (aggregation.aggregations ?? {}) : {};
  return orderNumber(
    { by: 'metric', direction: 'asc', path: inner, ...(property === undefined ? {} : { property }) },
    below,
    (child) => partialOf(partials, child),
  );
}

/** A metric's number; null or undefined where it has none. */
function metricNumber(
  aggregation: Aggregation,
  partial: AggregationPartial,
  property: string | undefined,
): number | null | undefined {
  if (partial.kind === 'count') return partial.count;
  if (partial.kind === 'cardinality')
    return aggregation.kind === 'cardinality' ? cardinalityOf(aggregation, partial) : undefined;
  if (partial.kind === 'quantiles') {
    if (aggregation.kind === 'percentiles') return quantilesOf(aggregation, partial).valueAt(Number(property));
    return aggregation.kind === 'percentileRanks'
      ? quantilesOf(aggregation, partial).rankOf(Number(property))
      : undefined;
  }
  if (partial.kind !== 'stats') return undefined;
  return statsNumber(partial, property === undefined || property === 'value' ? aggregation.kind : property);
}

function statsNumber(partial: StatsPartial, name: string): number | null | undefined {
  const figures = statsOf(partial);
  if (name === 'count' || name === 'min' || name === 'max' || name === 'sum' || name === 'avg') return figures[name];
  const spread = extendedStatsOf(partial);
  if (name === 'sum_of_squares') return spread.sumOfSquares;
  if (name === 'variance' || name === 'variance_population') return spread.variancePopulation;
  if (name === 'variance_sampling') return spread.varianceSampling;
  const isSampling = name === 'std_deviation_sampling';
  const variance = isSampling ? spread.varianceSampling : spread.variancePopulation;
  return variance === null || !name.startsWith('std_deviation') ? undefined : Math.sqrt(variance);
}

function times(a: Expansion, b: Expansion): Expansion {
  let product: Expansion = [];
  for (const left of a) for (const right of b) product = addExpansions(product, exactProduct(left, right));
  return product;
}

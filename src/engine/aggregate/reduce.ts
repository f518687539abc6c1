/** Partial results to one: of parts of an index that were searched apart. The order and the grouping do not matter. */
import {
  type Aggregation,
  type AggregationOf,
  type AggregationPartial,
  type AggregationPartials,
  type Aggregations,
  type CardinalityPartial,
  type CompositePartial,
  type CountPartial,
  type HistogramPartial,
  partialOf,
  type QuantilesPartial,
  type SlotsPartial,
  type StatsPartial,
  type TermsBucket,
  type TermsPartial,
  type TopHitsPartial,
} from './aggregation.ts';
import { compareComposite } from './composite-keys.ts';
import { addExpansions } from './exact-sum.ts';
import { HyperLogLog } from './hyper-log-log.ts';
import { Quantiles } from './quantiles.ts';
import { mergeTopHits } from './top-hits.ts';

/**
 * Merges partial results of the same aggregations.
 *
 * @param partials At least those of the shards that answered; read, never changed.
 */
export function reduceAggregations(
  aggregations: Aggregations,
  partials: readonly AggregationPartials[],
): AggregationPartials {
  const [only] = partials;
  if (only !== undefined && partials.length === 1) return only;
  const merged = Object.entries(aggregations).flatMap(([name, aggregation]) => {
    const given = partials.flatMap((partial) => partialOf(partial, name) ?? []);
    const [first] = given;
    if (first === undefined) return [];
    return [[name, given.length === 1 ? first : mergePartials(aggregation, given)] as const];
  });
  return Object.fromEntries(merged);
}

function mergePartials(aggregation: Aggregation, partials: readonly AggregationPartial[]): AggregationPartial {
  switch (aggregation.kind) {
    case 'min':
    case 'max':
    case 'sum':
    case 'avg':
    case 'stats':
    case 'extendedStats':
      return mergeStats(partials.filter((partial): partial is StatsPartial => partial.kind === 'stats'));
    case 'valueCount':
      return mergeCounts(partials.filter((partial): partial is CountPartial => partial.kind === 'count'));
    case 'cardinality':
      return mergeSets(
        aggregation,
        partials.filter((partial): partial is CardinalityPartial => partial.kind === 'cardinality'),
      );
    case 'percentiles':
    case 'percentileRanks':
      return mergeQuantiles(
        aggregation,
        partials.filter((partial): partial is QuantilesPartial => partial.kind === 'quantiles'),
      );
    case 'topHits':
      return mergeTopHits(
        aggregation,
        partials.filter((partial): partial is TopHitsPartial => partial.kind === 'topHits'),
      );
    case 'terms':
      return mergeTerms(
        aggregation.aggregations ?? {},
        partials.filter((partial): partial is TermsPartial => partial.kind === 'terms'),
      );
    case 'histogram':
    case 'dateHistogram':
      return mergeHistograms(
        aggregation.aggregations ?? {},
        partials.filter((partial): partial is HistogramPartial => partial.kind === 'histogram'),
      );
    case 'composite':
      return mergeComposites(
        aggregation,
        partials.filter((partial): partial is CompositePartial => partial.kind === 'composite'),
      );
    case 'range':
    case 'filter':
    case 'filters':
    case 'missing':
    case 'global':
      return mergeSlots(
        aggregation.aggregations ?? {},
        partials.filter((partial): partial is SlotsPartial => partial.kind === 'slots'),
      );
  }
}

function mergeStats(partials: readonly StatsPartial[]): StatsPartial {
  return partials.reduce((a, b) => ({
    kind: 'stats',
    count: a.count + b.count,
    sum: addExpansions(a.sum, b.sum),
    min: a.min === null || b.min === null ? (a.min ?? b.min) : Math.min(a.min, b.min),
    max: a.max === null || b.max === null ? (a.max ?? b.max) : Math.max(a.max, b.max),
    ...(a.squares === undefined ? {} : { squares: addExpansions(a.squares, b.squares ?? []) }),
  }));
}

function mergeCounts(partials: readonly CountPartial[]): CountPartial {
  return { kind: 'count', count: partials.reduce((sum, { count }) => sum + count, 0) };
}

function mergeSets(
  { precisionThreshold }: AggregationOf<'cardinality'>,
  partials: readonly CardinalityPartial[],
): CardinalityPartial {
  const sketch = new HyperLogLog(precisionThreshold);
  for (const partial of partials) sketch.addPartial(partial);
  return sketch.partial();
}

function mergeQuantiles(
  { accuracy }: { readonly accuracy?: number },
  partials: readonly QuantilesPartial[],
): QuantilesPartial {
  const quantiles = new Quantiles(accuracy);
  for (const partial of partials) quantiles.addPartial(partial);
  return quantiles.partial();
}

/** A bucket that a shard did not send may have as many documents there as the most that it left out. */
function mergeTerms(below: Aggregations, partials: readonly TermsPartial[]): TermsPartial {
  const found = new Map<
    TermsBucket[0],
    { docCount: number; error: number; seenError: number; inner: AggregationPartials[] }
  >();
  let [error, otherDocCount] = [0, 0];
  for (const partial of partials) {
    error += partial.error;
    otherDocCount += partial.otherDocCount;
    for (const [key, docCount, ownError, inner] of partial.buckets) {
      let bucket = found.get(key);
      if (bucket === undefined) found.set(key, (bucket = { docCount: 0, error: 0, seenError: 0, inner: [] }));
      bucket.docCount += docCount;
      bucket.error += ownError;
      bucket.seenError += partial.error;
      if (inner !== undefined) bucket.inner.push(inner);
    }
  }
  const buckets = [...found].map(
    ([key, bucket]): TermsBucket => [
      key,
      bucket.docCount,
      bucket.error + error - bucket.seenError,
      ...mergeInner(below, bucket.inner),
    ],
  );
  return { kind: 'terms', error, otherDocCount, buckets };
}

function mergeHistograms(below: Aggregations, partials: readonly HistogramPartial[]): HistogramPartial {
  const found = new Map<number, { docCount: number; inner: AggregationPartials[] }>();
  for (const { buckets } of partials) {
    for (const [key, docCount, inner] of buckets) {
      let bucket = found.get(key);
      if (bucket === undefined) found.set(key, (bucket = { docCount: 0, inner: [] }));
      bucket.docCount += docCount;
      if (inner !== undefined) bucket.inner.push(inner);
    }
  }
  const buckets = [...found].sort(([a], [b]) => a - b);
  return {
    kind: 'histogram',
    buckets: buckets.map(([key, { docCount, inner }]) => [key, docCount, ...mergeInner(below, inner)] as const),
  };
}

function mergeSlots(below: Aggregations, partials: readonly SlotsPartial[]): SlotsPartial {
  const slotCount = Math.max(0, ...partials.map(({ slots }) => slots.length));
  const slots = Array.from({ length: slotCount }, (_, index) => {
    const given = partials.flatMap((partial) => partial.slots.slice(index, index + 1));
    const docCount = given.reduce((sum, [count]) => sum + count, 0);
    return [
      docCount,
      ...mergeInner(
        below,
        given.flatMap(([, inner]) => (inner === undefined ? [] : [inner])),
      ),
    ] as const;
  });
  return { kind: 'slots', slots };
}

/** Merges lists in order; every list has at least its own first `size`, so the merged first `size` are complete. */
function mergeComposites(
  { sources, size, aggregations = {} }: AggregationOf<'composite'>,
  partials: readonly CompositePartial[],
): CompositePartial {
  const all = partials.flatMap(({ buckets }) => buckets).sort(([a], [b]) => compareComposite(a, b, sources));
  const merged: { keys: CompositePartial['buckets'][number][0]; docCount: number; inner: AggregationPartials[] }[] = [];
  for (const [keys, docCount, inner] of all) {
    let last = merged.at(-1);
    if (last === undefined || compareComposite(last.keys, keys, sources) !== 0) {
      if (merged.length === size) break;
      merged.push((last = { keys, docCount: 0, inner: [] }));
    }
    last.docCount += docCount;
    if (inner !== undefined) last.inner.push(inner);
  }
  return {
    kind: 'composite',
    buckets: merged.map(({ keys, docCount, inner }) => [keys, docCount, ...mergeInner(aggregations, inner)] as const),
  };
}

function mergeInner(
  below: Aggregations,
  inner: readonly AggregationPartials[],
): readonly [] | readonly [AggregationPartials] {
  return inner.length === 0 ? [] : [reduceAggregations(below, inner)];
}

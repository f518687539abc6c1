/** The buckets of a histogram as they are shown: empty ones between others added, or those with too few documents left out. */
import type { AggregationOf, HistogramPartial } from './aggregation.ts';
import { DateRounding, NumberRounding, type Rounding } from './rounding.ts';

/** A bucket: where it starts, its documents, and what is below it. */
export type HistogramBucket = HistogramPartial['buckets'][number];

/**
 * Fills or thins out buckets.
 *
 * @param buckets Keys rising.
 * @param take Called with the number of buckets of the answer, before they are made: throws if there are too many.
 */
export function fillHistogram(
  aggregation: AggregationOf<'histogram'> | AggregationOf<'dateHistogram'>,
  buckets: readonly HistogramBucket[],
  take: (count: number) => void,
): readonly HistogramBucket[] {
  const { minDocCount = 0, extendedBounds } = aggregation;
  if (minDocCount > 0) {
    const kept = buckets.filter(([, docCount]) => docCount >= minDocCount);
    take(kept.length);
    return kept;
  }
  const rounding = aggregation.kind === 'histogram' ? new NumberRounding(aggregation) : new DateRounding(aggregation);
  const ends = [buckets[0]?.[0], buckets.at(-1)?.[0]];
  const [first, last] = withBounds(ends, extendedBounds, rounding);
  if (first === undefined || last === undefined) return [];
  return filled(buckets, { first, last, rounding, take });
}

/** Where the buckets begin and end; without any, extended bounds must give both ends. */
function withBounds(
  [first, last]: readonly (number | undefined)[],
  bounds: { readonly min?: number; readonly max?: number } | undefined,
  rounding: Rounding,
): readonly [number | undefined, number | undefined] {
  const min = bounds?.min === undefined ? undefined : rounding.round(bounds.min);
  const max = bounds?.max === undefined ? undefined : rounding.round(bounds.max);
  if (first === undefined || last === undefined) return [min, max];
  return [Math.min(first, min ?? first), Math.max(last, max ?? last)];
}

type Filling = {
  readonly first: number;
  readonly last: number;
  readonly rounding: Rounding;
  readonly take: (count: number) => void;
};

function filled(
  buckets: readonly HistogramBucket[],
  { first, last, rounding, take }: Filling,
): readonly HistogramBucket[] {
  const all: HistogramBucket[] = [];
  const push = (bucket: HistogramBucket): void => {
    take(1);
    all.push(bucket);
  };
  let key = first;
  for (const bucket of buckets) {
    fillUpTo(bucket[0], { key, rounding, push });
    push(bucket);
    key = rounding.next(bucket[0]);
  }
  fillUpTo(rounding.next(last), { key, rounding, push });
  return all;
}

type Gap = {
  readonly key: number;
  readonly rounding: Rounding;
  readonly push: (bucket: HistogramBucket) => void;
};

/** Adds empty buckets before `limit`. Rounded numbers may differ in the last digits: one that begins almost there is it. */
function fillUpTo(limit: number, { key, rounding, push }: Gap): void {
  for (let [start, end] = [key, rounding.next(key)]; end > start && start + (end - start) / 2 < limit; ) {
    push([start, 0]);
    start = end;
    end = rounding.next(start);
  }
}

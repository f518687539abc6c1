/** The order of buckets: by counts, keys and numbers of sub-aggregations, ties by key. */
import type { FieldValue } from '../query/query.ts';
import type { BucketOrder } from './aggregation.ts';
import { compareKeys } from './key-order.ts';

/** What buckets are compared by. `metrics`: one number for each criterion of kind `metric`, in their order; NaN comes last. */
export type Ranked = {
  readonly key: FieldValue;
  readonly docCount: number;
  readonly metrics: readonly number[];
};

/** Criteria whose numbers come from sub-aggregations. */
export function metricOrders(order: readonly BucketOrder[]): readonly Extract<BucketOrder, { by: 'metric' }>[] {
  return order.filter((criterion) => criterion.by === 'metric');
}

/** Compares buckets; never 0 for two keys. */
export function bucketComparator(order: readonly BucketOrder[]): (a: Ranked, b: Ranked) => number {
  return (a, b) => {
    let metric = 0;
    for (const { by, direction } of order) {
      const sign = direction === 'asc' ? 1 : -1;
      const compared =
        by === 'count'
          ? sign * (a.docCount - b.docCount)
          : by === 'key'
            ? sign * compareKeys(a.key, b.key)
            : compareNumbers(a.metrics[metric], b.metrics[metric++], sign);
      if (compared !== 0) return compared;
    }
    return compareKeys(a.key, b.key);
  };
}

/** Whether the first criterion is the count, greatest first: the order in which what a shard leaves out is least. */
export function isByCount([first]: readonly BucketOrder[]): boolean {
  return first?.by === 'count' && first.direction === 'desc';
}

/** Whether the first criterion is the key: the first buckets of all shards are then complete. */
export function isByKey([first]: readonly BucketOrder[]): boolean {
  return first?.by === 'key';
}

/** The first `limit` items of a list, in order. */
export function firstOf<T>(items: T[], limit: number, compare: (a: T, b: T) => number): T[] {
  if (items.length <= 4 * limit || items.length < 64) return items.sort(compare).slice(0, limit);
  let kept: T[] = [];
  let worst: T | undefined;
  for (const item of items) {
    if (worst !== undefined && compare(item, worst) > 0) continue;
    kept.push(item);
    if (kept.length < 2 * limit + 64) continue;
    kept = kept.sort(compare).slice(0, limit);
    worst = kept.at(-1);
  }
  return kept.sort(compare).slice(0, limit);
}

function compareNumbers(a = Number.NaN, b = Number.NaN, sign: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a < b ? -sign : sign;
}

/** Keys of several sources: their order, and merging buckets that have them. */
import type { FieldValue } from '../query/query.ts';
import type { AggregationOf, CompositeSource } from './aggregation.ts';
import { compareKeys } from './key-order.ts';

/** One key per source; null for a document without the field. */
export type CompositeKey = readonly (FieldValue | null)[];

/** Negative, 0 or positive as a key comes before another, is it, or comes after it. Null is the least. */
export function compareComposite(a: CompositeKey, b: CompositeKey, sources: readonly CompositeSource[]): number {
  for (let i = 0; i < sources.length; i++) {
    const compared = compareKeys(a[i] ?? null, b[i] ?? null);
    if (compared !== 0) return sources[i]!.order === 'desc' ? -compared : compared;
  }
  return 0;
}

/** Whether a key comes after the one where the page begins. */
export function isAfter(key: CompositeKey, { after, sources }: AggregationOf<'composite'>): boolean {
  return after === undefined || compareComposite(key, after, sources) > 0;
}

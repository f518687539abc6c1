/** The best hits of a bucket by sorting all of them. */
import type { AggregationOf } from '../../../src/engine/aggregate/aggregation.ts';
import { compareValues, type Value, valuesOf } from './naive-documents.ts';
import type { Doc } from './shards.ts';

/** The answer of `top_hits`. */
export function naiveTopHits(
  { from, size, sort }: AggregationOf<'topHits'>,
  docs: readonly Doc[],
): Record<string, unknown> {
  const keysOf = (doc: Doc): (Value | null)[] =>
    (sort ?? [{ field: '_score', order: 'desc' as const }]).map(({ field, order }) => {
      if (field === '_score') return doc.score;
      if (field === '_doc') return doc.position;
      const values = valuesOf(doc, { field }).sort(compareValues);
      return (order === 'asc' ? values[0] : values.at(-1)) ?? null;
    });
  const criteria = sort ?? [{ field: '_score', order: 'desc' as const, missing: '_last' as const }];
  const sorted = docs
    .map((doc) => ({ doc, keys: keysOf(doc) }))
    .sort((a, b) => {
      for (const [i, { order, missing }] of criteria.entries()) {
        const [left, right] = [a.keys[i] ?? null, b.keys[i] ?? null];
        if (left === right) continue;
        if (left === null || right === null) return (left === null ? 1 : -1) * (missing === '_first' ? -1 : 1);
        return compareValues(left, right) * (order === 'asc' ? 1 : -1);
      }
      return a.doc.position - b.doc.position;
    });
  const isScored = criteria.some(({ field }) => field === '_score');
  return {
    hits: {
      total: { value: docs.length, relation: 'eq' },
      max_score: isScored && docs.length > 0 ? Math.max(...docs.map(({ score }) => score)) : null,
      hits: sorted.slice(from, from + size).map(({ doc, keys }) => ({
        _id: doc.id,
        _score: isScored ? doc.score : 0,
        ...(sort === undefined ? {} : { sort: keys }),
      })),
    },
  };
}

/** Reads the answer to a bulk request: which of its documents failed, why, and whether another try may help. */
import * as v from 'valibot';

const Item = v.record(
  v.string(),
  v.object({ status: v.number(), error: v.exactOptional(v.object({ type: v.string(), reason: v.string() })) }),
);
const BulkAnswer = v.object({ errors: v.boolean(), items: v.array(Item) });

/** A document that was not written. `place` is its position in the request. */
export type FailedItem = { readonly place: number; readonly reason: string; readonly retryable: boolean };

/** Overloaded, unavailable, out of time: writing the same document under the same id again does no harm. */
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([429, 503, 504]);

/** The documents that failed. Throws a plain Error if the answer has not the shape of one. */
export function failedItems(answer: unknown, requested: number): readonly FailedItem[] {
  const { errors, items } = v.parse(BulkAnswer, answer);
  if (items.length !== requested)
    throw new Error(`${requested} documents were sent and ${items.length} answers came back`);
  if (!errors) return [];
  return items.flatMap((item, place) =>
    Object.values(item).flatMap(({ status, error }) =>
      error === undefined
        ? []
        : [{ place, reason: `${error.type}: ${error.reason}`, retryable: RETRYABLE_STATUS.has(status) }],
    ),
  );
}

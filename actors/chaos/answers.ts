/** What the workload reads of answers, checked: an answer of another shape is a finding, not a crash of the reader. */
import * as v from 'valibot';

const Token = v.record(v.string(), v.number());
const Failures = v.object({ failed: v.number() });
const Source = v.looseObject({ text: v.string(), tags: v.exactOptional(v.array(v.string())) });

/** Of `index`, `create` and `delete`. */
export const Written = v.object({ _version: v.number(), result: v.string(), token: Token });

/** Of `bulk`; without a token if nothing was written. */
export const BulkWritten = v.object({
  token: v.exactOptional(Token),
  items: v.array(
    v.record(
      v.string(),
      v.object({
        _id: v.string(),
        _version: v.exactOptional(v.number()),
        error: v.exactOptional(v.object({ type: v.string() })),
      }),
    ),
  ),
});

/** Of `get`, and of `mget` for each document. */
export const Got = v.object({
  _id: v.string(),
  found: v.boolean(),
  _version: v.exactOptional(v.number()),
  _seq_no: v.exactOptional(v.number()),
  _primary_term: v.exactOptional(v.number()),
  _source: v.exactOptional(Source),
});
export type Got = v.InferOutput<typeof Got>;

/** Of `mget`. */
export const GotMany = v.object({ docs: v.array(Got) });

/** Of `search`. */
export const Searched = v.object({
  timed_out: v.boolean(),
  _shards: Failures,
  hits: v.object({ hits: v.array(v.object({ _id: v.string(), _source: Source })) }),
});

/** Of `count`. */
export const Counted = v.object({ count: v.number(), _shards: Failures });

/** Of `cluster-health`. */
export const Health = v.object({ status: v.string() });

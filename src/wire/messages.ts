/**
 * The envelopes that travel between roots and copies. Bodies inside are the endpoint's own business.
 */
import * as v from 'valibot';
import { CoppiceError, type WireError } from '../errors.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * A query to a copy. Sent by roots to `shard` or `copy` subjects; repeating it does no harm. `after` is the log
 * sequence that the answer must have seen; `slots` the version of the slot map that the root routed by.
 */
const QueryMessage = v.object({ body: v.optional(v.unknown()), after: v.exactOptional(Count), slots: Count });
export type QueryMessage = v.InferOutput<typeof QueryMessage>;

/** Internal endpoint of every copy: answers, with nothing, once the record that `after` names is applied there. */
export const APPLIED_ENDPOINT = '_applied';

/** Internal endpoint of every copy: which operations of the shard were skipped, `{count, last}` with the last ones whole. */
export const SKIPPED_ENDPOINT = '_skipped';

/** A copy's answer: the value, and the sequence it has seen. */
export type QueryAnswer = { readonly value?: unknown; readonly seq: number };

/**
 * Commands to a primary. Repeating one is harmless: the operation id is remembered. `since` is a log sequence of the
 * shard known before the command was first sent; without it the primary does nothing but tell the current one.
 */
const CommandMessage = v.object({
  generation: v.string(),
  slots: Count,
  endpoint: v.string(),
  since: v.exactOptional(Count),
  operations: v.array(v.object({ id: v.string(), key: v.string(), body: v.optional(v.unknown()) })),
});
export type CommandMessage = v.InferOutput<typeof CommandMessage>;

/** What became of one command. `seq` is the log sequence that a reader must have seen to see it. */
export type CommandOutcome =
  | { readonly ok: true; readonly value?: unknown; readonly seq: number }
  | { readonly ok: false; readonly error: WireError; readonly seq: number };

/** A primary's answer: one outcome per operation, in order; `seq` is the last record it has applied. */
export type CommandAnswer = {
  readonly term: number;
  readonly seq: number;
  readonly outcomes: readonly CommandOutcome[];
};

const Outcome = v.union([
  v.object({ ok: v.literal(true), value: v.optional(v.unknown()), seq: Count }),
  v.object({
    ok: v.literal(false),
    error: v.object({
      code: v.string(),
      message: v.string(),
      details: v.exactOptional(v.record(v.string(), v.unknown())),
    }),
    seq: Count,
  }),
]);
const SkippedAnswer = v.object({
  count: Count,
  last: v.array(
    v.object({
      seq: Count,
      place: Count,
      error: v.object({
        code: v.string(),
        message: v.string(),
        details: v.exactOptional(v.record(v.string(), v.unknown())),
      }),
    }),
  ),
});
/** Operations that a shard has skipped: how many, and the last ones, oldest first. */
export type SkippedAnswer = v.InferOutput<typeof SkippedAnswer>;
const Answer = v.object({ term: Count, seq: Count, outcomes: v.array(Outcome) });
const Partial_ = v.object({ value: v.optional(v.unknown()), seq: Count });

/** Reads a query. Throws CoppiceError `BAD_REQUEST`. */
export function parseQueryMessage(body: unknown): QueryMessage {
  return parse(QueryMessage, body, 'query');
}

/** Reads commands. Throws CoppiceError `BAD_REQUEST`. */
export function parseCommandMessage(body: unknown): CommandMessage {
  return parse(CommandMessage, body, 'command');
}

/** Reads a primary's answer. Throws CoppiceError `BAD_REQUEST`. */
export function parseCommandAnswer(body: unknown): CommandAnswer {
  return parse(Answer, body, 'command answer');
}

/** Reads a copy's answer. Throws CoppiceError `BAD_REQUEST`. */
export function parseQueryAnswer(body: unknown): QueryAnswer {
  return parse(Partial_, body, 'query answer');
}

/** Reads which operations a shard has skipped. Throws CoppiceError `BAD_REQUEST`. */
export function parseSkippedAnswer(body: unknown): SkippedAnswer {
  return parse(SkippedAnswer, body, 'list of skipped operations');
}

function parse<Schema extends v.GenericSchema>(schema: Schema, body: unknown, what: string): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new CoppiceError('BAD_REQUEST', `malformed ${what}: ${v.summarize(result.issues)}`);
}

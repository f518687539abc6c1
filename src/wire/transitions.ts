/**
 * A step of a copy from one state to the next, with what caused it: as a copy tells its leaf, as the leaf keeps it and
 * answers `history`, and as it goes out on the bus.
 */
import * as v from 'valibot';
import { CoppiceError } from '../errors.ts';
import type { GroupRecord } from './records.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One step of one of the two machines of a copy. */
const CopyTransition = v.object({
  group: v.string(),
  generation: v.string(),
  shard: Count,
  /** `copy`: its life; `primacy`: its part in the contest for primacy. */
  machine: v.picklist(['copy', 'primacy']),
  from: v.string(),
  to: v.string(),
  /** The event that made it, or `after <delay>`. */
  cause: v.string(),
  /** What the event says of itself, for people. */
  reason: v.exactOptional(v.string()),
  /** The term that the event is about. */
  term: v.exactOptional(Count),
  /** Wall time of the copy's machine, in milliseconds since the Unix epoch. */
  atMs: v.number(),
});
export type CopyTransition = v.InferOutput<typeof CopyTransition>;

const HistoryRequest = v.object({ group: v.string(), generation: v.string(), shard: Count });
/** Which copy is asked about. */
export type HistoryRequest = v.InferOutput<typeof HistoryRequest>;

const HistoryAnswer = v.object({ transitions: v.array(CopyTransition) });
/** A leaf's answer: what it remembers of its copy, oldest first. */
export type HistoryAnswer = v.InferOutput<typeof HistoryAnswer>;

/** Names the copy that a history is of. */
export function historyRequest(group: Pick<GroupRecord, 'name' | 'generation'>, shard: number): HistoryRequest {
  return { group: group.name, generation: group.generation, shard };
}

/** Reads a request for a history. Throws CoppiceError `BAD_REQUEST`. */
export function parseHistoryRequest(body: unknown): HistoryRequest {
  return parse(HistoryRequest, body, 'request for a history');
}

/** Reads a leaf's history. Throws CoppiceError `BAD_REQUEST`. */
export function parseHistoryAnswer(body: unknown): HistoryAnswer {
  return parse(HistoryAnswer, body, 'history');
}

function parse<Schema extends v.GenericSchema>(schema: Schema, body: unknown, what: string): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new CoppiceError('BAD_REQUEST', `malformed ${what}: ${v.summarize(result.issues)}`);
}

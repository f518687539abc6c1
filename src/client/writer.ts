/**
 * Carries commands to the primaries of their shards, and holds on through a failover: a retry is the same operation,
 * remembered by its id, so it is applied once (protocol.md, "Exactly once").
 */
import { shardOfSlot, slotOf } from '../actor/slots.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { leaseKey } from '../cluster/view.ts';
import { pause } from '../env.ts';
import { asCoppiceError, CoppiceError, errorFromWire, isCoppiceError } from '../errors.ts';
import { encode } from '../wire/codec.ts';
import { type CommandAnswer, type CommandOutcome, parseCommandAnswer } from '../wire/messages.ts';
import { groupToken } from '../wire/names.ts';
import type { GroupRecord } from '../wire/records.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import { groupBy } from './group-by.ts';
import { PrimaryGates } from './primary-gates.ts';
import type { CallOptions, Token } from './router.ts';

/** A message of commands is closed beyond this size. */
const MESSAGE_BYTES = 192 * 1024;
const MESSAGE_OPERATIONS = 2_000;
const ENVELOPE_BYTES = 1_024;
/** One try waits so long; a primary that is stopped, not dead, must not eat the whole deadline. */
const TRY_MS = 3_000;
/** A further try is not begun with less time than this: cut short, it would only leave a doubt. */
const LEAST_TRY_MS = 40;
const FIRST_BACKOFF_MS = 10;
const MAX_BACKOFF_MS = 250;
/** A stamp older than this is asked for anew, so that a fresh command is not taken for an old one. */
const STAMP_FRESH_MS = 250;
/** With more stamps than this, those of groups that are gone are dropped now and then. */
const MANY_STAMPS = 1_024;

/** One command. The key routes it. */
export type WriteOperation = { readonly key: string; readonly body: unknown };

/** What became of one command. */
export type WriteResult =
  | { readonly ok: true; readonly value: unknown; readonly shard: number; readonly seq: number }
  | { readonly ok: false; readonly error: CoppiceError; readonly shard: number };

type Sent = { readonly id: string; readonly key: string; readonly body: unknown; readonly place: number };
/** What the last answer of a shard told: its sequence, when, and the term of the primary. */
type Stamp = { readonly seq: number; readonly atMs: number; readonly term: number };
type ShardWork = {
  readonly group: GroupRecord;
  readonly shard: number;
  readonly endpoint: string;
  readonly operations: readonly Sent[];
};

/** Routes commands. */
export class Writer {
  readonly #context: ClusterContext;
  readonly #stamps = new Map<string, Stamp>();
  readonly #gates: PrimaryGates;
  #pruneAbove = MANY_STAMPS;

  constructor(context: ClusterContext) {
    this.#context = context;
    this.#gates = new PrimaryGates(context);
  }

  /**
   * Writes operations, each applied once or not at all; results come in their order.
   *
   * A result is an error of the actor's, or `OUTCOME_UNKNOWN` if the deadline passed while a try was under way, or
   * `SHARD_UNAVAILABLE` if none was.
   */
  async write(
    group: GroupRecord,
    endpoint: string,
    operations: readonly WriteOperation[],
    options: CallOptions,
  ): Promise<readonly WriteResult[]> {
    const all = operations.map(
      ({ key, body }, place): Sent => ({ id: this.#context.env.random.id(), key, body, place }),
    );
    const byShard = groupBy(all, ({ key }) => shardOfSlot(group.slots, slotOf(key)));
    const results: WriteResult[] = [];
    await Promise.all(
      [...byShard].map(async ([shard, sent]) => {
        const done = await this.#writeShard({ group, shard, endpoint, operations: sent }, options);
        for (const { id, place } of sent) {
          const result = done.get(id);
          if (result === undefined) throw new Error(`operation ${id} was neither written nor refused`);
          results[place] = result;
        }
      }),
    );
    return results;
  }

  async #writeShard(work: ShardWork, options: CallOptions): Promise<ReadonlyMap<string, WriteResult>> {
    const results = new Map<string, WriteResult>();
    const { maxPayloadBytes } = this.#context.bus;
    let chunk: Sent[] = [];
    let chunkBytes = 0;
    const chunks: Sent[][] = [];
    for (const operation of work.operations) {
      const sizeBytes = encode(operation.body, 'msgpack').length + operation.id.length + operation.key.length + 16;
      if (sizeBytes + ENVELOPE_BYTES > maxPayloadBytes) {
        const error = new CoppiceError(
          'PAYLOAD_TOO_LARGE',
          `a document of ${sizeBytes} bytes exceeds the limit of ${maxPayloadBytes - ENVELOPE_BYTES} bytes`,
        );
        results.set(operation.id, { ok: false, error, shard: work.shard });
        continue;
      }
      const full = chunk.length > 0 && (chunkBytes + sizeBytes > MESSAGE_BYTES || chunk.length >= MESSAGE_OPERATIONS);
      if (full) {
        chunks.push(chunk);
        chunk = [];
        chunkBytes = 0;
      }
      chunk.push(operation);
      chunkBytes += sizeBytes;
    }
    if (chunk.length > 0) chunks.push(chunk);
    // One after the other: the order of operations on one key is the caller's.
    for (const operations of chunks) await this.#writeChunk({ ...work, operations }, options, results);
    return results;
  }

  /** Sends a chunk, and what of it is left again, until all is settled or the deadline has passed. */
  async #writeChunk(work: ShardWork, options: CallOptions, results: Map<string, WriteResult>): Promise<void> {
    const { env } = this.#context;
    let left = work.operations;
    let lastError = new CoppiceError('SHARD_UNAVAILABLE', 'not tried');
    let doubtful = false;
    let since = this.#freshStamp(work);
    let leastMs = 0;
    for (
      let backoffMs = FIRST_BACKOFF_MS;
      options.deadline.remainingMs() > leastMs;
      backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2)
    ) {
      leastMs = LEAST_TRY_MS;
      if (options.signal?.aborted === true) {
        lastError = new CoppiceError('CANCELLED', 'the write was cancelled', { cause: options.signal.reason });
        break;
      }
      const closed = await this.#gates.pass(work, options);
      if (closed !== undefined) {
        lastError = closed;
        continue;
      }
      try {
        since ??= this.#freshStamp(work);
        const answer = await this.#send({ ...work, operations: left }, since, options);
        if (since === undefined) {
          since = answer.seq;
          backoffMs = FIRST_BACKOFF_MS / 2;
          continue;
        }
        const kept = keepSettled(work.shard, left, answer.outcomes, results);
        left = kept.left;
        lastError = kept.lastError ?? lastError;
        doubtful ||= kept.doubtful;
        if (left.length === 0) return;
      } catch (error) {
        lastError = asCoppiceError(error);
        doubtful ||= since !== undefined && mayHaveArrived(lastError);
        if (!lastError.retryable) break;
        if (speaksOfPrimary(lastError)) this.#shutGate(work, lastError);
      }
      if (this.#isGone(work.group)) break;
      if (this.#gates.isShut(work)) continue;
      await pause(env.clock, Math.min(options.deadline.remainingMs(), backoffMs * (0.5 + env.random.next())));
    }
    const error = this.#unsettled(work, lastError, doubtful);
    for (const { id } of left) results.set(id, { ok: false, error, shard: work.shard });
  }

  /** Nobody leads the shard for the moment: its writes wait together, and one question finds out who is next. */
  #shutGate(work: ShardWork, why: CoppiceError): void {
    this.#gates.shut(work, why, async (deadline) => {
      await this.#send({ ...work, operations: [] }, undefined, { deadline });
    });
  }

  async #send(work: ShardWork, since: number | undefined, options: CallOptions): Promise<CommandAnswer> {
    const { cluster, rpc, env } = this.#context;
    const { group, shard, endpoint } = work;
    const subject = fill(SUBJECTS.primary, { cluster, group: groupToken(group.name, group.generation), shard });
    const body = {
      generation: group.generation,
      slots: group.slots.version,
      endpoint,
      since,
      operations:
        since === undefined ? [] : work.operations.map(({ id, key, body: content }) => ({ id, key, body: content })),
    };
    const deadlineMs = Math.min(TRY_MS, options.deadline.remainingMs());
    const reply = await this.#whileItLeads(work, options, async (signal) =>
      rpc.request(subject, body, { deadlineMs, signal }),
    );
    const answer = parseCommandAnswer(reply);
    const key = shardKey(group, shard);
    const seenTerm = this.#stamps.get(key)?.term ?? 0;
    if (answer.term < seenTerm)
      throw new CoppiceError('SHARD_UNAVAILABLE', `an answer of term ${answer.term} came after term ${seenTerm}`);
    this.#stamps.set(key, { seq: answer.seq, atMs: env.clock.nowMs(), term: answer.term });
    if (this.#stamps.size > this.#pruneAbove) this.#prune();
    return answer;
  }

  /**
   * Ends a try when the shard's lease goes to another: a primary that died with the commands would be waited for in
   * vain. What it may have written is remembered under the commands' ids.
   */
  async #whileItLeads<Answer>(
    { group, shard }: ShardWork,
    { signal }: CallOptions,
    ask: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const key = leaseKey(group, shard);
    const end = new AbortController();
    const cancel = (): void => end.abort(signal?.reason);
    const stopListening = this.#context.view.onChange((changed) => {
      if (changed === key) end.abort();
    });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await ask(end.signal);
    } catch (error) {
      if (!isCoppiceError(error, 'CANCELLED') || signal?.aborted === true) throw error;
      throw new CoppiceError('SHARD_UNAVAILABLE', 'the shard changed its primary meanwhile', { cause: error });
    } finally {
      stopListening();
      signal?.removeEventListener('abort', cancel);
    }
  }

  #prune(): void {
    const { view } = this.#context;
    const lives = new Set([...view.groups.values()].map(({ value }) => lifeKey(value)));
    for (const key of this.#stamps.keys()) if (!lives.has(key.slice(0, key.lastIndexOf('/')))) this.#stamps.delete(key);
    this.#pruneAbove = Math.max(MANY_STAMPS, 2 * this.#stamps.size);
  }

  #freshStamp({ group, shard }: ShardWork): number | undefined {
    const stamp = this.#stamps.get(shardKey(group, shard));
    return stamp !== undefined && this.#context.env.clock.nowMs() - stamp.atMs < STAMP_FRESH_MS ? stamp.seq : undefined;
  }

  #isGone(group: GroupRecord): boolean {
    return this.#context.view.group(group.name)?.generation !== group.generation;
  }

  #unsettled(work: ShardWork, last: CoppiceError, doubtful: boolean): CoppiceError {
    const { group, shard } = work;
    const options = { cause: last, details: { index: group.name, shard, last: last.toWire() } };
    if (doubtful) {
      return new CoppiceError(
        'OUTCOME_UNKNOWN',
        `shard ${shard} of \`${group.name}\` did not say in time whether it wrote: ${last.message}`,
        options,
      );
    }
    if (!last.retryable) return last;
    if (this.#isGone(group)) return new CoppiceError('GROUP_NOT_FOUND', `\`${group.name}\` was deleted`, options);
    return new CoppiceError(
      'SHARD_UNAVAILABLE',
      `shard ${shard} of \`${group.name}\` has no primary that answers: ${last.message}`,
      options,
    );
  }
}

/** The token of results: for each shard written to, the sequence that a reader must have seen. */
export function tokenOf(results: readonly WriteResult[]): Token {
  const token: Record<string, number> = {};
  for (const result of results) if (result.ok) token[result.shard] = Math.max(token[result.shard] ?? 0, result.seq);
  return token;
}

type Kept = { readonly left: readonly Sent[]; readonly lastError?: CoppiceError; readonly doubtful: boolean };

function keepSettled(
  shard: number,
  sent: readonly Sent[],
  outcomes: readonly CommandOutcome[],
  results: Map<string, WriteResult>,
): Kept {
  const left: Sent[] = [];
  let lastError: CoppiceError | undefined;
  let doubtful = false;
  for (const [index, operation] of sent.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) {
      left.push(operation);
      continue;
    }
    if (outcome.ok) {
      results.set(operation.id, { ok: true, value: outcome.value, shard, seq: outcome.seq });
      continue;
    }
    const error = errorFromWire(outcome.error);
    if (error.retryable) {
      left.push(operation);
      lastError = error;
      doubtful ||= mayHaveArrived(error);
    } else {
      results.set(operation.id, { ok: false, error, shard });
    }
  }
  return lastError === undefined ? { left, doubtful } : { left, lastError, doubtful };
}

/**
 * Whether a try that failed so may yet have been carried out. `NOT_PRIMARY` speaks for the copy that says it: a command
 * goes to all that listen, and the primary that took over may have heard it as well.
 */
function mayHaveArrived(error: CoppiceError): boolean {
  return (
    error.code !== 'NO_RESPONDERS' &&
    error.code !== 'OVERLOADED' &&
    error.code !== 'STALE_GENERATION' &&
    error.code !== 'WRONG_SLOT'
  );
}

/** Whether a failed try says that the shard has no primary, or not the one that it had. */
function speaksOfPrimary({ code }: CoppiceError): boolean {
  return code === 'NO_RESPONDERS' || code === 'NOT_PRIMARY' || code === 'SHARD_UNAVAILABLE';
}

function shardKey(group: GroupRecord, shard: number): string {
  return `${lifeKey(group)}/${shard}`;
}

function lifeKey({ name, generation }: GroupRecord): string {
  return `${name}/${generation}`;
}

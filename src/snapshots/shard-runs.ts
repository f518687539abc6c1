/**
 * Has every shard of a snapshot stored by the copy that leads it: one shard at a time on each leaf, a few in all. A copy
 * that goes away is followed to whoever leads the shard next, where the work begins anew and finds what is stored.
 */
import { shardsOf } from '../actor/slots.ts';
import { pause } from '../env.ts';
import { asCoppiceError, CoppiceError, errorFromWire, isCoppiceError } from '../errors.ts';
import { parseQueryAnswer } from '../wire/messages.ts';
import { groupToken, nameToToken } from '../wire/names.ts';
import type { GroupRecord } from '../wire/records.ts';
import type { ShardSnapshot } from '../wire/snapshot-format.ts';
import {
  type KnownFile,
  type KnownFiles,
  parseShardAnswer,
  type ShardAnswer,
  type ShardRequest,
  SNAPSHOT_ENDPOINT,
} from '../wire/snapshot-messages.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import type { Task } from './task.ts';

const SHARDS_AT_ONCE = 8;
const LOOK_AGAIN_MS = 100;
const ASK_MS = 5_000;
/** A shard that nobody leads, or whose copies fail, is given up after so long without a step ahead. */
const PATIENCE_MS = 30_000;

/** How the shards are stored. */
export type RunOptions = {
  readonly task: Task;
  readonly depotUrl: string;
  readonly bytesPerSecond: number;
  /** Files that the depot has, by hash. */
  readonly known: ReadonlyMap<string, KnownFile>;
};

type ShardOutcome =
  | { readonly kind: 'stored'; readonly snapshot: ShardSnapshot }
  /** Its actor takes no checkpoints. */
  | { readonly kind: 'incapable' }
  | { readonly kind: 'failed'; readonly error: CoppiceError };

/** What became of a shard. */
export type ShardResult = { readonly group: GroupRecord; readonly shard: number } & ShardOutcome;

/** Bytes and files that were stored anew. */
export type Copied = { readonly bytes: number; readonly files: number };

type Unit = { readonly group: GroupRecord; readonly shard: number; sinceMs: number; lastError?: CoppiceError };

/** Answers after which another try, or another copy, may do. */
const PASSING = [
  'NO_RESPONDERS',
  'DISCONNECTED',
  'DEADLINE_EXCEEDED',
  'SHARD_UNAVAILABLE',
  'OVERLOADED',
  'CANCELLED',
] as const;

/** The shards of one snapshot. */
export class ShardRuns {
  readonly #options: RunOptions;
  readonly #pending: Unit[];
  readonly #busy = new Set<string>();
  readonly #results: ShardResult[] = [];
  readonly #bytes = new Map<Unit, { doneBytes: number; totalBytes: number }>();
  readonly #shards: number;
  #copied: Copied = { bytes: 0, files: 0 };

  constructor(groups: readonly GroupRecord[], options: RunOptions) {
    this.#options = options;
    const nowMs = options.task.context.env.clock.nowMs();
    this.#pending = groups.flatMap((group) =>
      shardsOf(group.slots).map((shard): Unit => ({ group, shard, sinceMs: nowMs })),
    );
    this.#shards = this.#pending.length;
  }

  /** What was stored anew so far. */
  get copied(): Copied {
    return this.#copied;
  }

  /** Resolves when every shard is stored or has failed. Throws the signal's reason. */
  async run(): Promise<readonly ShardResult[]> {
    await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, async () => this.#lane()));
    return this.#results;
  }

  async #lane(): Promise<void> {
    const { context, signal } = this.#options.task;
    while (this.#pending.length > 0) {
      signal.throwIfAborted();
      const next = this.#take();
      if (next === undefined) await pause(context.env.clock, LOOK_AGAIN_MS, signal);
      else await this.#store(next.unit, next.leaf);
    }
  }

  /** The next shard whose leaf has nothing to do yet. */
  #take(): { readonly unit: Unit; readonly leaf: string } | undefined {
    const { clock } = this.#options.task.context.env;
    for (const [at, unit] of this.#pending.entries()) {
      const leaf = this.#leaderOf(unit);
      if (leaf !== undefined && !this.#busy.has(leaf)) {
        this.#pending.splice(at, 1);
        return { unit, leaf };
      }
      if (leaf !== undefined || clock.nowMs() - unit.sinceMs < PATIENCE_MS) continue;
      this.#pending.splice(at, 1);
      const nobody = `nobody leads shard ${unit.shard} of \`${unit.group.name}\``;
      this.#end(unit, { kind: 'failed', error: unit.lastError ?? new CoppiceError('SHARD_UNAVAILABLE', nobody) });
      return undefined;
    }
    return undefined;
  }

  #leaderOf({ group, shard }: Unit): string | undefined {
    const copies = this.#options.task.context.membership.copiesOf(group);
    return copies
      .filter((copy) => copy.shard === shard && copy.state === 'primary')
      .toSorted((a, b) => b.term - a.term)[0]?.leaf;
  }

  async #store(unit: Unit, leaf: string): Promise<void> {
    const { clock } = this.#options.task.context.env;
    this.#busy.add(leaf);
    try {
      const answer = await this.#follow(unit, leaf);
      if (answer.state === 'done') {
        const { copiedBytes, copiedFiles } = answer;
        this.#copied = { bytes: this.#copied.bytes + copiedBytes, files: this.#copied.files + copiedFiles };
        this.#end(unit, { kind: 'stored', snapshot: answer.snapshot });
      } else this.#end(unit, { kind: 'incapable' });
    } catch (error) {
      this.#options.task.signal.throwIfAborted();
      const fault = asCoppiceError(error);
      const passing = PASSING.some((code) => isCoppiceError(fault, code));
      if (!passing || clock.nowMs() - unit.sinceMs >= PATIENCE_MS) this.#end(unit, { kind: 'failed', error: fault });
      else this.#retry(unit, fault);
    } finally {
      this.#busy.delete(leaf);
    }
  }

  #retry(unit: Unit, error: CoppiceError): void {
    unit.lastError = error;
    this.#pending.push(unit);
  }

  /** Asks the copy until it is done, and answers its questions. Throws what it has failed with. */
  async #follow(unit: Unit, leaf: string): Promise<Extract<ShardAnswer, { state: 'done' | 'incapable' }>> {
    const { task, depotUrl: depot, bytesPerSecond, known } = this.#options;
    let request: ShardRequest = { id: task.id, depot, bytesPerSecond };
    for (;;) {
      const answer = await this.#ask(unit, leaf, request);
      request = { id: task.id, depot, bytesPerSecond };
      if (answer.state === 'running') this.#note(unit, answer);
      else if (answer.state === 'asking') request = { ...request, known: pick(known, answer.hashes) };
      else if (answer.state === 'failed') throw errorFromWire(answer.error);
      else return answer;
    }
  }

  async #ask({ group, shard }: Unit, leaf: string, body: ShardRequest): Promise<ShardAnswer> {
    const { context, signal } = this.#options.task;
    const { cluster, rpc, env } = context;
    const place = { cluster, leaf: nameToToken(leaf), group: groupToken(group.name, group.generation), shard };
    const subject = fill(SUBJECTS.copy, { ...place, endpoint: SNAPSHOT_ENDPOINT });
    try {
      const answer = await rpc.request(subject, { body, slots: group.slots.version }, { deadlineMs: ASK_MS, signal });
      return parseShardAnswer(parseQueryAnswer(answer).value);
    } catch (error) {
      if (signal.aborted) this.#cancel(subject, { ...body, cancel: true }, group);
      else await pause(env.clock, LOOK_AGAIN_MS, signal);
      throw error;
    }
  }

  /** Nobody waits for it: a copy that does not hear gives up by itself. */
  #cancel(subject: string, body: ShardRequest, group: GroupRecord): void {
    const { rpc, report } = this.#options.task.context;
    rpc
      .request(subject, { body, slots: group.slots.version }, { deadlineMs: ASK_MS })
      .catch((error: unknown) =>
        report('info', 'copy not told that a snapshot was given up', { error: asCoppiceError(error).message }),
      );
  }

  #note(unit: Unit, { doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }): void {
    if (doneBytes > (this.#bytes.get(unit)?.doneBytes ?? -1)) {
      unit.sinceMs = this.#options.task.context.env.clock.nowMs();
    }
    this.#bytes.set(unit, { doneBytes, totalBytes });
    this.#tell();
  }

  #end(unit: Unit, outcome: ShardOutcome): void {
    const { group, shard } = unit;
    this.#results.push({ group, shard, ...outcome });
    const bytes = this.#bytes.get(unit);
    if (bytes !== undefined) this.#bytes.set(unit, { ...bytes, doneBytes: bytes.totalBytes });
    this.#tell();
  }

  #tell(): void {
    const all = [...this.#bytes.values()];
    this.#options.task.onProgress({
      phase: 'storing',
      shards: this.#shards,
      shardsDone: this.#results.length,
      doneBytes: all.reduce((sum, { doneBytes }) => sum + doneBytes, 0),
      totalBytes: all.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
      copiedBytes: this.#copied.bytes,
    });
  }
}

function pick(known: RunOptions['known'], hashes: readonly string[]): KnownFiles {
  return Object.fromEntries(hashes.map((hash) => [hash, known.get(hash) ?? null]));
}

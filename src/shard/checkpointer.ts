/**
 * Takes checkpoints while this copy is the primary, one at a time: capture, upload, check, commit in the log; then purge
 * the log, retire what is too old, and delete it once that is in the log (protocol.md, "Checkpoint, purge, restore").
 */
import type { Log } from '../bus/log.ts';
import type { CheckpointOptions } from '../cluster/checkpoint-options.ts';
import type { Cancel, Clock, Reporter } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { depotPrefix } from '../wire/checkpoint-format.ts';
import type { CheckpointMark } from '../wire/log-record.ts';
import { Backlog } from './backlog.ts';
import { storeCheckpoint } from './checkpoint-files.ts';
import type { CopySpec } from './copy-spec.ts';
import type { AppliedRecord, CapturedState, ShardState } from './shard-state.ts';
import { captureInSlices } from './write-out.ts';

const LOOK_MS = 1_000;
const MAX_RETRY_MS = 300_000;
/** Purging must be slower than restoring: a pause is so many times as long as the checkpoint before it took. */
const PAUSE_TIMES = 4;
/** Names in one retire record: some 30 KiB. */
const RETIRED_AT_ONCE = 256;

/** What taking checkpoints needs of the copy. */
export type CheckpointerOptions = {
  readonly clock: Clock;
  readonly report: Reporter;
  readonly checkpoints: CheckpointOptions;
  readonly spec: CopySpec;
  readonly log: Log;
  readonly state: () => ShardState;
  /** Takes note of what was captured, which is good to save elsewhere, too. Never rejects. */
  readonly onCaptured?: (captured: CapturedState) => Promise<void>;
  /** A file did not come back from the depot as it was meant to go there. */
  readonly onDamage?: () => void;
  /** SHA-256 of a file that the actor keeps, where it is known. */
  readonly hashOf?: (name: string) => string | undefined;
  /** Appends a record, fenced; resolves when it is in the log and applied here. */
  readonly append: (note: { readonly kind: 'checkpoint' | 'retire'; readonly mark: CheckpointMark }) => Promise<void>;
};

type Reign = { readonly term: number; readonly abort: AbortController };

/** Takes the checkpoints of one copy. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #backlog: Backlog;
  #reign: Reign | undefined;
  #look: Cancel | undefined;
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  /** Whether there may be files that belong to no checkpoint. */
  #mayHaveOrphans = true;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.clock, options.checkpoints, { maxRetryMs: MAX_RETRY_MS });
  }

  /** Why the last try failed; undefined if it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Takes note of a record that was applied. */
  noteApplied({ kind, sizeBytes }: AppliedRecord): void {
    if (kind === 'batch') this.#backlog.add(sizeBytes);
    else if (kind === 'checkpoint') this.forget();
  }

  /** The state was discarded, or stands at a checkpoint: what counts comes after it. */
  forget(): void {
    this.#backlog.clear();
  }

  /** A reign has begun: checkpoints are taken when they are due. */
  start(term: number): void {
    this.#endReign();
    this.#reign = { term, abort: new AbortController() };
    this.#mayHaveOrphans = true;
    this.#backlog.forgive();
    this.#failure = undefined;
    this.#lookLater(0);
  }

  /** The reign has ended: an upload under way is given up. Resolves when it is. */
  async stop(): Promise<void> {
    this.#endReign();
    await this.#running;
  }

  #endReign(): void {
    this.#look?.();
    this.#look = undefined;
    this.#reign?.abort.abort(new CoppiceError('CANCELLED', 'the copy does not lead its shard any more'));
    this.#reign = undefined;
    this.#failure = undefined;
  }

  #lookLater(delayMs: number): void {
    this.#look?.();
    this.#look = this.#options.clock.after(delayMs, () => {
      this.#lookLater(LOOK_MS);
      const reign = this.#reign;
      if (reign === undefined || this.#running !== undefined || !this.#backlog.isDue()) return;
      this.#running = this.#run(reign).finally(() => (this.#running = undefined));
    });
  }

  /** Never rejects. */
  async #run(reign: Reign): Promise<void> {
    const { clock, checkpoints, report, spec } = this.#options;
    const place = { group: spec.group.name, shard: spec.shard };
    const startMs = clock.nowMs();
    try {
      const seq = await this.#take(reign);
      this.#failure = undefined;
      const tookMs = clock.nowMs() - startMs;
      this.#backlog.succeed(Math.max(checkpoints.minIntervalMs, PAUSE_TIMES * tookMs));
      report('info', 'checkpoint taken', { ...place, seq, tookMs });
    } catch (error) {
      this.#mayHaveOrphans = true;
      if (reign.abort.signal.aborted) return;
      this.#backlog.fail();
      this.#failure = asCoppiceError(error).message;
      if (isCoppiceError(error, 'CORRUPT_BLOB')) this.#options.onDamage?.();
      report('warn', 'checkpoint failed', { ...place, error: this.#failure });
    }
  }

  async #take(reign: Reign): Promise<number> {
    const { signal } = reign.abort;
    const mark = await this.#store(reign);
    signal.throwIfAborted();
    await this.#options.append({ kind: 'checkpoint', mark });
    await this.#purge();
    await this.#retireOld(signal);
    if (this.#mayHaveOrphans) await this.#retireOrphans(signal);
    return mark.seq;
  }

  /** Rule 1. */
  async #store({ term, abort }: Reign): Promise<CheckpointMark> {
    const { clock, checkpoints, spec, state } = this.#options;
    const { signal } = abort;
    const { group, shard } = spec;
    const captured = await captureInSlices({ clock, state }, signal);
    if (captured === undefined) throw new Error(`\`${group.name}\` cannot be captured`);
    try {
      const hashes = this.#knownHashes(captured);
      await this.#options.onCaptured?.(captured);
      signal.throwIfAborted();
      const reusable = state().checkpoints.flatMap(({ files }) => files);
      const { depot } = checkpoints;
      return await storeCheckpoint(captured, {
        clock,
        depot,
        generation: group.generation,
        shard,
        term,
        signal,
        reusable,
        hashes,
      });
    } finally {
      captured.actor.release();
    }
  }

  /** Files that were hashed when they were written are not hashed again: what the depot has got is read back in any case. */
  #knownHashes({ actor }: CapturedState): ReadonlyMap<string, string> {
    const hashes = new Map<string, string>();
    for (const { name, kept } of actor.files) {
      const hash = kept === true ? this.#options.hashOf?.(name) : undefined;
      if (hash !== undefined) hashes.set(name, hash);
    }
    return hashes;
  }

  /** Rule 3: to the second-newest committed checkpoint, whose last record stays. */
  async #purge(): Promise<void> {
    const { log, spec, state } = this.#options;
    const second = state().checkpoints.at(-2);
    if (second !== undefined) await log.purge(spec.shard, second.seq);
  }

  /** Rule 4, for checkpoints older than the second-newest. */
  async #retireOld(signal: AbortSignal): Promise<void> {
    const { state } = this.#options;
    for (;;) {
      const [oldest, ...others] = state().checkpoints;
      if (oldest === undefined || others.length < 2) return;
      const needed = new Set(others.flatMap(({ files }) => files));
      const files = oldest.files.filter((file) => !needed.has(file));
      await this.#retire({ seq: oldest.seq, name: oldest.name, files }, signal);
    }
  }

  /**
   * Rule 4, for what uploads have left that came to nothing. None of it can be committed any more: no upload of this reign
   * is under way, those of earlier reigns are fenced off, and if there was a later one, so is the record.
   */
  async #retireOrphans(signal: AbortSignal): Promise<void> {
    const { checkpoints, spec, state } = this.#options;
    const names = await checkpoints.depot.list(depotPrefix(spec.group.generation, spec.shard), { signal });
    const used = new Set(state().checkpoints.flatMap(({ name, files }) => [name, ...files]));
    const orphans = names.filter((name) => !used.has(name));
    for (let at = 0; at < orphans.length; at += RETIRED_AT_ONCE)
      await this.#retire({ seq: 0, name: '', files: orphans.slice(at, at + RETIRED_AT_ONCE) }, signal);
    this.#mayHaveOrphans = false;
  }

  /** Nothing is deleted before the log has said so; what is deleted late is not used by anyone. */
  async #retire(mark: CheckpointMark, signal: AbortSignal): Promise<void> {
    const { append, checkpoints } = this.#options;
    await append({ kind: 'retire', mark });
    for (const name of [mark.name, ...mark.files]) if (name !== '') await checkpoints.depot.delete(name, { signal });
  }
}

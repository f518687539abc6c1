/**
 * Restores a shard: the newest checkpoint that the log has committed and whose files are all sound, else the next older
 * one (protocol.md, "Restore"). What was written since comes by the log, under the check of its chain.
 */
import type { StatefulDefinition } from '../actor/definition.ts';
import type { Log } from '../bus/log.ts';
import type { CheckpointOptions } from '../cluster/checkpoint-options.ts';
import type { Env, Reporter } from '../env.ts';
import { asCoppiceError } from '../errors.ts';
import { type CheckpointMark, decodeLogRecord } from '../wire/log-record.ts';
import type { CopyStatus } from '../wire/records.ts';
import { loadCheckpoint } from './checkpoint-files.ts';
import type { CopySpec } from './copy-spec.ts';
import type { ShardState } from './shard-state.ts';

/** Two are kept; a third is about to be retired. */
const MOST_CANDIDATES = 3;

/** What the restorer needs. */
export type RestorerOptions = {
  readonly env: Env;
  readonly spec: CopySpec;
  readonly definition: StatefulDefinition;
  readonly log: Log;
  readonly checkpoints: CheckpointOptions;
  readonly report: Reporter;
};

/** How far a restore has come, as `status` tells it. */
export type RestoreProgress = NonNullable<CopyStatus['restore']>;

/** Restores one copy. */
export class Restorer {
  readonly #options: RestorerOptions;
  #startMs = 0;
  #failure: string | undefined;
  #progress: { readonly doneBytes: number; readonly totalBytes: number } | undefined;

  constructor(options: RestorerOptions) {
    this.#options = options;
  }

  /** Why the newest checkpoint was not restored the last time; undefined if it was, or there is none. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** How far the restore under way has come; undefined if none reads a checkpoint. */
  get progress(): RestoreProgress | undefined {
    if (this.#progress === undefined) return undefined;
    const { doneBytes, totalBytes } = this.#progress;
    const elapsedMs = Math.max(1, this.#options.env.clock.nowMs() - this.#startMs);
    const bytesPerSecond = Math.round((doneBytes * 1_000) / elapsedMs);
    if (bytesPerSecond === 0) return { doneBytes, totalBytes, bytesPerSecond };
    const remainingMs = Math.round(((totalBytes - doneBytes) * 1_000) / bytesPerSecond);
    return { doneBytes, totalBytes, bytesPerSecond, remainingMs };
  }

  /**
   * The state of the newest checkpoint that is sound and within reach; undefined if there is none, so that the log is all
   * there is: it may still go back to its start, and tells by its chain if it does not.
   *
   * @throws CoppiceError `STALE_GENERATION`, `DISCONNECTED` of the log, the signal's reason.
   */
  async restore(signal: AbortSignal): Promise<ShardState | undefined> {
    const { log, spec } = this.#options;
    this.#failure = undefined;
    try {
      for (const mark of await committedCheckpoints(log, spec.shard)) {
        signal.throwIfAborted();
        const state = await this.#load(mark, signal);
        if (state !== undefined) return state;
      }
      return undefined;
    } finally {
      this.#progress = undefined;
    }
  }

  async #load(mark: CheckpointMark, signal: AbortSignal): Promise<ShardState | undefined> {
    const { env, spec, definition, checkpoints, report } = this.#options;
    const { group, shard } = spec;
    this.#startMs = env.clock.nowMs();
    const place = { group: group.name, shard, seq: mark.seq };
    try {
      const state = await loadCheckpoint(mark, {
        depot: checkpoints.depot,
        generation: group.generation,
        shard,
        definition,
        settings: group.settings,
        signal,
        onProgress: (doneBytes, totalBytes) => (this.#progress = { doneBytes, totalBytes }),
      });
      report('info', 'restored from a checkpoint', { ...place, tookMs: env.clock.nowMs() - this.#startMs });
      return state;
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = asCoppiceError(error).message;
      this.#failure ??= `checkpoint ${mark.seq} cannot be used: ${reason}`;
      report('warn', 'checkpoint cannot be used', { ...place, error: reason });
      return undefined;
    }
  }
}

/** Checkpoints that the log has committed, newest first: each record points to the checkpoint record before it. */
export async function committedCheckpoints(log: Log, shard: number): Promise<readonly CheckpointMark[]> {
  const found: CheckpointMark[] = [];
  let entry = await log.last(shard);
  while (entry !== undefined && found.length < MOST_CANDIDATES) {
    const { kind, mark, checkpointSeq } = decodeLogRecord(entry.data);
    if (kind === 'checkpoint' && mark !== undefined) found.push(mark);
    entry = checkpointSeq === undefined ? undefined : await log.read(shard, checkpointSeq);
  }
  return found;
}

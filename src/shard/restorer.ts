/**
 * Restores a shard: what the copy saved on its leaf's disk, if the log goes on from there; else the newest checkpoint that
 * the log has committed and whose files are all sound, else the next older one (protocol.md, "Restore"). What was written
 * since comes by the log, under the check of its chain.
 */
import type { StatefulDefinition } from '../actor/definition.ts';
import type { Log } from '../bus/log.ts';
import type { CheckpointOptions } from '../cluster/checkpoint-options.ts';
import { isDiskTrouble } from '../disk/disk.ts';
import type { Env, Reporter } from '../env.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import type { RuntimeShare } from '../wire/checkpoint-format.ts';
import type { LocalManifest } from '../wire/local-format.ts';
import { type CheckpointMark, decodeLogRecord } from '../wire/log-record.ts';
import type { CopyStatus } from '../wire/records.ts';
import { isDamage, loadCheckpoint } from './checkpoint-files.ts';
import type { CopySpec } from './copy-spec.ts';
import { fetchCheckpoint } from './local/fetch-checkpoint.ts';
import { loadSaved } from './local/load-saved.ts';
import type { LocalCopy } from './local/local-copy.ts';
import type { HeldFiles } from './local/local-state.ts';
import { placeInLog } from './log-place.ts';
import { ShardState } from './shard-state.ts';

/** Two are kept; a third is about to be retired. */
const MOST_CANDIDATES = 3;

/** What the restorer needs. Without a depot there are no checkpoints, without a disk no local files. */
export type RestorerOptions = {
  readonly env: Env;
  readonly spec: CopySpec;
  readonly definition: StatefulDefinition;
  readonly log: Log;
  readonly checkpoints: CheckpointOptions | undefined;
  readonly local: LocalCopy | undefined;
  readonly report: Reporter;
};

/** How far a restore has come, as `status` tells it. */
export type RestoreProgress = NonNullable<CopyStatus['restore']>;

type Accept = (state: ShardState) => void;

/** Restores one copy. */
export class Restorer {
  readonly #options: RestorerOptions;
  #startMs = 0;
  #failure: string | undefined;
  #progress: Pick<RestoreProgress, 'doneBytes' | 'totalBytes' | 'from'> | undefined;

  constructor(options: RestorerOptions) {
    this.#options = options;
  }

  /** Why the newest checkpoint was not restored the last time; undefined if it was, or there is none. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** How far the restore under way has come; undefined if none reads files. */
  get progress(): RestoreProgress | undefined {
    if (this.#progress === undefined) return undefined;
    const { doneBytes, totalBytes } = this.#progress;
    const elapsedMs = Math.max(1, this.#options.env.clock.nowMs() - this.#startMs);
    const bytesPerSecond = Math.round((doneBytes * 1_000) / elapsedMs);
    if (bytesPerSecond === 0) return { ...this.#progress, bytesPerSecond };
    const remainingMs = Math.round(((totalBytes - doneBytes) * 1_000) / bytesPerSecond);
    return { ...this.#progress, bytesPerSecond, remainingMs };
  }

  /**
   * The state of the local files, or of the newest checkpoint that is sound and within reach; undefined if there is neither,
   * so that the log is all there is: it may still go back to its start, and tells by its chain if it does not.
   *
   * @param accept Throws CoppiceError `CORRUPT_BLOB` for a state that must not be used.
   * @throws CoppiceError `LOG_ROLLED_BACK` if the log lost what was saved here, `STALE_GENERATION`, `DISCONNECTED` of the
   *   log, the signal's reason.
   */
  async restore(accept: (state: ShardState) => void, signal: AbortSignal): Promise<ShardState | undefined> {
    const { log, spec, local, checkpoints } = this.#options;
    this.#failure = undefined;
    try {
      const saved = local === undefined ? undefined : await this.#loadLocal(local, accept, signal);
      if (saved !== undefined || checkpoints === undefined) return saved;
      for (const mark of await committedCheckpoints(log, spec.shard)) {
        signal.throwIfAborted();
        const state = await this.#loadCheckpoint(mark, checkpoints, accept, signal);
        if (state !== undefined) return state;
      }
      return undefined;
    } finally {
      this.#progress = undefined;
    }
  }

  /** Old local files pass the same check of the chain as a record would; on any doubt they are not used. */
  async #loadLocal(local: LocalCopy, accept: Accept, signal: AbortSignal): Promise<ShardState | undefined> {
    const { env, log, spec, report } = this.#options;
    const manifest = this.#unlessDamaged(local, () => local.saved.manifest());
    if (manifest === undefined) return undefined;
    const place = await placeInLog(log, { shard: spec.shard, seq: manifest.seq, id: manifest.id }, signal);
    if (place.kind === 'rolledBack') throw new CoppiceError('LOG_ROLLED_BACK', place.reason);
    if (place.kind === 'purged') {
      local.tell('local.tooOld', `files stand at record ${manifest.seq}, and ${place.reason}`);
      return undefined;
    }
    this.#startMs = env.clock.nowMs();
    try {
      const { held, share } = await loadSaved(local.saved, manifest, signal, this.#onProgress('local'));
      const state = accepted(await this.#open(local, held, share, signal), accept);
      local.start(manifest.seq);
      const tookMs = env.clock.nowMs() - this.#startMs;
      report('info', 'restored from local files', { ...this.#place(), seq: manifest.seq, tookMs });
      return state;
    } catch (error) {
      if (signal.aborted || !isUnusable(error)) throw error;
      local.discard(asCoppiceError(error).message);
      return undefined;
    }
  }

  #unlessDamaged(local: LocalCopy, read: () => LocalManifest | undefined): LocalManifest | undefined {
    try {
      return read();
    } catch (error) {
      if (!isUnusable(error)) throw error;
      local.discard(asCoppiceError(error).message);
      return undefined;
    }
  }

  async #loadCheckpoint(
    mark: CheckpointMark,
    checkpoints: CheckpointOptions,
    accept: Accept,
    signal: AbortSignal,
  ): Promise<ShardState | undefined> {
    const { env, local, report } = this.#options;
    this.#startMs = env.clock.nowMs();
    const place = { ...this.#place(), seq: mark.seq };
    try {
      const { state, fetchedBytes } =
        local === undefined
          ? await this.#stream(mark, checkpoints, accept, signal)
          : await this.#fetch(mark, checkpoints, { local, accept }, signal);
      const tookMs = env.clock.nowMs() - this.#startMs;
      report('info', 'restored from a checkpoint', {
        ...place,
        tookMs,
        ...(fetchedBytes === undefined ? {} : { fetchedBytes }),
      });
      return state;
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = asCoppiceError(error).message;
      this.#failure ??= `checkpoint ${mark.seq} cannot be used: ${reason}`;
      report('warn', 'checkpoint cannot be used', { ...place, error: reason });
      return undefined;
    }
  }

  /** Into memory, as it comes. */
  async #stream(
    mark: CheckpointMark,
    { depot }: CheckpointOptions,
    accept: Accept,
    signal: AbortSignal,
  ): Promise<{ readonly state: ShardState; readonly fetchedBytes?: number }> {
    const { spec, definition } = this.#options;
    const { generation, settings } = spec.group;
    const where = { depot, generation, shard: spec.shard, signal };
    const onProgress = this.#onProgress('checkpoint');
    const state = await loadCheckpoint(mark, { ...where, definition, settings, onProgress });
    return { state: accepted(state, accept) };
  }

  /** What is missing onto the disk; it is saved there while the log is replayed. */
  async #fetch(
    mark: CheckpointMark,
    { depot }: CheckpointOptions,
    { local, accept }: { readonly local: LocalCopy; readonly accept: Accept },
    signal: AbortSignal,
  ): Promise<{ readonly state: ShardState; readonly fetchedBytes: number }> {
    const { spec } = this.#options;
    const { held, share, fetchedBytes } = await fetchCheckpoint(mark, {
      depot,
      generation: spec.group.generation,
      shard: spec.shard,
      signal,
      local: local.saved,
      onProgress: this.#onProgress('checkpoint'),
      onDoubt: (reason) => local.tell('local.discarded', reason),
    });
    const state = accepted(await this.#open(local, held, share, signal), accept);
    local.start(0);
    local.keep(held, share);
    return { state, fetchedBytes };
  }

  /** Builds the state of files that are here, and makes them the copy's. */
  async #open(local: LocalCopy, held: HeldFiles, share: RuntimeShare, signal: AbortSignal): Promise<ShardState> {
    const { spec, definition } = this.#options;
    const { shard, group } = spec;
    const { generation, settings } = group;
    if (definition.restore === undefined) throw new Error(`\`${definition.name}\` cannot restore a checkpoint`);
    local.saved.files.adopt(held);
    const user = await definition.restore(local.saved.source(held), { shard, settings, files: local.files });
    if (signal.aborted) definition.close?.(user);
    signal.throwIfAborted();
    return new ShardState({ definition, generation, shard, settings, restored: { user, share } });
  }

  #onProgress(from: 'local' | 'checkpoint'): (doneBytes: number, totalBytes: number) => void {
    return (doneBytes, totalBytes) => {
      this.#progress = { from, doneBytes, totalBytes };
    };
  }

  #place(): Readonly<Record<string, unknown>> {
    return { group: this.#options.spec.group.name, shard: this.#options.spec.shard };
  }
}

function accepted(state: ShardState, accept: Accept): ShardState {
  try {
    accept(state);
    return state;
  } catch (error) {
    state.close();
    throw error;
  }
}

/** Whether an error says that files here cannot be used, now or at all. */
function isUnusable(error: unknown): boolean {
  return isDamage(error) || isDiskTrouble(error);
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

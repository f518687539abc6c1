/**
 * Stores one shard for one snapshot: captures the state at a record of the log, uploads the files that the depot lacks,
 * reads those back, and tells how far it is. Runs where the copy lives, at a bounded rate, so that bytes cross the wire
 * once and searches and writes go on.
 */
import type { CheckpointFile } from '../actor/definition.ts';
import type { Depot } from '../bus/depot.ts';
import type { Log } from '../bus/log.ts';
import type { DepotAccess } from '../cluster/depot-access.ts';
import type { Clock } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import type { RuntimeShare } from '../wire/checkpoint-format.ts';
import { type SnapshotFile, snapshotFileName } from '../wire/snapshot-format.ts';
import type { KnownFile, KnownFiles, ShardAnswer, ShardRequest } from '../wire/snapshot-messages.ts';
import { checkBlob, hashOf } from './checkpoint-files.ts';
import { paced } from './paced.ts';
import type { SequenceWaiters } from './sequence-waiters.ts';
import type { CapturedState, ShardState } from './shard-state.ts';
import { captureInSlices, encodeShareInSlices } from './write-out.ts';

/** A copy that lags further behind the log than this many milliseconds is not worth waiting for. */
const CATCH_UP_MS = 10_000;
/** Hashes asked for at once: the answer to them has some 180 KiB. */
const ASKED_AT_ONCE = 1_000;

/** What a job needs of its copy. */
export type SnapshotJobOptions = {
  readonly clock: Clock;
  readonly shard: number;
  readonly log: Log;
  readonly waiters: SequenceWaiters;
  readonly depots: DepotAccess;
  /** Throws CoppiceError `SHARD_UNAVAILABLE` where there is none. */
  readonly state: () => ShardState;
  readonly request: Pick<ShardRequest, 'id' | 'depot' | 'bytesPerSecond'>;
};

type HashedFile = { readonly file: CheckpointFile; readonly sha256: string };

/** One shard's part in one snapshot. */
export class SnapshotJob {
  readonly #options: SnapshotJobOptions;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<() => void>();
  #answer: ShardAnswer = { state: 'running', doneBytes: 0, totalBytes: 0 };
  readonly #known = new Map<string, KnownFile | null>();
  #onSupply: () => void = () => {};
  #doneBytes = 0;
  #totalBytes = 0;
  #copiedBytes = 0;
  #copiedFiles = 0;
  /** Resolves when nothing of it runs any more. */
  readonly ended: Promise<void>;

  constructor(options: SnapshotJobOptions) {
    this.#options = options;
    this.ended = this.#run();
  }

  /** How far it is now. */
  get answer(): ShardAnswer {
    return this.#answer;
  }

  /** Whether it has come to its end, good or bad. */
  get isOver(): boolean {
    return this.#answer.state !== 'running' && this.#answer.state !== 'asking';
  }

  /** Answers `asking`; what nobody has asked does no harm. */
  supply(known: KnownFiles): void {
    for (const [hash, file] of Object.entries(known)) this.#known.set(hash, file);
    this.#onSupply();
  }

  /** Ends it; harmless if it has ended. */
  stop(reason: CoppiceError): void {
    this.#abort.abort(reason);
  }

  /** Resolves when the state of the answer changes, at the latest after `withinMs`. */
  async change(withinMs: number): Promise<void> {
    const { state } = this.#answer;
    if (state !== 'running') return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        cancel();
        this.#listeners.delete(finish);
        resolve();
      };
      const cancel = this.#options.clock.after(withinMs, finish);
      this.#listeners.add(finish);
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    try {
      this.#tell(await this.#store());
    } catch (error) {
      this.#tell({ state: 'failed', error: asCoppiceError(error).toWire() });
    }
  }

  async #store(): Promise<ShardAnswer> {
    const { signal } = this.#abort;
    await this.#catchUp();
    const captured = await captureInSlices(this.#options, signal);
    if (captured === undefined) return { state: 'incapable' };
    try {
      const depot = await this.#options.depots.open(this.#options.request.depot);
      try {
        return await this.#storeCaptured(captured, depot);
      } finally {
        await depot.close();
      }
    } finally {
      captured.actor.release();
    }
  }

  /**
   * Everything that was acknowledged when the snapshot was asked for must be in it, also if this copy is behind or believes
   * to lead and does not: the log's leader says how far there is to go.
   */
  async #catchUp(): Promise<void> {
    const { log, shard, waiters, state } = this.#options;
    const last = await log.last(shard);
    if (last === undefined) throw new CoppiceError('SHARD_UNAVAILABLE', `nobody has led shard ${shard} yet`);
    if (state().appliedSeq < last.seq) await waiters.wait(last.seq, CATCH_UP_MS);
  }

  async #storeCaptured({ share, actor }: CapturedState, depot: Depot): Promise<ShardAnswer> {
    const bytes = await encodeShareInSlices(ofAnyLife(share), this.#options.clock, this.#abort.signal);
    const files = [{ name: '_runtime', sizeBytes: bytes.length, read: () => bytes }, ...actor.files];
    this.#totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const { clock } = this.#options;
    const { signal } = this.#abort;
    const hashed: HashedFile[] = [];
    for (const file of files) hashed.push({ file, sha256: await hashOf(file, { clock, signal }) });
    for (let at = 0; at < hashed.length; at += ASKED_AT_ONCE)
      await this.#ask(hashed.slice(at, at + ASKED_AT_ONCE).map(({ sha256 }) => sha256));
    const stored: SnapshotFile[] = [];
    for (const one of hashed) stored.push(await this.#storeFile(one, depot));
    const [runtime, ...others] = stored;
    if (runtime === undefined) throw new Error('a snapshot without the share of the runtime');
    const snapshot = { shard: share.shard, seq: share.seq, term: share.term, runtime, files: others };
    return { state: 'done', snapshot, copiedBytes: this.#copiedBytes, copiedFiles: this.#copiedFiles };
  }

  /** Resolves when it is known of each hash whether the depot has it. */
  async #ask(hashes: readonly string[]): Promise<void> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      this.#onSupply = () => {
        if (hashes.every((hash) => this.#known.has(hash))) resolve();
      };
      signal.addEventListener('abort', () => reject(asCoppiceError(signal.reason)), { once: true });
      this.#tell({ state: 'asking', hashes: [...hashes] });
    });
    this.#progress(0);
  }

  /** A file that the depot has is checked by the size and checksum that were kept with it; a new one is read back. */
  async #storeFile({ file, sha256 }: HashedFile, depot: Depot): Promise<SnapshotFile> {
    const { name, sizeBytes } = file;
    const { signal } = this.#abort;
    const old = this.#known.get(sha256) ?? undefined;
    if (old?.sizeBytes === sizeBytes && (await isKept(old.blob, { sha256, sizeBytes, depot, signal }))) {
      this.#progress(sizeBytes);
      return { name, blob: old.blob, sizeBytes };
    }
    const { clock, request } = this.#options;
    const blob = snapshotFileName(request.id, sha256);
    const pace = { bytesPerSecond: request.bytesPerSecond, clock, signal };
    const source = paced(file.read(), { ...pace, onBytes: (bytes) => this.#progress(bytes) });
    try {
      await depot.put(blob, source, { signal });
      this.#copiedBytes += sizeBytes;
      this.#copiedFiles += 1;
    } catch (error) {
      // Another try of this create, or an equal file in it: reading it back tells.
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
    }
    await checkBlob(blob, sizeBytes, { depot, signal });
    return { name, blob, sizeBytes };
  }

  #progress(bytes: number): void {
    this.#doneBytes = Math.min(this.#totalBytes, this.#doneBytes + bytes);
    this.#answer = { state: 'running', doneBytes: this.#doneBytes, totalBytes: this.#totalBytes };
  }

  #tell(answer: ShardAnswer): void {
    this.#answer = answer;
    for (const listener of [...this.#listeners]) listener();
  }
}

/**
 * The share without what another life cannot use. The remembered operations would be most of a small snapshot; a life that is
 * restored says of older ones that it does not know (the floor of its window).
 */
function ofAnyLife(share: RuntimeShare): RuntimeShare {
  const records = { checkpoints: [], checkpointRecordSeq: 0, skipRecordSeq: 0, skipped: { count: 0, last: [] } };
  return { ...share, floor: share.seq, operations: [], ...records };
}

async function isKept(
  blob: string,
  { sha256, sizeBytes, depot, signal }: { sha256: string; sizeBytes: number; depot: Depot; signal: AbortSignal },
): Promise<boolean> {
  try {
    const stat = await depot.stat(blob, { signal });
    return stat.sha256 === sha256 && stat.sizeBytes === sizeBytes;
  } catch (error) {
    if (isCoppiceError(error, 'NOT_FOUND') || isCoppiceError(error, 'CORRUPT_BLOB')) return false;
    throw error;
  }
}

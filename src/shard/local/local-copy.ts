/**
 * A copy's part of its leaf's disk: what it has saved there, when it saves, and what it does while the disk takes nothing. The
 * copy then accepts no commands, follows the log in memory as far as that goes, answers queries, and goes on by itself.
 */
import type { ActorFiles } from '../../actor/definition.ts';
import type { LocalOptions } from '../../cluster/local-options.ts';
import type { Env, Reporter } from '../../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../../errors.ts';
import type { RuntimeShare } from '../../wire/checkpoint-format.ts';
import type { CopyStatus } from '../../wire/records.ts';
import type { CopySpec } from '../copy-spec.ts';
import type { AppliedRecord, CapturedState, ShardState } from '../shard-state.ts';
import { DiskWatch } from './disk-watch.ts';
import { LocalSaver } from './local-saver.ts';
import { copyFolder, type HeldFiles, LocalState } from './local-state.ts';

/** What it needs of the copy. */
export type LocalCopyOptions = {
  readonly spec: CopySpec;
  readonly local: LocalOptions;
  readonly env: Env;
  readonly report: Reporter;
  /** The state, if it is sound. */
  readonly state: () => ShardState | undefined;
  /** Something happened that people should find later: a cause, and what is to be said of it. */
  readonly onEvent: (cause: string, reason: string) => void;
  /** The disk has begun or ceased to refuse. */
  readonly onDisk: () => void;
  readonly onError: (error: unknown) => void;
};

/** The local files of one copy. */
export class LocalCopy {
  readonly saved: LocalState;
  readonly #options: LocalCopyOptions;
  readonly #watch: DiskWatch;
  readonly #saver: LocalSaver;
  #ended = new AbortController();

  constructor(options: LocalCopyOptions) {
    const { spec, local, env, report, onError } = options;
    const { clock } = env;
    this.#options = options;
    const onTrouble = (error: unknown): void => this.#watch.note(error);
    this.saved = new LocalState({ spec, local, env, onTrouble });
    this.#watch = new DiskWatch({
      clock,
      disk: local.disk,
      folder: copyFolder(local.folder, spec),
      files: this.saved.files,
      retryMs: local.retryMs,
      onChange: (reason) => this.#onDisk(reason),
      onError,
    });
    const isInTrouble = (): boolean => this.#watch.reason !== undefined;
    const { state } = options;
    this.#saver = new LocalSaver({ clock, report, spec, local, saved: this.saved, state, isInTrouble, onTrouble });
  }

  /** Makes the folder, if the disk lets it. */
  open(): void {
    try {
      this.saved.open();
    } catch (error) {
      this.#watch.note(error);
    }
  }

  get files(): ActorFiles {
    return this.saved.files;
  }

  /** The same without any: what lies in the folder belongs to no state yet. */
  emptied(): ActorFiles {
    this.saved.files.adopt(new Map());
    return this.saved.files;
  }

  /** SHA-256 of a file that the actor has under this name. */
  hashOf(name: string): string {
    return this.saved.files.held(name).sha256;
  }

  /** Why no command is accepted; undefined while all is well. */
  get refusal(): CoppiceError | undefined {
    const { reason } = this.#watch;
    if (reason === undefined) return undefined;
    const { group, shard, leaf } = this.#options.spec;
    const place = `shard ${shard} of \`${group.name}\` on leaf \`${leaf}\``;
    return new CoppiceError('STORAGE_FULL', `${place} takes no writes: ${reason}`);
  }

  /** Whether so much waits in memory for the disk that the log should not be followed for the moment. */
  get mustPause(): boolean {
    return this.#watch.reason !== undefined && this.saved.files.spilledBytes > this.#options.local.spillBytes;
  }

  /** A state is loaded, of which that up to `savedSeq` is saved. */
  start(savedSeq: number): void {
    this.#saver.start(savedSeq);
  }

  /** Takes note of a record; tells whether the log should not be followed for the moment. */
  noteApplied(record: AppliedRecord): boolean {
    this.#saver.noteApplied(record);
    return this.mustPause;
  }

  /** The copy failed with what it had: if that is damaged, so may be what is saved. */
  noteFailure(error: unknown): void {
    const { code, message } = asCoppiceError(error);
    if (code === 'CORRUPT_SEGMENT' || code === 'CORRUPT_BLOB') this.discard(message);
  }

  /** Saves what a checkpoint has captured. Never rejects. */
  async save(captured: CapturedState): Promise<void> {
    if (this.#watch.reason === undefined) await this.#saver.save(captured);
  }

  /** Looks whether the files are still what they were; the copy fails if not. */
  checkFiles(): void {
    this.saved.checkAll(this.#ended.signal).catch((error: unknown) => {
      if (!this.#ended.signal.aborted) this.#options.onError(error);
    });
  }

  /** Saves a checkpoint that was fetched, while the copy goes on. */
  keep(held: HeldFiles, at: RuntimeShare): void {
    this.#saver.keep(held, at).catch(this.#options.onError);
  }

  /** Reports something about the files that people should find later. */
  tell(cause: string, reason: string): void {
    const { spec, report, onEvent } = this.#options;
    report('warn', 'local files not used', { group: spec.group.name, shard: spec.shard, cause, reason });
    onEvent(cause, reason);
  }

  /** Does not use what is saved any more. Sound files of it may still be a part of a checkpoint that is fetched. */
  discard(reason: string): void {
    try {
      this.saved.forget();
    } catch (error) {
      this.#watch.note(error);
    }
    this.tell('local.discarded', reason);
  }

  /** The state is given up. */
  stop(): void {
    this.#ended.abort(new CoppiceError('CANCELLED', 'the copy gives its state up'));
    this.#ended = new AbortController();
    this.#saver.stop();
  }

  /** Saves what was applied since the last time. Never rejects. */
  async saveLast(): Promise<void> {
    await this.#saver.saveLast();
  }

  /** Ends; with `remove`, nothing stays of the files. */
  close({ remove }: { readonly remove: boolean }): void {
    this.#saver.stop();
    this.#watch.close();
    if (!remove) return this.saved.retire();
    try {
      this.saved.remove();
    } catch (error) {
      const { spec, report } = this.#options;
      if (!isCoppiceError(error)) throw error;
      report('warn', 'local files not removed', { group: spec.group.name, shard: spec.shard, error: error.message });
    }
  }

  /** What the pulse tells. */
  status(): Pick<CopyStatus, 'savedSeq' | 'disk'> {
    const { reason } = this.#watch;
    const { savedSeq } = this.#saver;
    return {
      ...(savedSeq === 0 ? {} : { savedSeq }),
      ...(reason === undefined ? {} : { disk: { reason, waitingBytes: this.saved.files.spilledBytes } }),
    };
  }

  #onDisk(reason: string | undefined): void {
    const { spec, report, onEvent, onDisk } = this.#options;
    const place = { group: spec.group.name, shard: spec.shard };
    if (reason === undefined) report('info', 'the disk takes files again', place);
    else report('error', 'the disk takes nothing: no writes are accepted', { ...place, reason });
    onEvent(reason === undefined ? 'disk.recovered' : 'disk.failed', reason ?? 'writes are accepted again');
    onDisk();
  }
}

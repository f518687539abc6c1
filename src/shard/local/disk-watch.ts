/**
 * Knows whether a copy's disk takes what it is given. Once it does not, it is tried again until it does: with everything
 * that is in memory because of it, and a bit more.
 */
import { type Disk, isDiskTrouble } from '../../disk/disk.ts';
import type { Cancel, Clock } from '../../env.ts';
import { asCoppiceError } from '../../errors.ts';
import { UNFINISHED } from './held-file.ts';
import type { LocalFiles } from './local-files.ts';

/** Room that there must be beyond what waits for it. */
const PROBE_BYTES = 1024 * 1024;

/** What the watch needs. */
export type DiskWatchOptions = {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly folder: string;
  readonly files: Pick<LocalFiles, 'unspill'>;
  readonly retryMs: number;
  /** The disk has begun to refuse, with the reason; or, without one, takes things again. */
  readonly onChange: (reason: string | undefined) => void;
  /** It failed in another way than a disk does. */
  readonly onError: (error: unknown) => void;
};

/** Watches the disk of one copy. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #reason: string | undefined;
  #next: Cancel | undefined;
  #isClosed = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** Why the disk takes nothing; undefined while it does. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Takes note of an error; all but the disk's are none of its business. */
  note(error: unknown): void {
    if (!isDiskTrouble(error) || this.#isClosed) return;
    const isNew = this.#reason === undefined;
    this.#reason = asCoppiceError(error).message;
    this.#tryLater();
    if (isNew) this.#options.onChange(this.#reason);
  }

  close(): void {
    this.#isClosed = true;
    this.#next?.();
  }

  #tryLater(): void {
    const { clock, retryMs } = this.#options;
    this.#next ??= clock.after(retryMs, () => {
      this.#next = undefined;
      this.#try().catch(this.#options.onError);
    });
  }

  async #try(): Promise<void> {
    try {
      await this.#probe();
      this.#options.files.unspill();
    } catch (error) {
      if (!this.#isClosed) this.#tryLater();
      if (!isDiskTrouble(error)) throw error;
      this.#reason = asCoppiceError(error).message;
      return;
    }
    this.#reason = undefined;
    if (!this.#isClosed) this.#options.onChange(undefined);
  }

  async #probe(): Promise<void> {
    const { disk, folder } = this.#options;
    disk.makeFolder(folder);
    const path = `${folder}/probe${UNFINISHED}`;
    disk.remove(path);
    const writer = disk.create(path);
    try {
      writer.write(new Uint8Array(PROBE_BYTES));
      writer.close();
      await disk.sync(path);
    } finally {
      writer.close();
      disk.remove(path);
    }
  }
}

/**
 * Writes one file of a copy: below a name that nobody takes for a file, hashed on its way, and renamed when it is whole.
 * A disk that has no room, or fails, does not stop the write: the file goes on in memory, and the copy is told.
 */
import { createHash } from 'node:crypto';
import { type Disk, type DiskWriter, isDiskTrouble } from '../../disk/disk.ts';
import { type HeldFile, readable, UNFINISHED } from './held-file.ts';

/** Bytes that are collected before they are written, and read back at once. */
const BUFFER_BYTES = 1 << 16;
const BACK_BYTES = 1 << 20;

/** Where a file goes. */
export type LocalWriterOptions = {
  readonly disk: Disk;
  readonly folder: string;
  /** Never used before in this folder. */
  readonly tag: string;
  /** Whether the disk is to be tried at all. */
  readonly triesDisk: boolean;
  readonly onTrouble: (error: unknown) => void;
  /** Called when the file is finished or dropped. */
  readonly onEnd: () => void;
};

/** A file being written. */
export class LocalWriter {
  readonly #options: LocalWriterOptions;
  readonly #hash = createHash('sha256');
  readonly #unfinished: string;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  #out: DiskWriter | undefined;
  /** The file so far, once the disk is given up. */
  #pieces: Uint8Array[] | undefined;
  #isEnded = false;

  constructor(options: LocalWriterOptions) {
    this.#options = options;
    this.#unfinished = `${options.folder}/${options.tag}${UNFINISHED}`;
    if (!options.triesDisk) this.#pieces = [];
    else this.#orInMemory(() => (this.#out = options.disk.create(this.#unfinished)));
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#written + this.#buffered;
  }

  write(bytes: Uint8Array): void {
    if (this.#isEnded) throw new Error('the file is finished');
    this.#hash.update(bytes);
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length >= BUFFER_BYTES) return this.#append(bytes);
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
  }

  /** Ends the file; it is on the disk then, or in memory. */
  finish(): HeldFile {
    if (this.#isEnded) throw new Error('the file is finished');
    this.#flush();
    this.#isEnded = true;
    const { disk, folder, tag } = this.#options;
    const sha256 = this.#hash.digest('hex');
    const file = `${sha256}@${tag}`;
    if (this.#pieces === undefined)
      this.#orInMemory(() => {
        this.#out?.close();
        disk.rename(this.#unfinished, `${folder}/${file}`);
      });
    this.#options.onEnd();
    const place =
      this.#pieces === undefined ? { kind: 'disk' as const, file } : { kind: 'memory' as const, pieces: this.#pieces };
    return { sha256, sizeBytes: this.#written, place, isSynced: false, isSuspect: false };
  }

  /** Drops what was written; harmless once it is finished. */
  abort(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#leaveDisk();
    this.#options.onEnd();
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    const bytes = this.#buffer.subarray(0, this.#buffered);
    this.#buffered = 0;
    this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    if (this.#pieces === undefined) this.#orInMemory(() => this.#out?.write(bytes));
    this.#pieces?.push(bytes.slice());
    this.#written += bytes.length;
  }

  /** Works on the disk; if that fails, what was written before is read back, and the file goes on in memory. */
  #orInMemory(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isDiskTrouble(error)) throw error;
      this.#pieces = readable(this.#unfinished, () => this.#readBack());
      this.#leaveDisk();
      this.#options.onTrouble(error);
    }
  }

  #readBack(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    if (this.#written === 0) return pieces;
    const file = this.#options.disk.open(this.#unfinished);
    try {
      for (let at = 0; at < this.#written; at += BACK_BYTES) {
        const piece = new Uint8Array(Math.min(BACK_BYTES, this.#written - at));
        if (file.read(at, piece) < piece.length) throw new Error(`\`${this.#unfinished}\` lost what was written`);
        pieces.push(piece);
      }
    } finally {
      file.close();
    }
    return pieces;
  }

  /** Gives its room back at once. What cannot be removed now goes with the next clearing of the folder. */
  #leaveDisk(): void {
    try {
      this.#out?.close();
      this.#options.disk.remove(this.#unfinished);
    } catch (error) {
      this.#options.onTrouble(error);
    }
    this.#out = undefined;
  }
}

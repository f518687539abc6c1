/**
 * A depot in memory for simulated processes: one set of blobs, and for each process a door to it, whose clock makes every
 * step take a while. A process that is killed stops between two steps, so that uploads end in the middle.
 */
import { createHash } from 'node:crypto';
import {
  type BlobSource,
  type BlobStat,
  blobExists,
  blobNotFound,
  corruptBlob,
  type Depot,
  type DepotOptions,
} from '../../../src/bus/depot.ts';
import type { Env } from '../../../src/env.ts';
import { pause } from '../../../src/env.ts';

/** `bytes` may have rotted since they were `stored`. */
type Blob = { readonly bytes: Uint8Array; readonly stored: Uint8Array; readonly sha256: string };

/** What is stored, by name. */
export type SimBlobs = Map<string, Blob>;

/** How a depot is broken on purpose. */
export type DepotLies = {
  /** Names are cut to their hashes, so that one that was retired comes back. */
  readonly reusesNames?: boolean;
  /** Bytes are handed out unchecked. */
  readonly skipsChecksums?: boolean;
};

const STEP_MS = { from: 1, to: 40 };
const LATE_DELETE_MS = 3_000;

/** The door of one process. */
export class SimDepot implements Depot {
  readonly #blobs: SimBlobs;
  readonly #env: Env;
  readonly #lies: DepotLies;

  constructor(blobs: SimBlobs, env: Env, lies: DepotLies = {}) {
    this.#blobs = blobs;
    this.#env = env;
    this.#lies = lies;
  }

  async put(name: string, source: BlobSource, options: DepotOptions = {}): Promise<BlobStat> {
    const pieces: Uint8Array[] = [];
    for await (const piece of source instanceof Uint8Array ? [source] : source) pieces.push(piece.slice());
    await this.#step(options);
    const key = this.#key(name);
    if (this.#blobs.has(key)) throw blobExists(name);
    const bytes = new Uint8Array(Buffer.concat(pieces));
    this.#blobs.set(key, { bytes, stored: bytes, sha256: sha256Of(bytes) });
    await this.#step(options);
    return this.stat(name, options);
  }

  async *get(name: string, options: DepotOptions = {}): AsyncGenerator<Uint8Array> {
    await this.#step(options);
    const { bytes, sha256 } = this.#blob(name);
    const half = bytes.length >>> 1;
    yield bytes.slice(0, half);
    await this.#step(options);
    yield bytes.slice(half);
    if (this.#lies.skipsChecksums !== true && sha256Of(bytes) !== sha256) throw corruptBlob(name, 'a bit is wrong');
  }

  async stat(name: string, options: DepotOptions = {}): Promise<BlobStat> {
    await this.#step(options);
    const { bytes, sha256 } = this.#blob(name);
    return { name, sizeBytes: bytes.length, sha256 };
  }

  async list(prefix: string, options: DepotOptions = {}): Promise<readonly string[]> {
    await this.#step(options);
    return [...this.#blobs.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  /** Comes late when names are reused: that is when it hurts. */
  async delete(name: string, options: DepotOptions = {}): Promise<void> {
    await this.#step(options);
    const key = this.#key(name);
    if (this.#lies.reusesNames !== true) this.#blobs.delete(key);
    else this.#env.clock.after(LATE_DELETE_MS * this.#env.random.next(), () => this.#blobs.delete(key));
  }

  async sweep(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  #blob(name: string): Blob {
    const blob = this.#blobs.get(this.#key(name));
    if (blob === undefined) throw blobNotFound(name);
    return blob;
  }

  #key(name: string): string {
    return this.#lies.reusesNames === true ? name.replace(/@.*/, '@') : name;
  }

  async #step({ signal }: DepotOptions): Promise<void> {
    const { clock, random } = this.#env;
    await pause(clock, STEP_MS.from + random.next() * (STEP_MS.to - STEP_MS.from), signal);
  }
}

/** Flips a bit of a blob, as a failing disk does; its checksum stays what it was. */
export function flipBit(blobs: SimBlobs, name: string, at: number): void {
  const blob = blobs.get(name);
  if (blob === undefined || blob.bytes.length === 0) return;
  const bytes = blob.bytes.slice();
  const place = at % bytes.length;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  blobs.set(name, { ...blob, bytes });
}

/** Makes a blob, or all, what was stored. */
export function mend(blobs: SimBlobs, name?: string): void {
  for (const [one, blob] of blobs)
    if (name === undefined || one === name) blobs.set(one, { ...blob, bytes: blob.stored });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

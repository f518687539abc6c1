/** A depot in memory whose every step waits until it is chosen: a test decides, by a seed, who does what first. */
import { createHash } from 'node:crypto';
import { type BlobSource, type BlobStat, blobExists, blobNotFound, type Depot } from '../../../src/bus/depot.ts';

type Blob = { readonly bytes: Uint8Array; readonly sha256: string };

/** Steps that wait for their turn. */
export class Turns {
  readonly #next: () => number;
  readonly #waiting: (() => void)[] = [];

  /** @param next Numbers in [0, 1). */
  constructor(next: () => number) {
    this.#next = next;
  }

  /** Resolves when it is this step's turn. */
  async take(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Lets one step happen; `false` if none waits. */
  async pass(): Promise<boolean> {
    const [chosen] = this.#waiting.splice(Math.floor(this.#next() * this.#waiting.length), 1);
    if (chosen === undefined) return false;
    chosen();
    // What the step leads to must have come to its own next step, or its end.
    await new Promise<void>((resolve) => setImmediate(resolve));
    return true;
  }
}

/** One process's door to the blobs. Dead, its steps wait for ever. */
export class SteppedDepot implements Depot {
  readonly #blobs: Map<string, Blob>;
  readonly #turns: Turns;
  dead = false;

  constructor(blobs: Map<string, Blob>, turns: Turns) {
    this.#blobs = blobs;
    this.#turns = turns;
  }

  async put(name: string, source: BlobSource): Promise<BlobStat> {
    const pieces: Uint8Array[] = [];
    for await (const piece of source instanceof Uint8Array ? [source] : source) pieces.push(piece);
    await this.#step();
    if (this.#blobs.has(name)) throw blobExists(name);
    const bytes = new Uint8Array(Buffer.concat(pieces));
    this.#blobs.set(name, { bytes, sha256: createHash('sha256').update(bytes).digest('hex') });
    return { name, sizeBytes: bytes.length, sha256: '' };
  }

  async *get(name: string): AsyncGenerator<Uint8Array> {
    await this.#step();
    yield this.#blob(name).bytes;
  }

  async stat(name: string): Promise<BlobStat> {
    await this.#step();
    const { bytes, sha256 } = this.#blob(name);
    return { name, sizeBytes: bytes.length, sha256 };
  }

  async list(prefix: string): Promise<readonly string[]> {
    await this.#step();
    return [...this.#blobs.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  }

  async delete(name: string): Promise<void> {
    await this.#step();
    this.#blobs.delete(name);
  }

  async sweep(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  #blob(name: string): Blob {
    const blob = this.#blobs.get(name);
    if (blob === undefined) throw blobNotFound(name);
    return blob;
  }

  async #step(): Promise<void> {
    await this.#turns.take();
    if (this.dead) await new Promise<never>(() => {});
  }
}

/** What the contract of a depot needs to know of an implementation: two depots of one place, and ways to damage it. */
import type { BlobSource, Depot } from '../../../src/bus/depot.ts';

/** Two depots of the same place, as two processes would have them, and access behind their backs. */
export type DepotContext = {
  readonly depot: Depot;
  readonly other: Depot;
  /** Changes one byte of a stored blob, in the middle. */
  readonly flipByte: (name: string) => Promise<void>;
  /** Removes some bytes from the middle of a stored blob: a chunk, where there are chunks. */
  readonly dropBytes: (name: string) => Promise<void>;
  /** How many unfinished uploads take up space. */
  readonly countUnfinished: () => Promise<number>;
};

/** Bytes that a seed makes; two seeds give different ones. */
export function seededBytes(length: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let at = 0; at < words.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** The bytes in pieces of the given sizes, over and over. */
export async function* piecesOf(bytes: Uint8Array, ...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** All bytes of an iteration. */
export async function collect(source: BlobSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Whether two byte arrays are equal; a comparison element by element of millions takes too long. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

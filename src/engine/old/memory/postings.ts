/**
 * Posting lists of one field: for each term the ordinals that have it, rising, and how often. All lists share two
 * growing arrays; a full list moves to a slice of twice its size, and its old slice is reused by another list.
 */
import { grown, newUint16, newUint32 } from './growable.ts';

/** One posting list. The views are valid until the next write. */
export type PostingList = { readonly ordinals: Uint32Array; readonly frequencies: Uint16Array };

const MAX_FREQUENCY = 0xffff;

/** Posting lists by term number. Slices have power-of-two sizes. */
export class Postings {
  #ordinals: Uint32Array = new Uint32Array(256);
  #frequencies: Uint16Array = new Uint16Array(256);
  #used = 0;
  /** Starts of unused slices, by logarithm of their size. */
  readonly #unused: number[][] = Array.from({ length: 32 }, () => []);
  #starts: Uint32Array = new Uint32Array(64);
  #lengths: Uint32Array = new Uint32Array(64);
  #termCount = 0;

  /** Bytes held. */
  get sizeBytes(): number {
    const tables = this.#starts.byteLength + this.#lengths.byteLength;
    return this.#ordinals.byteLength + this.#frequencies.byteLength + tables;
  }

  /** Starts the list of a new term; its number is the count of terms before it. */
  addTerm(): void {
    const term = this.#termCount++;
    this.#starts = grown(this.#starts, this.#termCount, newUint32);
    this.#lengths = grown(this.#lengths, this.#termCount, newUint32);
    this.#starts[term] = this.#takeSlice(0);
  }

  /** Adds a posting; ordinals must rise. Frequencies above 65535 count as 65535. */
  append(term: number, ordinal: number, frequency: number): void {
    const length = this.#lengths[term]!;
    if (length > 0 && (length & (length - 1)) === 0) this.#enlarge(term, length);
    const at = this.#starts[term]! + length;
    this.#ordinals[at] = ordinal;
    this.#frequencies[at] = Math.min(frequency, MAX_FREQUENCY);
    this.#lengths[term] = length + 1;
  }

  /** The list of a term, dead documents included. */
  list(term: number): PostingList {
    const start = this.#starts[term]!;
    const end = start + this.#lengths[term]!;
    return { ordinals: this.#ordinals.subarray(start, end), frequencies: this.#frequencies.subarray(start, end) };
  }

  /** Moves a full list of `length` postings, a power of two, to a slice of twice the size. */
  #enlarge(term: number, length: number): void {
    const log = 31 - Math.clz32(length);
    const from = this.#starts[term]!;
    const to = this.#takeSlice(log + 1);
    this.#ordinals.copyWithin(to, from, from + length);
    this.#frequencies.copyWithin(to, from, from + length);
    this.#unused[log]!.push(from);
    this.#starts[term] = to;
  }

  #takeSlice(log: number): number {
    const reused = this.#unused[log]!.pop();
    if (reused !== undefined) return reused;
    const start = this.#used;
    this.#used += 2 ** log;
    this.#ordinals = grown(this.#ordinals, this.#used, newUint32);
    this.#frequencies = grown(this.#frequencies, this.#used, newUint16);
    return start;
  }
}

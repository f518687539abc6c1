/** Cursors over the postings of a term in a segment. */
import { NO_MORE, type Postings, WINDOW } from '../part/index-part.ts';
import type { BlockDecoder } from './block-decoder.ts';
import { BLOCK } from './inverted-layout.ts';

/** Decodes whole blocks of a term, for merges: the postings with their positions, 128 at a time. */
export interface PostingsBlocks {
  readonly ordinals: Uint32Array;
  readonly frequencies: Uint32Array;
  /** All postings' positions one after another. Another array after a `next` that needed more room. */
  readonly positions: Uint32Array;
  /** Offsets, where the field keeps them. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Begins with the first block of a term. */
  open(term: number): void;
  /** Decodes the next block; gives the number of postings, 0 at the end. */
  next(): number;
}

/** A cursor that decodes from blocks right into the arrays of `read`. */
export class SegmentPostings implements Postings {
  readonly docFrequency: number;
  readonly #decoder: BlockDecoder;
  readonly #term: number;
  readonly #first: number;
  readonly #end: number;
  /** Where the cursor stands: the posting `#index` of block `#block`. */
  #block: number;
  #index = 0;
  /** The first posting of the last `read`. */
  #readBlock: number;
  #readIndex = 0;
  /** The block whose frequencies were added up for positions; `#sums[i]` is the number of positions before posting `i`. */
  #summed = -1;
  #frequencies: Uint32Array | undefined;
  #sums: Uint32Array | undefined;

  constructor(decoder: BlockDecoder, term: number) {
    const { docFrequencies, firstBlocks } = decoder.data;
    this.docFrequency = docFrequencies[term]!;
    this.#decoder = decoder;
    this.#term = term;
    this.#first = firstBlocks[term]!;
    this.#end = firstBlocks[term + 1]!;
    this.#block = this.#first;
    this.#readBlock = this.#first;
  }

  seek(from: number): number {
    const decoder = this.#decoder;
    const { blockLast } = decoder.data;
    const block = this.#findBlock(from);
    if (block === this.#end) return NO_MORE;
    const base = block === this.#first ? 0 : blockLast[block - 1]! + 1;
    const count = decoder.count(this.#term, block);
    // Never back, and in a damaged block not past its end.
    if (from > base) {
      this.#index = Math.max(this.#index, Math.min(decoder.search(block, base, count, from), count - 1));
    }
    const ordinal = decoder.ordinal(block, base, this.#index);
    if (ordinal < from) throw decoder.fail(block, 'ends before its last document');
    return ordinal;
  }

  read(end: number, ordinals: Uint32Array, frequencies: Uint32Array): number {
    const decoder = this.#decoder;
    const { blockLast } = decoder.data;
    this.#readBlock = this.#block;
    this.#readIndex = this.#index;
    let read = 0;
    while (this.#block < this.#end && read < WINDOW) {
      const block = this.#block;
      const base = block === this.#first ? 0 : blockLast[block - 1]! + 1;
      if (base >= end) break;
      const count = decoder.count(this.#term, block);
      const isWhole = blockLast[block]! < end;
      let to = isWhole ? count : decoder.search(block, base, count, end);
      // In a damaged block too, what stands below the end is read, so that no caller waits for it for ever.
      if (to <= this.#index) to = decoder.ordinal(block, base, this.#index) < end ? this.#index + 1 : this.#index;
      to = Math.min(to, this.#index + WINDOW - read);
      decoder.ordinals(block, base, this.#index, to, ordinals, read);
      decoder.frequencies(block, count, this.#index, to, frequencies, read);
      read += to - this.#index;
      this.#index = to;
      if (to < count) break;
      this.#block++;
      this.#index = 0;
    }
    return read;
  }

  positions(index: number, into: Uint32Array): void {
    const at = this.#readIndex + index;
    const block = this.#readBlock + Math.floor(at / BLOCK);
    const sums = this.#sumsOf(block);
    const from = sums[at % BLOCK]!;
    this.#decoder.positions(block, from, sums[(at % BLOCK) + 1]! - from, into, 0);
  }

  offsets(index: number, starts: Uint32Array, ends: Uint32Array): boolean {
    if (!this.#decoder.data.entry.hasOffsets) return false;
    const at = this.#readIndex + index;
    const block = this.#readBlock + Math.floor(at / BLOCK);
    this.#sumsOf(block);
    this.#decoder.offsets(block, this.#frequencies!, at % BLOCK, (at % BLOCK) + 1, starts, ends);
    return true;
  }

  /** The first block from the current one on that ends at `from` or later. Moves to it. */
  #findBlock(from: number): number {
    const { blockLast } = this.#decoder.data;
    let low = this.#block;
    if (low === this.#end || blockLast[low]! >= from) return low;
    let step = 1;
    while (low + step < this.#end && blockLast[low + step]! < from) {
      low += step;
      step *= 2;
    }
    let high = Math.min(this.#end, low + step);
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (blockLast[middle]! < from) low = middle;
      else high = middle;
    }
    this.#block = high;
    this.#index = 0;
    return high;
  }

  #sumsOf(block: number): Uint32Array {
    this.#sums ??= new Uint32Array(BLOCK + 1);
    if (this.#summed === block) return this.#sums;
    this.#frequencies ??= new Uint32Array(BLOCK);
    const count = this.#decoder.count(this.#term, block);
    this.#decoder.frequencies(block, count, 0, count, this.#frequencies, 0);
    for (let i = 0; i < count; i++) this.#sums[i + 1] = this.#sums[i]! + this.#frequencies[i]!;
    this.#summed = block;
    return this.#sums;
  }
}

/** Whole blocks with their positions and offsets, for merges. */
export class SegmentBlocks implements PostingsBlocks {
  readonly ordinals = new Uint32Array(BLOCK);
  readonly frequencies = new Uint32Array(BLOCK);
  positions = new Uint32Array(BLOCK);
  starts = new Uint32Array(0);
  ends = new Uint32Array(0);
  readonly #decoder: BlockDecoder;
  #term = 0;
  #block = 0;
  #end = 0;

  constructor(decoder: BlockDecoder) {
    this.#decoder = decoder;
  }

  open(term: number): void {
    const { firstBlocks } = this.#decoder.data;
    this.#term = term;
    this.#block = firstBlocks[term]!;
    this.#end = firstBlocks[term + 1]!;
  }

  next(): number {
    if (this.#block >= this.#end) return 0;
    const decoder = this.#decoder;
    const block = this.#block++;
    const count = decoder.count(this.#term, block);
    decoder.ordinals(block, decoder.base(this.#term, block), 0, count, this.ordinals, 0);
    decoder.frequencies(block, count, 0, count, this.frequencies, 0);
    const { hasPositions, hasOffsets } = decoder.data.entry;
    if (!hasPositions) return count;
    let positions = 0;
    for (let i = 0; i < count; i++) positions += this.frequencies[i]!;
    decoder.checkPositions(block, positions);
    if (positions > this.positions.length) this.positions = new Uint32Array(positions * 2);
    decoder.positions(block, 0, positions, this.positions, 0);
    if (!hasOffsets) return count;
    if (positions > this.starts.length) {
      this.starts = new Uint32Array(positions * 2);
      this.ends = new Uint32Array(positions * 2);
    }
    decoder.offsets(block, this.frequencies, 0, count, this.starts, this.ends);
    return count;
  }
}

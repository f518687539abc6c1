/**
 * Decodes the blocks of a field's postings: see inverted-layout.ts for their bytes. Cursors and merges stand on it. The
 * pointers of blocks were checked when the segment was opened.
 */
import { corrupt } from './corrupt.ts';
import { type FieldData, nextStart } from './field-data.ts';
import { BLOCK, EXCEPTION, HAS_EXCEPTIONS } from './inverted-layout.ts';

/** Positions that are all 0 take no bytes; a block has no more of them. */
const MAX_ZEROS = 1 << 20;

/** Decodes blocks of one field. Stateless but for its views, so that all cursors of a field share one. */
export class BlockDecoder {
  readonly data: FieldData;
  readonly #fileName: string;
  readonly #d8: Uint8Array;
  readonly #d16: Uint16Array;
  readonly #d32: Uint32Array;
  readonly #frequencyOf: Uint32Array | undefined;

  constructor(data: FieldData, fileName: string) {
    this.data = data;
    this.#fileName = fileName;
    const { buffer, byteOffset, byteLength } = data.postings;
    this.#d8 = data.postings;
    this.#d16 = new Uint16Array(buffer, byteOffset, byteLength >>> 1);
    this.#d32 = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    if (data.entry.type === 'keyword') return;
    // A code that is not in the table cannot be; as frequency 1 it does the least harm.
    this.#frequencyOf = new Uint32Array(256).fill(1);
    this.#frequencyOf.set(data.codes.frequencies);
  }

  /** Documents in a block of a term. */
  count(term: number, block: number): number {
    const { firstBlocks, docFrequencies } = this.data;
    const end = firstBlocks[term + 1]!;
    return block + 1 < end ? BLOCK : docFrequencies[term]! - (end - firstBlocks[term]! - 1) * BLOCK;
  }

  /** The ordinal that a block's numbers are added to. */
  base(term: number, block: number): number {
    return block === this.data.firstBlocks[term] ? 0 : this.data.blockLast[block - 1]! + 1;
  }

  // Sums are cut to 32 bits, which every number here has: otherwise they are taken for floating point (5 times slower).

  /** Writes ordinals `from` to `to` - 1 of a block into `into` at `at`. */
  ordinals(block: number, base: number, from: number, to: number, into: Uint32Array, at: number): void {
    const width = this.data.blockWidth[block]! & ~HAS_EXCEPTIONS;
    const start = this.data.blockPostings[block]! | 0;
    const least = base | 0;
    const shift = at - from;
    if (width === 1) {
      const d8 = this.#d8;
      for (let i = from; i < to; i++) into[i + shift] = (least + d8[start + i]!) | 0;
    } else if (width === 2) {
      const d16 = this.#d16;
      const first = start >>> 1;
      for (let i = from; i < to; i++) into[i + shift] = (least + d16[first + i]!) | 0;
    } else {
      const d32 = this.#d32;
      const first = start >>> 2;
      for (let i = from; i < to; i++) into[i + shift] = (least + d32[first + i]!) | 0;
    }
  }

  /** One ordinal of a block. */
  ordinal(block: number, base: number, index: number): number {
    const width = this.data.blockWidth[block]! & ~HAS_EXCEPTIONS;
    const start = this.data.blockPostings[block]!;
    if (width === 1) return base + this.#d8[start + index]!;
    if (width === 2) return base + this.#d16[(start >>> 1) + index]!;
    return base + this.#d32[(start >>> 2) + index]!;
  }

  /** Index of the first of a block's `count` ordinals that is not below `target`; `count` if there is none. */
  search(block: number, base: number, count: number, target: number): number {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ordinal(block, base, middle) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Writes frequencies `from` to `to` - 1 of a block of `count` into `into` at `at`. */
  frequencies(block: number, count: number, from: number, to: number, into: Uint32Array, at: number): void {
    const frequencyOf = this.#frequencyOf;
    if (frequencyOf === undefined) {
      into.fill(1, at, at + to - from);
      return;
    }
    const bytes = this.#d8;
    const width = this.data.blockWidth[block]!;
    const codes = (this.data.blockPostings[block]! + count * (width & ~HAS_EXCEPTIONS)) | 0;
    const shift = at - from;
    for (let i = from; i < to; i++) into[i + shift] = frequencyOf[bytes[codes + i]!]!;
    if ((width & HAS_EXCEPTIONS) === 0) return;
    let exception = codes + count + 1;
    for (const end = exception + 5 * bytes[codes + count]!; exception < end; exception += 5) {
      const index = bytes[exception]!;
      if (index < from || index >= to || bytes[codes + index] !== EXCEPTION) continue;
      into[index + shift] =
        (bytes[exception + 1]! |
          (bytes[exception + 2]! << 8) |
          (bytes[exception + 3]! << 16) |
          (bytes[exception + 4]! << 24)) >>>
        0;
    }
  }

  /**
   * Unpacks positions of a block.
   *
   * @param from Index of the first one in the block.
   * @throws CoppiceError `CORRUPT_SEGMENT` if the block has fewer.
   */
  positions(block: number, from: number, count: number, into: Uint32Array, at: number): void {
    const { blockPositions, blockPositionBits, positions } = this.data;
    const bits = blockPositionBits[block]!;
    const start = blockPositions[block]!;
    this.checkPositions(block, from + count);
    if (bits === 0) {
      into.fill(0, at, at + count);
      return;
    }
    if (bits === 8) {
      for (let i = 0; i < count; i++) into[at + i] = positions[start + from + i]!;
      return;
    }
    const mask = (1 << bits) - 1;
    const firstBit = from * bits;
    let byte = start + Math.floor(firstBit / 8);
    let heldBits = -(firstBit & 7);
    let held = 0;
    if (heldBits < 0) {
      held = positions[byte++]! >>> -heldBits;
      heldBits += 8;
    }
    for (let i = 0; i < count; i++) {
      while (heldBits < bits) {
        held |= positions[byte++]! << heldBits;
        heldBits += 8;
      }
      into[at + i] = held & mask;
      held >>>= bits;
      heldBits -= bits;
    }
  }

  /** Refuses a block that has fewer than `count` positions: a damaged frequency must not make anybody allocate much. */
  checkPositions(block: number, count: number): void {
    const { blockPositions, blockPositionBits, positions } = this.data;
    const byteLength = nextStart(blockPositions, block, positions.length) - blockPositions[block]!;
    const most = blockPositionBits[block] === 0 ? MAX_ZEROS : (byteLength * 8) / blockPositionBits[block]!;
    if (count > most) throw this.fail(block, 'has too few positions');
  }

  /**
   * Decodes offsets of a block: those of postings `from` to `to` - 1, whose frequencies are `frequencies[first...]`.
   *
   * @param frequencies Those of all postings of the block, from its first.
   * @throws CoppiceError `CORRUPT_SEGMENT` if the block has fewer.
   */
  offsets(
    block: number,
    frequencies: Uint32Array,
    from: number,
    to: number,
    starts: Uint32Array,
    ends: Uint32Array,
  ): void {
    const { blockOffsets, offsets } = this.data;
    const limit = nextStart(blockOffsets, block, offsets.length);
    const reader = new OffsetReader(offsets, blockOffsets[block]!, limit);
    let at = 0;
    for (let posting = 0; posting < to; posting++) {
      let start = 0;
      const isWanted = posting >= from;
      for (let i = frequencies[posting]!; i > 0; i--) {
        start = (start + reader.next()) >>> 0;
        const length = reader.next();
        if (reader.isPast) throw this.fail(block, 'has too few offsets');
        if (!isWanted) continue;
        starts[at] = start;
        ends[at++] = (start + length) >>> 0;
      }
    }
  }

  /** The error of a damaged block. */
  fail(block: number, problem: string): Error {
    return corrupt(this.#fileName, `field \`${this.data.entry.field}\``, `block ${block} ${problem}`);
  }
}

/** Reads varints up to a limit. */
class OffsetReader {
  readonly #bytes: Uint8Array;
  readonly #limit: number;
  #at: number;

  constructor(bytes: Uint8Array, at: number, limit: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#limit = limit;
  }

  /** Whether something was read behind the limit. */
  get isPast(): boolean {
    return this.#at > this.#limit;
  }

  next(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#at < this.#limit ? this.#bytes[this.#at]! : 0;
      this.#at++;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    return value >>> 0;
  }
}

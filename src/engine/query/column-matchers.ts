/** Conditions on values: numbers within bounds or of a list, by column, and the existence of a field. */
import { COLUMN_BLOCK, type Column, type InvertedField, NO_MORE, WINDOW } from '../part/index-part.ts';
import { type Matcher, NO_SCORES } from './matcher.ts';
import { isSet } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

const BLOCK_WORDS = COLUMN_BLOCK / 32;
/** With fewer documents asked for in a block, their values are read one by one. */
const FEW = 96;

let values = new Float64Array(2 * COLUMN_BLOCK);

/** Matches documents with a value from `from` to `to`; blocks whose least and greatest value tell are not read. */
export class ColumnRangeMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores = NO_SCORES;
  readonly cost: number;
  readonly #column: Column;
  readonly #from: number;
  readonly #to: number;
  readonly #endOrdinal: number;

  constructor(
    column: Column,
    { from, to, endOrdinal }: { readonly from: number; readonly to: number; readonly endOrdinal: number },
    buffers: WindowBuffers,
  ) {
    this.bits = buffers.bits();
    this.cost = endOrdinal;
    this.#column = column;
    this.#from = from;
    this.#to = to;
    this.#endOrdinal = endOrdinal;
  }

  seek(from: number): number {
    const { blockMin, blockMax } = this.#column;
    const end = this.#endOrdinal;
    for (let at = from; at < end; at = (Math.floor(at / COLUMN_BLOCK) + 1) * COLUMN_BLOCK) {
      const block = Math.floor(at / COLUMN_BLOCK);
      if (blockMin[block]! <= this.#to && blockMax[block]! >= this.#from) return at;
    }
    return NO_MORE;
  }

  fill(base: number, wanted?: Uint32Array): void {
    this.bits.fill(0);
    const { blockMin, blockMax, isDense } = this.#column;
    for (let at = base; at < Math.min(base + WINDOW, this.#endOrdinal); at += COLUMN_BLOCK) {
      const block = at / COLUMN_BLOCK;
      const [least, greatest] = [blockMin[block]!, blockMax[block]!];
      if (least > this.#to || greatest < this.#from) continue;
      const firstWord = (at - base) >>> 5;
      if (isDense && least >= this.#from && greatest <= this.#to)
        this.bits.fill(0xffffffff, firstWord, firstWord + BLOCK_WORDS);
      else this.#fillBlock(at, base, wanted);
    }
  }

  #fillBlock(at: number, base: number, wanted: Uint32Array | undefined): void {
    const end = Math.min(at + COLUMN_BLOCK, this.#endOrdinal);
    if (wanted !== undefined && isSparse(wanted, (at - base) >>> 5)) this.#test(at, end, { base, wanted });
    else if (this.#column.isDense) this.#scanDense(at, end, base);
    else this.#scan(at, end, base);
  }

  #scanDense(at: number, end: number, base: number): void {
    const bits = this.bits;
    const [from, to] = [this.#from, this.#to];
    this.#column.read(at, end, values);
    const count = end - at;
    for (let i = 0; i < count; i += 32) {
      const last = Math.min(count, i + 32);
      let word = 0;
      for (let j = i; j < last; j++) {
        const value = values[j]!;
        if (value >= from && value <= to) word |= 1 << (j & 31);
      }
      bits[(at + i - base) >>> 5] = word;
    }
  }

  #scan(at: number, end: number, base: number): void {
    const column = this.#column;
    const first = column.start(at);
    const count = column.end(end - 1) - first;
    if (values.length < count) values = new Float64Array(count);
    column.read(first, first + count, values);
    let i = 0;
    for (let ordinal = at; ordinal < end; ordinal++) {
      const last = column.end(ordinal) - first;
      for (; i < last; i++) {
        if (values[i]! < this.#from || values[i]! > this.#to) continue;
        const place = ordinal - base;
        this.bits[place >>> 5]! |= 1 << (place & 31);
      }
    }
  }

  #test(at: number, end: number, { base, wanted }: { readonly base: number; readonly wanted: Uint32Array }): void {
    const column = this.#column;
    for (let ordinal = at; ordinal < end; ordinal++) {
      const place = ordinal - base;
      if (!isSet(wanted, place)) continue;
      const last = column.end(ordinal);
      for (let i = column.start(ordinal); i < last; i++) {
        const value = column.at(i);
        if (value >= this.#from && value <= this.#to) {
          this.bits[place >>> 5]! |= 1 << (place & 31);
          break;
        }
      }
    }
  }
}

/** Matches the ordinals below `endOrdinal` that pass a test; looks at each that is wanted. */
export class ScanMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores = NO_SCORES;
  readonly cost: number;
  readonly #endOrdinal: number;
  readonly #test: (ordinal: number) => boolean;

  constructor(endOrdinal: number, test: (ordinal: number) => boolean, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.cost = endOrdinal;
    this.#endOrdinal = endOrdinal;
    this.#test = test;
  }

  seek(from: number): number {
    return from < this.#endOrdinal ? from : NO_MORE;
  }

  fill(base: number, wanted?: Uint32Array): void {
    this.bits.fill(0);
    const size = Math.min(WINDOW, this.#endOrdinal - base);
    for (let place = 0; place < size; place++) {
      if (wanted !== undefined && !isSet(wanted, place)) continue;
      if (this.#test(base + place)) this.bits[place >>> 5]! |= 1 << (place & 31);
    }
  }
}

/** A test for documents with one of some rising numbers. */
export function hasAnyOf(column: Column, wanted: Float64Array): (ordinal: number) => boolean {
  const [least, greatest] = [wanted[0]!, wanted.at(-1)!];
  return (ordinal) => {
    const block = Math.floor(ordinal / COLUMN_BLOCK);
    if (column.blockMin[block]! > greatest || column.blockMax[block]! < least) return false;
    const end = column.end(ordinal);
    for (let i = column.start(ordinal); i < end; i++) if (includes(wanted, column.at(i))) return true;
    return false;
  };
}

/** A test for documents that have a token, or a value, of a field. */
export function fieldExists(inverted: InvertedField | undefined, column: Column | undefined): (o: number) => boolean {
  if (column !== undefined) return (ordinal) => column.has(ordinal);
  if (inverted !== undefined) return (ordinal) => inverted.length(ordinal) > 0;
  return () => false;
}

function includes(sorted: Float64Array, value: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === value;
}

function isSparse(wanted: Uint32Array, firstWord: number): boolean {
  let count = 0;
  for (let i = firstWord; i < firstWord + BLOCK_WORDS; i++) {
    for (let word = wanted[i]!; word !== 0; word &= word - 1) count++;
    if (count >= FEW) return false;
  }
  return true;
}

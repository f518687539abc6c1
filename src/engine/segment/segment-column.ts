/** A column of a segment: see `Column` in part/index-part.ts. */
import { COLUMN_BLOCK, type Column, type PackedColumn } from '../part/index-part.ts';
import type { PackedValues } from './packing.ts';
import type { RegionViews } from './region-views.ts';
import type { ColumnEntry } from './table-of-contents.ts';

/** Items that are checked between two yields. */
const SLICE = 1 << 15;

/** Values packed in the region. */
export class SegmentColumn implements Column {
  readonly field: string;
  readonly type: Column['type'];
  readonly isDense: boolean;
  readonly valueCount: number;
  readonly blockMin: Float64Array;
  readonly blockMax: Float64Array;
  readonly packed: PackedColumn;
  readonly #starts: Uint32Array;
  readonly #values: PackedValues;

  constructor(entry: ColumnEntry, views: RegionViews) {
    this.field = entry.field;
    this.type = entry.type;
    this.isDense = entry.isDense;
    this.valueCount = entry.valueCount;
    this.#starts = views.u32('columnStarts');
    this.#values = views.packed('columnValues', entry.values, entry.valueCount);
    this.packed = { address: views.u8('columnValues').byteOffset, packing: entry.values };
    this.blockMin = views.f64('columnBlockMin');
    this.blockMax = views.f64('columnBlockMax');
  }

  has(ordinal: number): boolean {
    return this.isDense || this.#starts[ordinal + 1]! > this.#starts[ordinal]!;
  }

  start(ordinal: number): number {
    return this.isDense ? ordinal : this.#starts[ordinal]!;
  }

  end(ordinal: number): number {
    return this.isDense ? ordinal + 1 : this.#starts[ordinal + 1]!;
  }

  at(index: number): number {
    return this.#values.at(index);
  }

  read(from: number, to: number, into: Float64Array): void {
    this.#values.read(from, to, into);
  }

  /**
   * Checks what readers rely on, a slice at a time.
   *
   * @param termCount Of keywords: terms of the inverted field.
   */
  *check(docCount: number, termCount: number, fail: (problem: string) => Error): Generator<void, void> {
    if (this.isDense && this.valueCount !== docCount) throw fail(`${this.valueCount} values of ${docCount} documents`);
    if (!this.isDense) yield* this.#checkStarts(docCount, fail);
    if (this.type === 'keyword') yield* this.#checkTerms(termCount, fail);
    yield* this.#checkBounds(docCount, fail);
  }

  *#checkStarts(docCount: number, fail: (problem: string) => Error): Generator<void, void> {
    const starts = this.#starts;
    if (starts[0] !== 0 || starts[docCount] !== this.valueCount) throw fail('its starts do not fit its values');
    for (let ordinal = 0; ordinal < docCount; ordinal++) {
      if (starts[ordinal + 1]! < starts[ordinal]!) throw fail(`document ${ordinal} has fewer than no values`);
      if (ordinal % SLICE === SLICE - 1) yield;
    }
  }

  *#checkTerms(termCount: number, fail: (problem: string) => Error): Generator<void, void> {
    const { base, width } = this.#values.packing;
    if (this.valueCount > 0 && (width === 8 || base < 0))
      throw fail(`terms are numbers of ${width} bytes from ${base}`);
    for (let i = 0; i < this.valueCount; i++) {
      if (this.at(i) >= termCount) throw fail(`value ${i} is term ${this.at(i)} of ${termCount}`);
      if (i % SLICE === SLICE - 1) yield;
    }
  }

  /** Blocks whose bounds are wrong would be skipped. */
  *#checkBounds(docCount: number, fail: (problem: string) => Error): Generator<void, void> {
    for (let block = 0; block * COLUMN_BLOCK < docCount; block++) {
      const end = this.end(Math.min(docCount, (block + 1) * COLUMN_BLOCK) - 1);
      const [min, max] = [this.blockMin[block]!, this.blockMax[block]!];
      for (let i = this.start(block * COLUMN_BLOCK); i < end; i++) {
        const value = this.at(i);
        if (value < min || value > max) throw fail(`value ${i} is ${value}, outside of its block's ${min} to ${max}`);
      }
      if ((block + 1) % (SLICE / COLUMN_BLOCK) === 0) yield;
    }
  }
}

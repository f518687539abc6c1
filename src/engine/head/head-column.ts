/** A column of the head: the values of a number, date, boolean or keyword field, in the order of ordinals. */
import { COLUMN_BLOCK, type Column } from '../part/index-part.ts';
import { grownFloat64, grownUint32 } from './growable.ts';

/** Where the head's documents end: columns are dense only if they reach there. */
export type OrdinalCounter = { readonly endOrdinal: number };

/** Values by ordinal; those of ordinal `o` are `starts[o]` to `starts[o + 1]` - 1 for rows that were added. */
export class HeadColumn implements Column {
  readonly field: string;
  readonly type: Column['type'];
  readonly #part: OrdinalCounter;
  #values: Float64Array = new Float64Array(1 << 6);
  #starts: Uint32Array = new Uint32Array(1 << 6);
  #rowCount = 0;
  #valueCount = 0;
  #isSingle = true;
  #blockMin: Float64Array = new Float64Array(1).fill(Number.POSITIVE_INFINITY);
  #blockMax: Float64Array = new Float64Array(1).fill(Number.NEGATIVE_INFINITY);

  constructor(field: string, type: Column['type'], part: OrdinalCounter) {
    this.field = field;
    this.type = type;
    this.#part = part;
  }

  get isDense(): boolean {
    return this.#isSingle && this.#valueCount === this.#part.endOrdinal;
  }

  get valueCount(): number {
    return this.#valueCount;
  }

  /** Values in the order of ordinals; longer than `valueCount`. */
  get values(): Float64Array {
    return this.#values;
  }

  get sizeBytes(): number {
    return this.#values.byteLength + this.#starts.byteLength;
  }

  /** Bytes that values take. */
  get usedBytes(): number {
    return this.#valueCount * 8 + this.#rowCount * 4;
  }

  get blockMin(): Float64Array {
    this.#reserveBlocks();
    return this.#blockMin;
  }

  get blockMax(): Float64Array {
    this.#reserveBlocks();
    return this.#blockMax;
  }

  has(ordinal: number): boolean {
    return ordinal < this.#rowCount && this.#starts[ordinal]! < this.#starts[ordinal + 1]!;
  }

  start(ordinal: number): number {
    return ordinal < this.#rowCount ? this.#starts[ordinal]! : this.#valueCount;
  }

  end(ordinal: number): number {
    return ordinal < this.#rowCount ? this.#starts[ordinal + 1]! : this.#valueCount;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  read(from: number, to: number, into: Float64Array): void {
    into.set(this.#values.subarray(from, to));
  }

  /** Adds the first `count` of `values`, which are sorted, as those of `ordinal`; ordinals rise. */
  append(ordinal: number, values: ArrayLike<number>, count: number): void {
    this.#values = grownFloat64(this.#values, this.#valueCount + count);
    this.#starts = grownUint32(this.#starts, ordinal + 2);
    const from = this.#valueCount;
    while (this.#rowCount < ordinal) this.#starts[++this.#rowCount] = from;
    for (let i = 0; i < count; i++) this.#values[from + i] = values[i]!;
    this.#valueCount += count;
    this.#starts[++this.#rowCount] = this.#valueCount;
    if (count !== 1) this.#isSingle = false;
    this.#bound(Math.floor(ordinal / COLUMN_BLOCK), values, count);
  }

  #bound(block: number, values: ArrayLike<number>, count: number): void {
    this.#reserve(block + 1);
    for (let i = 0; i < count; i++) {
      if (values[i]! < this.#blockMin[block]!) this.#blockMin[block] = values[i]!;
      if (values[i]! > this.#blockMax[block]!) this.#blockMax[block] = values[i]!;
    }
  }

  #reserveBlocks(): void {
    this.#reserve(Math.ceil(this.#part.endOrdinal / COLUMN_BLOCK));
  }

  #reserve(blocks: number): void {
    this.#blockMin = grownFloat64(this.#blockMin, blocks, Number.POSITIVE_INFINITY);
    this.#blockMax = grownFloat64(this.#blockMax, blocks, Number.NEGATIVE_INFINITY);
  }
}

/**
 * A column: for each ordinal a short list of numbers, in the order of ordinals. Holds doc values (numbers, dates,
 * term numbers of keywords) and the list of terms that each document has.
 *
 * Row `o` is `values[starts[o]] .. values[starts[o + 1] - 1]`; rows that were never appended are empty.
 */
import { grown, newUint32 } from './growable.ts';

/** Values are of one of these kinds. */
export type ColumnArray = Float64Array | Uint32Array;

/** Lists of numbers by ordinal. */
export class Column {
  /** Read-only outside; replaced when it grows. */
  values: ColumnArray;
  #starts: Uint32Array = new Uint32Array(16);
  #rowCount = 0;
  #size = 0;
  readonly #create: (length: number) => ColumnArray;

  constructor(create: (length: number) => ColumnArray) {
    this.#create = create;
    this.values = create(16);
  }

  /** One past the last row that was appended. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.values.byteLength + this.#starts.byteLength;
  }

  /** Index in `values` of the first value of a row. */
  start(ordinal: number): number {
    return ordinal < this.#rowCount ? this.#starts[ordinal]! : this.#size;
  }

  /** One past the index of the last value of a row. */
  end(ordinal: number): number {
    return ordinal < this.#rowCount ? this.#starts[ordinal + 1]! : this.#size;
  }

  /** Whether a row has values. */
  has(ordinal: number): boolean {
    return ordinal < this.#rowCount && this.#starts[ordinal]! < this.#starts[ordinal + 1]!;
  }

  /** Adds a row. Ordinals must rise; rows left out are empty. */
  append(ordinal: number, values: ArrayLike<number>): void {
    this.#starts = grown(this.#starts, ordinal + 2, newUint32);
    while (this.#rowCount < ordinal) this.#starts[++this.#rowCount] = this.#size;
    this.values = grown(this.values, this.#size + values.length, this.#create);
    for (let i = 0; i < values.length; i++) this.values[this.#size++] = values[i]!;
    this.#starts[++this.#rowCount] = this.#size;
  }
}

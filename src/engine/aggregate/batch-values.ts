/** The values of a field for the documents of a batch, read from its column a window at a time. */
import { type Column, type IndexPart, WINDOW } from '../part/index-part.ts';
import { BATCH_SIZE, type Batch } from './collector.ts';

/** Batches below this size are read value by value. */
const FEW = 128;

/** A document each has one value: value `i` is that of pair `i`. */
const ONE_EACH = Uint32Array.from({ length: BATCH_SIZE + 1 }, (_, index) => index);

/** Values by pair of a batch. Those of pair `i` are `values[starts[i]]` to `values[starts[i + 1] - 1]`, rising. */
export class BatchValues {
  values: Float64Array = new Float64Array(BATCH_SIZE);
  starts: Uint32Array = ONE_EACH;
  readonly #field: string;
  /** What counts as the value of a document without one. */
  readonly #missing: number | undefined;
  readonly #ownStarts = new Uint32Array(BATCH_SIZE + 1);
  #window: Float64Array = new Float64Array(WINDOW);
  #column: Column | undefined;

  constructor(field: string, missing?: number) {
    this.#field = field;
    this.#missing = missing;
  }

  startPart(part: IndexPart): void {
    this.#column = part.column(this.#field);
  }

  /** Whether no document of the part can have a value. */
  get isEmpty(): boolean {
    return this.#column === undefined && this.#missing === undefined;
  }

  /** Reads the values of a batch. */
  load(batch: Batch): void {
    const column = this.#column;
    if (column === undefined) this.#loadMissing(batch);
    else if (column.isDense) this.#loadDense(column, batch);
    else this.#loadSparse(column, batch);
  }

  #loadMissing({ count }: Batch): void {
    if (this.#missing === undefined) {
      this.starts = this.#ownStarts.fill(0, 0, count + 1);
      return;
    }
    this.starts = ONE_EACH;
    this.values.fill(this.#missing, 0, count);
  }

  #loadDense(column: Column, { ordinals, count }: Batch): void {
    const { values } = this;
    this.starts = ONE_EACH;
    if (count < FEW) {
      for (let i = 0; i < count; i++) values[i] = column.at(ordinals[i]!);
      return;
    }
    const from = ordinals[0]!;
    const to = ordinals[count - 1]! + 1;
    if (to - from === count) {
      column.read(from, to, values);
      return;
    }
    column.read(from, to, this.#window);
    for (let i = 0; i < count; i++) values[i] = this.#window[ordinals[i]! - from]!;
  }

  #loadSparse(column: Column, { ordinals, count }: Batch): void {
    const missing = this.#missing;
    const starts = this.#ownStarts;
    this.starts = starts;
    const first = count < FEW ? 0 : column.start(ordinals[0]!);
    const isRead = count >= FEW;
    if (isRead) this.#readWindow(column, first, column.end(ordinals[count - 1]!));
    const window = this.#window;
    let end = 0;
    for (let i = 0; i < count; i++) {
      starts[i] = end;
      const from = column.start(ordinals[i]!);
      const to = column.end(ordinals[i]!);
      if (end + to - from >= this.values.length) this.#grow(end + to - from + 1);
      if (isRead) for (let at = from; at < to; at++) this.values[end++] = window[at - first]!;
      else for (let at = from; at < to; at++) this.values[end++] = column.at(at);
      if (from === to && missing !== undefined) this.values[end++] = missing;
    }
    starts[count] = end;
  }

  #readWindow(column: Column, from: number, to: number): void {
    if (to - from > this.#window.length) this.#window = new Float64Array(2 * (to - from));
    if (to > from) column.read(from, to, this.#window);
  }

  #grow(needed: number): void {
    const larger = new Float64Array(Math.max(needed, this.values.length * 2));
    larger.set(this.values);
    this.values = larger;
  }
}

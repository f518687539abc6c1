/**
 * Numbers of columns as unsigned integers of 0, 1, 2 or 4 bytes: value = base + step × integer, where that is exact;
 * otherwise (width 8) they stay 64-bit floating point.
 */

/** How numbers are packed. Width 0: all are `base`. */
export type Packing = { readonly base: number; readonly step: number; readonly width: 0 | 1 | 2 | 4 | 8 };

/** Finds the packing of numbers as they come. */
export class PackingChooser {
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;
  #first = 0;
  #step = 0;
  #isRaw = false;

  /** Takes values `from` to `to` - 1. */
  add(values: ArrayLike<number>, from: number, to: number): void {
    for (let i = from; i < to && !this.#isRaw; i++) this.#addOne(values[i]!);
  }

  packing(): Packing {
    if (this.#least > this.#greatest && !this.#isRaw) return { base: 0, step: 1, width: 0 };
    const [base, step] = [this.#least, Math.max(1, this.#step)];
    const range = (this.#greatest - base) / step;
    if (this.#isRaw || range > 0xffffffff) return { base: 0, step: 1, width: 8 };
    return { base, step, width: range === 0 ? 0 : range <= 0xff ? 1 : range <= 0xffff ? 2 : 4 };
  }

  #addOne(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#isRaw = true;
      return;
    }
    if (this.#least > this.#greatest) this.#first = value;
    if (value < this.#least) this.#least = value;
    if (value > this.#greatest) this.#greatest = value;
    if (!Number.isSafeInteger(this.#greatest - this.#least)) this.#isRaw = true;
    else if (this.#step !== 1) this.#step = greatestCommonDivisor(this.#step, Math.abs(value - this.#first));
  }
}

/** Bytes of packed values in memory. */
export function packedBytes(packing: Packing, count: number): number {
  return packing.width * count;
}

/** Packed values, in place. */
export class PackedValues {
  readonly packing: Packing;
  readonly count: number;
  readonly #integers: Uint8Array | Uint16Array | Uint32Array | undefined;
  readonly #raw: Float64Array | undefined;

  /** @param bytes At least `packedBytes(packing, count)`, aligned to the width. */
  constructor(packing: Packing, bytes: Uint8Array, count: number) {
    this.packing = packing;
    this.count = count;
    const { buffer, byteOffset } = bytes;
    const { width } = packing;
    this.#integers =
      width === 1
        ? new Uint8Array(buffer, byteOffset, count)
        : width === 2
          ? new Uint16Array(buffer, byteOffset, count)
          : width === 4
            ? new Uint32Array(buffer, byteOffset, count)
            : undefined;
    this.#raw = width === 8 ? new Float64Array(buffer, byteOffset, count) : undefined;
  }

  at(index: number): number {
    const integers = this.#integers;
    if (integers !== undefined) return this.packing.base + this.packing.step * integers[index]!;
    return this.#raw === undefined ? this.packing.base : this.#raw[index]!;
  }

  /** Copies values `from` to `to` - 1 into `into`, from its start. */
  read(from: number, to: number, into: Float64Array | Uint32Array): void {
    const integers = this.#integers;
    const { base, step } = this.packing;
    if (integers instanceof Uint8Array) for (let i = from; i < to; i++) into[i - from] = base + step * integers[i]!;
    else if (integers instanceof Uint16Array) {
      for (let i = from; i < to; i++) into[i - from] = base + step * integers[i]!;
    } else if (integers !== undefined) for (let i = from; i < to; i++) into[i - from] = base + step * integers[i]!;
    else if (this.#raw !== undefined) for (let i = from; i < to; i++) into[i - from] = this.#raw[i]!;
    else into.fill(base, 0, to - from);
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  let [greater, smaller] = [a, b];
  while (smaller !== 0) [greater, smaller] = [smaller, greater % smaller];
  return greater;
}

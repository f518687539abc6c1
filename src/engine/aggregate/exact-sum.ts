/**
 * Sums that are exact, and so do not depend on the order in which numbers come: a sum is kept as a list of doubles that
 * add up to it and do not overlap (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997, GROW-EXPANSION),
 * and rounded once, at the end, as Python's `math.fsum` does. Numbers near the end of the double range are kept apart,
 * scaled, so that what overflows does not depend on the order either.
 */

/** Doubles that add up to a sum. Those of magnitude `HUGE` or more are what they are, not scaled. */
export type Expansion = readonly number[];

/** Numbers from here on could overflow in a sum of 2^40 of them. */
const HUGE = 2 ** 980;
const SCALE = 2 ** -100;

/** Sums of many buckets. Two doubles for each are enough nearly always; what does not fit goes into a list. */
export class ExactSums {
  #high = new Float64Array(8);
  #low = new Float64Array(8);
  readonly #rest = new Map<number, number[]>();
  readonly #huge = new Map<number, number[]>();

  /** Makes room for buckets below `count`. */
  reserve(count: number): void {
    if (count <= this.#high.length) return;
    this.#high = grown(this.#high, count);
    this.#low = grown(this.#low, count);
  }

  /** Bytes per bucket. */
  static readonly bucketBytes = 16;

  /** Adds a number to the sum of a bucket that there is room for. Infinities count as the greatest finite number. */
  add(bucket: number, value: number): void {
    if (!(value < HUGE && value > -HUGE)) {
      this.#addHuge(bucket, value);
      return;
    }
    const high = this.#high[bucket]!;
    const sum = high + value;
    const part = sum - high;
    const error = high - (sum - part) + (value - part);
    this.#high[bucket] = sum;
    if (error !== 0) this.#addLow(bucket, error);
  }

  /** The sum of a bucket, exactly. */
  expansion(bucket: number): Expansion {
    if (bucket >= this.#high.length) return [];
    const parts = [this.#high[bucket]!, this.#low[bucket]!, ...(this.#rest.get(bucket) ?? [])];
    const huge = this.#huge.get(bucket);
    return huge === undefined ? compactExpansion(parts) : compactExpansion([...parts, ...unscaled(huge)]);
  }

  #addLow(bucket: number, value: number): void {
    const low = this.#low[bucket]!;
    const sum = low + value;
    const part = sum - low;
    const error = low - (sum - part) + (value - part);
    this.#low[bucket] = sum;
    if (error !== 0) growIn(this.#rest, bucket, error);
  }

  #addHuge(bucket: number, value: number): void {
    if (Number.isNaN(value)) return;
    growIn(this.#huge, bucket, Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)) * SCALE);
  }
}

/** Adds up sums, exactly. */
export function addExpansions(a: Expansion, b: Expansion): Expansion {
  if (a.length === 0) return b;
  return b.length === 0 ? a : compactExpansion([...a, ...b]);
}

/** The double nearest to a sum. What is beyond the range of doubles is infinite. */
export function roundExpansion(expansion: Expansion): number {
  if (expansion.length <= 1) return (expansion[0] ?? 0) + 0;
  const huge: number[] = [];
  const parts: number[] = [];
  for (const value of expansion) {
    if (Math.abs(value) < HUGE) grow(parts, value);
    else grow(huge, value * SCALE);
  }
  if (huge.length > 0) {
    const scaled = huge.at(-1)! / SCALE;
    if (!Number.isFinite(scaled)) return scaled;
    for (const value of huge) grow(parts, value / SCALE);
  }
  return roundParts(parts) + 0;
}

/** The product of two doubles as two doubles that add up to it; exact unless it is near an end of the range (T. J. Dekker, 1971). */
export function exactProduct(a: number, b: number): readonly [number, number] {
  const product = a * b;
  if (!Number.isFinite(product) || Math.abs(a) > 2 ** 970 || Math.abs(b) > 2 ** 970) return [product, 0];
  const [aHigh, aLow] = split(a);
  const [bHigh, bLow] = split(b);
  return [product, aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

/** Adds a number to a list of doubles that do not overlap, smallest first. */
function grow(parts: number[], value: number): void {
  let carried = value;
  let kept = 0;
  for (const other of parts) {
    const [large, small] = Math.abs(carried) < Math.abs(other) ? [other, carried] : [carried, other];
    const sum = large + small;
    const error = small - (sum - large);
    if (error !== 0) parts[kept++] = error;
    carried = sum;
  }
  parts.length = kept;
  parts.push(carried);
}

/** The same sum in as few doubles as it takes; none for zero. */
function compactExpansion(values: readonly number[]): Expansion {
  const parts: number[] = [];
  const huge: number[] = [];
  for (const value of values) {
    if (value === 0) continue;
    if (Math.abs(value) < HUGE) grow(parts, value);
    else grow(huge, value * SCALE);
  }
  return [...parts, ...unscaled(huge)].filter((value) => value !== 0);
}

/** Parts above the range of doubles are divided among several that are in it. */
function unscaled(huge: readonly number[]): readonly number[] {
  return huge.flatMap((value) => {
    const limit = Number.MAX_VALUE * SCALE;
    const pieces: number[] = [];
    let left = value;
    for (; Math.abs(left) > limit; left -= Math.sign(left) * limit) pieces.push(Math.sign(left) * Number.MAX_VALUE);
    return [...pieces, left / SCALE];
  });
}

/** Rounds the sum of parts that do not overlap, smallest first, half to even. */
function roundParts(parts: readonly number[]): number {
  let at = parts.length - 1;
  if (at < 0) return 0;
  let sum = parts[at]!;
  let error = 0;
  while (at > 0 && error === 0) {
    const before = sum;
    const value = parts[--at]!;
    sum = before + value;
    error = value - (sum - before);
  }
  // A half that was rounded to even goes the other way if what is left pulls there.
  if (at > 0 && ((error < 0 && parts[at - 1]! < 0) || (error > 0 && parts[at - 1]! > 0))) {
    const twice = error * 2;
    const next = sum + twice;
    if (twice === next - sum) sum = next;
  }
  return sum;
}

function growIn(lists: Map<number, number[]>, bucket: number, value: number): void {
  const list = lists.get(bucket);
  if (list === undefined) lists.set(bucket, [value]);
  else grow(list, value);
}

function grown(array: Float64Array<ArrayBuffer>, count: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(count, array.length * 2));
  larger.set(array);
  return larger;
}

function split(value: number): readonly [number, number] {
  const scaled = 134_217_729 * value;
  const high = scaled - (scaled - value);
  return [high, value - high];
}

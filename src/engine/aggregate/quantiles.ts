/**
 * How values are spread: each distinct value with its count while they are few, and beyond a DDSketch, whose answers are
 * within a relative error (C. Masson, J. E. Rim, H. K. Lee, "DDSketch", VLDB 2019). Which form is held depends on the
 * values alone, so merging in any order gives the same.
 */
import { DDSketch } from '@datadog/sketches-js';
import type { QuantilesPartial } from './aggregation.ts';

/** Relative error if none is asked for. */
export const DEFAULT_ACCURACY = 0.01;
/** Distinct values up to which answers are exact. */
export const EXACT_VALUES = 1000;

const VALUE_BYTES = 48;

/** A collection of numbers. */
export class Quantiles {
  readonly #accuracy: number;
  #values: Map<number, number> | undefined = new Map();
  #sketch: DDSketch | undefined;

  constructor(accuracy = DEFAULT_ACCURACY) {
    this.#accuracy = accuracy;
  }

  /** Bytes held, about. */
  get sizeBytes(): number {
    if (this.#sketch === undefined) return (this.#values?.size ?? 0) * VALUE_BYTES;
    return 8 * (this.#sketch.store.bins.length + this.#sketch.negativeStore.bins.length);
  }

  /** Adds a number `count` times. Infinities count as the greatest finite number. */
  add(value: number, count = 1): void {
    const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)) + 0;
    if (this.#values === undefined) {
      this.#sketch?.accept(finite, count);
      return;
    }
    const known = this.#values.get(finite);
    this.#values.set(finite, (known ?? 0) + count);
    if (known === undefined && this.#values.size > EXACT_VALUES) this.#toSketch();
  }

  /** Adds what another shard saw, with the same accuracy. */
  addPartial({ values, sketch }: QuantilesPartial): void {
    for (let i = 0; i + 1 < (values?.length ?? 0); i += 2) this.add(values?.[i] ?? 0, values?.[i + 1] ?? 0);
    if (sketch === undefined) return;
    const own = this.#toSketch();
    const { zeros, positive, negative, min, max } = sketch;
    for (let i = 0; i + 1 < positive.length; i += 2) own.store.add(positive[i]!, positive[i + 1]);
    for (let i = 0; i + 1 < negative.length; i += 2) own.negativeStore.add(negative[i]!, negative[i + 1]);
    own.zeroCount += zeros;
    own.count = own.store.count + own.negativeStore.count + own.zeroCount;
    own.min = Math.min(own.min, min);
    own.max = Math.max(own.max, max);
  }

  partial(): QuantilesPartial {
    const sketch = this.#sketch;
    if (sketch === undefined) return { kind: 'quantiles', values: this.#sorted().flat() };
    const { zeroCount: zeros, store, negativeStore, min, max } = sketch;
    return { kind: 'quantiles', sketch: { zeros, positive: bins(store), negative: bins(negativeStore), min, max } };
  }

  /**
   * The value below which a share of the numbers lies: between the two next to rank `percent / 100 * (count - 1)`, in
   * proportion, where values are exact; else one within the relative error of the lower of the two.
   *
   * @returns Null without numbers.
   */
  valueAt(percent: number): number | null {
    const sketch = this.#sketch;
    if (sketch === undefined) return exactValueAt(this.#sorted(), percent / 100);
    if (percent <= 0) return sketch.min;
    if (percent >= 100) return sketch.max;
    return Math.max(sketch.min, Math.min(sketch.max, sketch.getValueAtQuantile(percent / 100)));
  }

  /** Share of the numbers that are not above a value, in percent; null without numbers. */
  rankOf(value: number): number | null {
    const sketch = this.#sketch;
    if (sketch !== undefined) return (100 * countUpTo(sketch, value)) / sketch.count;
    let [below, total] = [0, 0];
    for (const [known, count] of this.#values ?? []) {
      total += count;
      if (known <= value) below += count;
    }
    return total === 0 ? null : (100 * below) / total;
  }

  #sorted(): [value: number, count: number][] {
    return [...(this.#values ?? [])].sort(([a], [b]) => a - b);
  }

  #toSketch(): DDSketch {
    if (this.#sketch !== undefined) return this.#sketch;
    const sketch = new DDSketch({ relativeAccuracy: this.#accuracy });
    // Rising keys let the store grow at one end.
    for (const [value, count] of this.#sorted()) sketch.accept(value, count);
    this.#values = undefined;
    this.#sketch = sketch;
    return sketch;
  }
}

type Bins = DDSketch['store'];

/** Keys and counts in turn, of bins that are not empty. */
function bins({ bins: counts, offset }: Bins): readonly number[] {
  return counts.flatMap((count, index) => (count === 0 ? [] : [index + offset, count]));
}

function exactValueAt(sorted: readonly (readonly [number, number])[], share: number): number | null {
  let total = 0;
  for (const [, count] of sorted) total += count;
  if (total === 0) return null;
  const rank = share * (total - 1);
  const lower = valueOfRank(sorted, Math.floor(rank));
  const upper = valueOfRank(sorted, Math.ceil(rank));
  const part = rank - Math.floor(rank);
  return lower === upper ? lower : lower * (1 - part) + upper * part;
}

function valueOfRank(sorted: readonly (readonly [number, number])[], rank: number): number {
  let left = rank;
  for (const [value, count] of sorted) {
    if (left < count) return value;
    left -= count;
  }
  return sorted.at(-1)?.[0] ?? 0;
}

/** Numbers whose bin is not above that of a value. */
function countUpTo({ mapping, store, negativeStore, zeroCount, min, max, count }: DDSketch, value: number): number {
  if (value < min) return 0;
  if (value >= max) return count;
  if (value > mapping.minPossible)
    return negativeStore.count + zeroCount + sumOfBins(store, (key) => key <= mapping.key(value));
  if (value >= -mapping.minPossible) return negativeStore.count + zeroCount;
  return sumOfBins(negativeStore, (key) => key >= mapping.key(-value));
}

function sumOfBins({ bins: counts, offset }: Bins, counts_: (key: number) => boolean): number {
  return counts.reduce((sum, count, index) => (counts_(index + offset) ? sum + count : sum), 0);
}

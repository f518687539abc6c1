/** Collects figures of numbers: how many, their exact sum and that of their squares, the least and the greatest. */
import type { IndexPart } from '../part/index-part.ts';
import type { StatsPartial } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import type { Budget } from './budget.ts';
import type { Batch, Collector } from './collector.ts';
import { ExactSums, exactProduct } from './exact-sum.ts';

/** What a collector of figures takes. */
export type StatsOptions = {
  readonly field: string;
  readonly missing?: number | undefined;
  /** Which figures are wanted: counts are kept always. */
  readonly sums: boolean;
  readonly extremes: boolean;
  readonly squares: boolean;
};

/** Figures by bucket. */
export class StatsCollector implements Collector {
  readonly needsScores = false;
  readonly #values: BatchValues;
  readonly #budget: Budget;
  readonly #options: StatsOptions;
  readonly #sums = new ExactSums();
  readonly #squares = new ExactSums();
  #counts = new Float64Array(0);
  #mins = new Float64Array(0);
  #maxs = new Float64Array(0);

  constructor(options: StatsOptions, budget: Budget) {
    this.#options = options;
    this.#values = new BatchValues(options.field, options.missing);
    this.#budget = budget;
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    this.#reserve(batch);
    this.#count(batch);
    if (this.#options.extremes) this.#compare(batch);
    if (this.#options.sums) this.#sum(batch);
    if (this.#options.squares) this.#square(batch);
  }

  partial(bucket: number): StatsPartial {
    const count = this.#counts[bucket] ?? 0;
    const isEmpty = count === 0 || !this.#options.extremes;
    const figures = {
      kind: 'stats' as const,
      count,
      sum: this.#sums.expansion(bucket),
      min: isEmpty ? null : finite(this.#mins[bucket]!),
      max: isEmpty ? null : finite(this.#maxs[bucket]!),
    };
    return this.#options.squares ? { ...figures, squares: this.#squares.expansion(bucket) } : figures;
  }

  #count({ buckets, count }: Batch): void {
    const { starts } = this.#values;
    for (let i = 0; i < count; i++) this.#counts[buckets[i]!]! += starts[i + 1]! - starts[i]!;
  }

  #compare({ buckets, count }: Batch): void {
    const { starts, values } = this.#values;
    for (let i = 0; i < count; i++) {
      const [start, end] = [starts[i]!, starts[i + 1]!];
      if (start === end) continue;
      const bucket = buckets[i]!;
      if (values[start]! < this.#mins[bucket]!) this.#mins[bucket] = values[start]!;
      if (values[end - 1]! > this.#maxs[bucket]!) this.#maxs[bucket] = values[end - 1]!;
    }
  }

  #sum({ buckets, count }: Batch): void {
    const { starts, values } = this.#values;
    const sums = this.#sums;
    for (let i = 0; i < count; i++)
      for (let at = starts[i]!; at < starts[i + 1]!; at++) sums.add(buckets[i]!, values[at]!);
  }

  #square({ buckets, count }: Batch): void {
    const { starts, values } = this.#values;
    const squares = this.#squares;
    for (let i = 0; i < count; i++) {
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const [product, error] = exactProduct(values[at]!, values[at]!);
        squares.add(buckets[i]!, product);
        if (error !== 0) squares.add(buckets[i]!, error);
      }
    }
  }

  #reserve({ buckets, count }: Batch): void {
    let needed = 0;
    for (let i = 0; i < count; i++) if (buckets[i]! >= needed) needed = buckets[i]! + 1;
    const held = this.#counts.length;
    if (needed <= held) return;
    const length = Math.max(needed, 2 * held);
    const { sums, squares } = this.#options;
    this.#budget.takeBytes((length - held) * (24 + ExactSums.bucketBytes * (Number(sums) + Number(squares))));
    this.#counts = grown(this.#counts, length, 0);
    this.#mins = grown(this.#mins, length, Number.POSITIVE_INFINITY);
    this.#maxs = grown(this.#maxs, length, Number.NEGATIVE_INFINITY);
    if (sums) this.#sums.reserve(length);
    if (squares) this.#squares.reserve(length);
  }
}

/** Partials are JSON-safe: infinities count as the greatest finite number. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

function grown(array: Float64Array, length: number, fill: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length).fill(fill, array.length);
  larger.set(array);
  return larger;
}

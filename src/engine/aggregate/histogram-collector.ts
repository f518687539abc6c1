/** Collects documents by intervals of a number or date. A document is in each interval that has one of its values, once. */
import type { IndexPart } from '../part/index-part.ts';
import type { Bounds, HistogramPartial } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import { BucketTable } from './bucket-table.ts';
import type { Budget } from './budget.ts';
import type { Batch, Collector, SubCollectors } from './collector.ts';
import type { Rounding } from './rounding.ts';

/** What a collector of intervals takes. */
export type HistogramOptions = {
  readonly field: string;
  readonly rounding: Rounding;
  readonly missing?: number | undefined;
  /** Buckets that start outside are left out. */
  readonly hardBounds?: Bounds | undefined;
};

/** Buckets by where they start. */
export class HistogramCollector implements Collector {
  readonly needsScores: boolean;
  readonly #values: BatchValues;
  readonly #rounding: Rounding;
  readonly #least: number;
  readonly #greatest: number;
  readonly #below: SubCollectors;
  readonly #budget: Budget;
  readonly #table: BucketTable;

  constructor({ field, rounding, missing, hardBounds }: HistogramOptions, below: SubCollectors, budget: Budget) {
    this.#values = new BatchValues(field, missing);
    this.#rounding = rounding;
    this.#least = hardBounds?.min ?? Number.NEGATIVE_INFINITY;
    this.#greatest = hardBounds?.max ?? Number.POSITIVE_INFINITY;
    this.#below = below;
    this.#budget = budget;
    this.#table = new BucketTable(budget);
    this.needsScores = below.needsScores;
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
    this.#below.startPart(part);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    const { starts, values } = this.#values;
    this.#rounding.roundAll(values, starts[batch.count]!);
    this.#below.begin(batch);
    const isLeaf = this.#below.isEmpty;
    const table = this.#table;
    // Neighbours often fall into the same bucket.
    let [lastKey, lastParent, bucket] = [Number.NaN, -1, -1];
    for (let i = 0; i < batch.count; i++) {
      const parent = batch.buckets[i]!;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const key = values[at]!;
        if (at > starts[i]! && key === values[at - 1]!) continue;
        if (key !== lastKey || parent !== lastParent) {
          if (!(key >= this.#least && key <= this.#greatest)) continue;
          bucket = table.bucketOf(parent, key);
          lastKey = key;
          lastParent = parent;
        }
        table.count(bucket);
        if (!isLeaf) this.#below.push(batch.ordinals[i]!, bucket);
      }
    }
    this.#below.flush();
    this.#budget.checkBuckets(table.size);
  }

  partial(bucket: number): HistogramPartial {
    const table = this.#table;
    const own = [...table.of(bucket)].sort((a, b) => table.keyOf(a) - table.keyOf(b));
    this.#budget.takeBuckets(own.length);
    return {
      kind: 'histogram',
      buckets: own.map((of) => [table.keyOf(of), table.docCount(of), ...this.#below.partials(of)] as const),
    };
  }
}

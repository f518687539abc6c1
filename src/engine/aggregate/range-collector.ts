/** Collects documents by ranges of a number or date. A document is in each range that has one of its values, once. */
import type { IndexPart } from '../part/index-part.ts';
import type { Range, SlotsPartial } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import type { Batch, Collector, SubCollectors } from './collector.ts';
import { BucketCounts } from './count-collectors.ts';

/** What a collector of ranges takes. */
export type RangeOptions = {
  readonly field: string;
  readonly ranges: readonly Range[];
  readonly missing?: number | undefined;
};

/** One bucket per range, in the order of the request. */
export class RangeCollector implements Collector {
  readonly needsScores: boolean;
  readonly #values: BatchValues;
  readonly #froms: Float64Array;
  readonly #tos: Float64Array;
  readonly #below: SubCollectors;
  readonly #counts = new BucketCounts();

  constructor({ field, ranges, missing }: RangeOptions, below: SubCollectors) {
    this.#values = new BatchValues(field, missing);
    this.#froms = Float64Array.from(ranges, ({ from }) => from ?? Number.NEGATIVE_INFINITY);
    this.#tos = Float64Array.from(ranges, ({ to }) => to ?? Number.POSITIVE_INFINITY);
    this.#below = below;
    this.needsScores = below.needsScores;
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
    this.#below.startPart(part);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    const { starts } = this.#values;
    const rangeCount = this.#froms.length;
    this.#below.begin(batch);
    for (let i = 0; i < batch.count; i++) {
      for (let range = 0; range < rangeCount; range++) {
        if (!this.#hasValue(starts[i]!, starts[i + 1]!, range)) continue;
        const own = batch.buckets[i]! * rangeCount + range;
        this.#counts.add(own, 1);
        if (!this.#below.isEmpty) this.#below.push(batch.ordinals[i]!, own);
      }
    }
    this.#below.flush();
  }

  partial(bucket: number): SlotsPartial {
    const rangeCount = this.#froms.length;
    const slots = Array.from({ length: rangeCount }, (_, range) => {
      const own = bucket * rangeCount + range;
      return [this.#counts.of(own), ...this.#below.partials(own)] as const;
    });
    return { kind: 'slots', slots };
  }

  #hasValue(start: number, end: number, range: number): boolean {
    const { values } = this.#values;
    const from = this.#froms[range]!;
    const to = this.#tos[range]!;
    for (let at = start; at < end; at++) {
      const value = values[at]!;
      if (value >= from && (value < to || to === Number.POSITIVE_INFINITY)) return true;
    }
    return false;
  }
}

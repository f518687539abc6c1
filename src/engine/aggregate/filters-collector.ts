/** Collects the documents that queries match: `filter`, `filters`, and the bucket of those that no filter takes. */
import type { IndexPart } from '../part/index-part.ts';
import type { CompiledFilter, FilterWalk } from '../query/compiled-filter.ts';
import type { SlotsPartial } from './aggregation.ts';
import type { Batch, Collector, SubCollectors } from './collector.ts';
import { BucketCounts } from './count-collectors.ts';

/** One bucket per filter, and one more for the others if they are wanted; below every bucket of the level above. */
export class FiltersCollector implements Collector {
  readonly needsScores: boolean;
  readonly #filters: readonly CompiledFilter[];
  readonly #slotCount: number;
  readonly #below: SubCollectors;
  readonly #counts = new BucketCounts();
  #walks: readonly FilterWalk[] = [];
  #windows: readonly Uint32Array[] = [];
  #base = -1;

  constructor(
    { filters, hasOther }: { readonly filters: readonly CompiledFilter[]; readonly hasOther: boolean },
    below: SubCollectors,
  ) {
    this.#filters = filters;
    this.#slotCount = filters.length + (hasOther ? 1 : 0);
    this.#below = below;
    this.needsScores = below.needsScores;
  }

  startPart(part: IndexPart): void {
    this.#walks = this.#filters.map((filter) => filter.on(part));
    this.#base = -1;
    this.#below.startPart(part);
  }

  collect(batch: Batch): void {
    if (batch.base !== this.#base) {
      this.#base = batch.base;
      this.#windows = this.#walks.map((walk) => walk.window(batch.base));
    }
    this.#below.begin(batch);
    for (let i = 0; i < batch.count; i++) this.#place(batch.ordinals[i]!, batch.buckets[i]!);
    this.#below.flush();
  }

  partial(bucket: number): SlotsPartial {
    const slots = Array.from({ length: this.#slotCount }, (_, slot) => {
      const own = bucket * this.#slotCount + slot;
      return [this.#counts.of(own), ...this.#below.partials(own)] as const;
    });
    return { kind: 'slots', slots };
  }

  #place(ordinal: number, bucket: number): void {
    const place = ordinal - this.#base;
    const first = bucket * this.#slotCount;
    let isTaken = false;
    for (let slot = 0; slot < this.#windows.length; slot++) {
      if (((this.#windows[slot]![place >>> 5]! >>> (place & 31)) & 1) === 0) continue;
      isTaken = true;
      this.#add(ordinal, first + slot);
    }
    if (!isTaken && this.#slotCount > this.#windows.length) this.#add(ordinal, first + this.#windows.length);
  }

  #add(ordinal: number, bucket: number): void {
    this.#counts.add(bucket, 1);
    this.#below.push(ordinal, bucket);
  }
}

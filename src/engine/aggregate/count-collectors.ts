/** Collects counts of values (`value_count`), and buckets of documents without a value (`missing`). */
import type { Column, IndexPart } from '../part/index-part.ts';
import type { CountPartial, SlotsPartial } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import type { Batch, Collector, SubCollectors } from './collector.ts';

/** Numbers by bucket, growing as buckets come. */
export class BucketCounts {
  #counts = new Float64Array(16);

  add(bucket: number, count: number): void {
    if (bucket >= this.#counts.length) {
      const larger = new Float64Array(Math.max(bucket + 1, this.#counts.length * 2));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[bucket]! += count;
  }

  of(bucket: number): number {
    return this.#counts[bucket] ?? 0;
  }
}

/** Counts values. */
export class ValueCountCollector implements Collector {
  readonly needsScores = false;
  readonly #values: BatchValues;
  readonly #counts = new BucketCounts();

  /** @param countsMissing Whether a document without a value counts as one. */
  constructor({ field, countsMissing }: { readonly field: string; readonly countsMissing: boolean }) {
    this.#values = new BatchValues(field, countsMissing ? 0 : undefined);
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    const { starts } = this.#values;
    for (let i = 0; i < batch.count; i++) this.#counts.add(batch.buckets[i]!, starts[i + 1]! - starts[i]!);
  }

  partial(bucket: number): CountPartial {
    return { kind: 'count', count: this.#counts.of(bucket) };
  }
}

/** One bucket of the documents that lack a field. Its number is that of the level above. */
export class MissingCollector implements Collector {
  readonly needsScores: boolean;
  readonly #field: string;
  readonly #below: SubCollectors;
  readonly #counts = new BucketCounts();
  #column: Column | undefined;

  constructor(field: string, below: SubCollectors) {
    this.#field = field;
    this.#below = below;
    this.needsScores = below.needsScores;
  }

  startPart(part: IndexPart): void {
    this.#column = part.column(this.#field);
    this.#below.startPart(part);
  }

  collect(batch: Batch): void {
    const column = this.#column;
    this.#below.begin(batch);
    for (let i = 0; i < batch.count; i++) {
      if (column?.has(batch.ordinals[i]!) === true) continue;
      this.#counts.add(batch.buckets[i]!, 1);
      this.#below.push(batch.ordinals[i]!, batch.buckets[i]!);
    }
    this.#below.flush();
  }

  partial(bucket: number): SlotsPartial {
    return { kind: 'slots', slots: [[this.#counts.of(bucket), ...this.#below.partials(bucket)]] };
  }
}

/** Collects sketches of values by bucket: distinct ones (`cardinality`), and how they are spread (`percentiles`). */
import type { IndexPart, InvertedField } from '../part/index-part.ts';
import type { FieldValue } from '../query/query.ts';
import type { CardinalityPartial, QuantilesPartial } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import type { Budget } from './budget.ts';
import type { Batch, Collector } from './collector.ts';
import { HyperLogLog } from './hyper-log-log.ts';
import { Hash64 } from './murmur3.ts';
import { Quantiles } from './quantiles.ts';

/** Column value of a document without a keyword. */
const MISSING_TERM = -1;

/** What a collector of distinct values takes. */
export type CardinalityOptions = {
  readonly field: string;
  readonly isKeyword: boolean;
  readonly missing?: FieldValue | undefined;
  readonly threshold?: number | undefined;
};

/** Distinct values by bucket. Terms are hashed once per part. */
export class CardinalityCollector implements Collector {
  readonly needsScores = false;
  readonly #options: CardinalityOptions;
  readonly #budget: Budget;
  readonly #values: BatchValues;
  readonly #sketches: HyperLogLog[] = [];
  readonly #hash = new Hash64();
  #terms: TermHashes | undefined;

  constructor(options: CardinalityOptions, budget: Budget) {
    const { field, isKeyword, missing } = options;
    this.#options = options;
    this.#budget = budget;
    this.#values = new BatchValues(
      field,
      missing === undefined ? undefined : isKeyword ? MISSING_TERM : Number(missing),
    );
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
    const { isKeyword, field, missing } = this.#options;
    if (isKeyword) this.#terms = new TermHashes(part.inverted(field), missing);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    const { starts, values } = this.#values;
    const { buckets, count } = batch;
    for (let i = 0; i < count; i++) {
      if (starts[i] === starts[i + 1]) continue;
      const sketch = this.#sketchOf(buckets[i]!);
      const sizeBefore = sketch.sizeBytes;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) this.#add(sketch, values[at]!);
      if (sketch.sizeBytes !== sizeBefore) this.#budget.takeBytes(sketch.sizeBytes - sizeBefore);
    }
  }

  partial(bucket: number): CardinalityPartial {
    return this.#sketches[bucket]?.partial() ?? { kind: 'cardinality', entries: [] };
  }

  #add(sketch: HyperLogLog, value: number): void {
    if (this.#terms !== undefined) this.#terms.addTo(sketch, value);
    else {
      this.#hash.ofNumber(value);
      sketch.add(this.#hash.high, this.#hash.low);
    }
  }

  #sketchOf(bucket: number): HyperLogLog {
    const known = this.#sketches[bucket];
    if (known !== undefined) return known;
    const sketch = new HyperLogLog(this.#options.threshold);
    while (this.#sketches.length < bucket) this.#sketches.push(new HyperLogLog(this.#options.threshold));
    this.#sketches[bucket] = sketch;
    this.#budget.takeBytes(sketch.sizeBytes + 64);
    return sketch;
  }
}

/** Hashes of a part's terms by number, worked out when they are first met. */
class TermHashes {
  readonly #field: InvertedField | undefined;
  readonly #missing: string;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #isKnown: Uint8Array;
  readonly #hash = new Hash64();

  constructor(field: InvertedField | undefined, missing: FieldValue | undefined) {
    const termCount = field?.termCount ?? 0;
    this.#field = field;
    this.#missing = String(missing ?? '');
    this.#high = new Uint32Array(termCount);
    this.#low = new Uint32Array(termCount);
    this.#isKnown = new Uint8Array(termCount);
  }

  addTo(sketch: HyperLogLog, term: number): void {
    if (term === MISSING_TERM) {
      this.#hash.ofString(this.#missing);
      sketch.add(this.#hash.high, this.#hash.low);
      return;
    }
    if (this.#isKnown[term] === 0) this.#learn(term);
    sketch.add(this.#high[term]!, this.#low[term]!);
  }

  #learn(term: number): void {
    this.#hash.ofString(this.#field?.term(term) ?? '');
    this.#high[term] = this.#hash.high;
    this.#low[term] = this.#hash.low;
    this.#isKnown[term] = 1;
  }
}

/** What a collector of quantiles takes. */
export type QuantilesOptions = {
  readonly field: string;
  readonly missing?: number | undefined;
  readonly accuracy?: number | undefined;
};

/** How values are spread, by bucket. */
export class QuantilesCollector implements Collector {
  readonly needsScores = false;
  readonly #accuracy: number | undefined;
  readonly #budget: Budget;
  readonly #values: BatchValues;
  readonly #sketches: Quantiles[] = [];

  constructor({ field, missing, accuracy }: QuantilesOptions, budget: Budget) {
    this.#accuracy = accuracy;
    this.#budget = budget;
    this.#values = new BatchValues(field, missing);
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    const { starts, values } = this.#values;
    for (let i = 0; i < batch.count; i++) {
      if (starts[i] === starts[i + 1]) continue;
      const sketch = this.#sketchOf(batch.buckets[i]!);
      const sizeBefore = sketch.sizeBytes;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) sketch.add(values[at]!);
      if (sketch.sizeBytes > sizeBefore) this.#budget.takeBytes(sketch.sizeBytes - sizeBefore);
    }
  }

  partial(bucket: number): QuantilesPartial {
    return this.#sketches[bucket]?.partial() ?? { kind: 'quantiles', values: [] };
  }

  #sketchOf(bucket: number): Quantiles {
    const known = this.#sketches[bucket];
    if (known !== undefined) return known;
    while (this.#sketches.length <= bucket) this.#sketches.push(new Quantiles(this.#accuracy));
    this.#budget.takeBytes(128);
    return this.#sketches[bucket]!;
  }
}

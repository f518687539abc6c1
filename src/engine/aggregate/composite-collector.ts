/**
 * Collects documents by the keys of several sources at once and keeps the first `size` of them after a given one, so
 * that all combinations can be paged through. A document with several values counts once for each combination.
 */
import type { IndexPart } from '../part/index-part.ts';
import type { FieldValue } from '../query/query.ts';
import type { AggregationOf, CompositePartial, CompositeSource } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import { BucketTable } from './bucket-table.ts';
import type { Budget } from './budget.ts';
import type { Batch, Collector, SubCollectors } from './collector.ts';
import { type CompositeKey, compareComposite, isAfter } from './composite-keys.ts';
import { DateRounding, NumberRounding, type Rounding } from './rounding.ts';
import { TermFilter } from './term-filter.ts';
import { TermIds } from './term-ids.ts';

type Page = {
  /** Buckets of the page, in order. */
  readonly kept: { readonly key: CompositeKey; readonly bucket: number }[];
};

/** Which of the fields hold keywords. */
export type CompositeContext = { readonly isKeyword: (field: string) => boolean; readonly budget: Budget };

/** First buckets by key, for every bucket of the level above. */
export class CompositeCollector implements Collector {
  readonly needsScores: boolean;
  readonly #aggregation: AggregationOf<'composite'>;
  readonly #below: SubCollectors;
  readonly #budget: Budget;
  readonly #sources: readonly SourceValues[];
  /** Numbers of keys: each source's table maps the number of the keys before it and its own key to the next number. */
  readonly #tables: readonly BucketTable[];
  readonly #pages: Page[] = [];

  constructor(aggregation: AggregationOf<'composite'>, { isKeyword, budget }: CompositeContext, below: SubCollectors) {
    this.#aggregation = aggregation;
    this.#below = below;
    this.#budget = budget;
    this.#sources = aggregation.sources.map((source) => new SourceValues(source, isKeyword(source.field), budget));
    this.#tables = aggregation.sources.map(() => new BucketTable(budget));
    this.needsScores = below.needsScores;
  }

  startPart(part: IndexPart): void {
    for (const source of this.#sources) source.startPart(part);
    this.#below.startPart(part);
  }

  collect(batch: Batch): void {
    for (const source of this.#sources) source.load(batch);
    this.#below.begin(batch);
    const key: (FieldValue | null)[] = [];
    for (let i = 0; i < batch.count; i++) this.#combine(batch, i, key);
    this.#below.flush();
  }

  partial(bucket: number): CompositePartial {
    const kept = this.#pages[bucket]?.kept ?? [];
    this.#budget.takeBuckets(kept.length);
    const counts = this.#tables.at(-1)!;
    return {
      kind: 'composite',
      buckets: kept.map(({ key, bucket: own }) => [key, counts.docCount(own), ...this.#below.partials(own)] as const),
    };
  }

  /** Goes through the combinations of a document's values, one source deeper at each call. */
  #combine(batch: Batch, index: number, key: (FieldValue | null)[]): void {
    const source = this.#sources[key.length];
    if (source === undefined) {
      this.#add(batch.ordinals[index]!, batch.buckets[index]!, key);
      return;
    }
    const end = source.end(index);
    for (let at = source.start(index); at < end; at++) {
      if (at > source.start(index) && source.isSame(at, at - 1)) continue;
      key.push(source.keyAt(at));
      this.#combine(batch, index, key);
      key.pop();
    }
    if (source.start(index) === end && source.missingBucket) {
      key.push(null);
      this.#combine(batch, index, key);
      key.pop();
    }
  }

  #add(ordinal: number, parent: number, key: CompositeKey): void {
    const { sources, size } = this.#aggregation;
    if (!isAfter(key, this.#aggregation)) return;
    const { kept } = this.#pageOf(parent);
    const last = kept.length < size ? undefined : kept.at(-1);
    if (last !== undefined && compareComposite(key, last.key, sources) > 0) return;
    const bucket = this.#bucketOf(parent, key);
    const counts = this.#tables.at(-1)!;
    if (counts.docCount(bucket) === 0) {
      // A key that fell out of a page is never met again: the page's end only moves forward.
      if (last !== undefined) kept.pop();
      insert(kept, { key: [...key], bucket }, sources);
    }
    counts.count(bucket);
    if (!this.#below.isEmpty) this.#below.push(ordinal, bucket);
  }

  #bucketOf(parent: number, key: CompositeKey): number {
    let bucket = parent;
    for (let i = 0; i < key.length; i++) bucket = this.#tables[i]!.bucketOf(bucket, this.#sources[i]!.idOf(key[i]!));
    return bucket;
  }

  #pageOf(parent: number): Page {
    while (this.#pages.length <= parent) this.#pages.push({ kept: [] });
    return this.#pages[parent]!;
  }
}

/** One source's keys for the documents of a batch. */
class SourceValues {
  readonly missingBucket: boolean;
  readonly #values: BatchValues;
  readonly #rounding: Rounding | undefined;
  readonly #ids: TermIds | undefined;

  constructor(source: CompositeSource, isKeyword: boolean, budget: Budget) {
    this.missingBucket = source.missingBucket === true;
    this.#values = new BatchValues(source.field);
    const takesAll = new TermFilter({}, { field: source.field, isKeyword });
    this.#ids = isKeyword ? new TermIds(source.field, takesAll, budget) : undefined;
    if (source.kind === 'histogram') this.#rounding = new NumberRounding(source);
    else if (source.kind === 'dateHistogram') this.#rounding = new DateRounding(source);
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
    this.#ids?.startPart(part);
  }

  load(batch: Batch): void {
    this.#values.load(batch);
    this.#rounding?.roundAll(this.#values.values, this.#values.starts[batch.count]!);
  }

  start(index: number): number {
    return this.#values.starts[index]!;
  }

  end(index: number): number {
    return this.#values.starts[index + 1]!;
  }

  isSame(a: number, b: number): boolean {
    return this.#values.values[a] === this.#values.values[b];
  }

  keyAt(at: number): FieldValue {
    const value = this.#values.values[at]!;
    return this.#ids === undefined ? value : this.#ids.term(this.#ids.idOf(value));
  }

  /** A number for a key; what stands for null is no other key's. */
  idOf(key: FieldValue | null): number {
    if (key === null) return Number.NEGATIVE_INFINITY;
    return typeof key === 'string' && this.#ids !== undefined ? this.#ids.idOfTerm(key) : Number(key);
  }
}

/** Inserts by bisection; the key is not there yet. */
function insert(kept: Page['kept'], entry: Page['kept'][number], sources: readonly CompositeSource[]): void {
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareComposite(kept[middle]!.key, entry.key, sources) < 0) low = middle + 1;
    else high = middle;
  }
  kept.splice(low, 0, entry);
}

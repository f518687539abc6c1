/**
 * Collects documents by the values of a field. A shard counts every value exactly and sends the best `shardSize`; how
 * many documents the ones left out may have goes with them (`error`), so that the bounds of an answer are honest.
 */
import { type IndexPart, WINDOW } from '../part/index-part.ts';
import type { FieldValue } from '../query/query.ts';
import type { AggregationOf, TermsPartial } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import { bucketComparator, firstOf, isByCount, metricOrders, type Ranked } from './bucket-order.ts';
import { BucketTable } from './bucket-table.ts';
import type { Budget } from './budget.ts';
import type { Batch, Collector, SubCollectors } from './collector.ts';
import { orderNumber } from './metric-value.ts';
import { TermFilter } from './term-filter.ts';
import { NOT_TAKEN, TermIds } from './term-ids.ts';

/** Column value of a document without a keyword. */
const MISSING_TERM = -1;

type TermsAggregation = AggregationOf<'terms'>;

/** What a collector of terms needs beside its aggregation. */
export type TermsContext = {
  readonly isKeyword: boolean;
  /** Whether the level above has one bucket only. */
  readonly isTop: boolean;
  readonly parts: readonly IndexPart[];
  readonly budget: Budget;
};

type Candidate = Ranked & { readonly bucket: number };

/** Buckets by term. Keys in the table are numbers of terms (`TermIds`), or the numbers themselves. */
export class TermsCollector implements Collector {
  readonly needsScores: boolean;
  readonly #aggregation: TermsAggregation;
  readonly #context: TermsContext;
  readonly #below: SubCollectors;
  readonly #values: BatchValues;
  readonly #filter: TermFilter;
  readonly #ids: TermIds | undefined;
  readonly #missingId: number;
  readonly #table: BucketTable;
  /** Bucket by term id where the level above has one bucket: spares the table. */
  #bucketOfId = new Int32Array(64).fill(-1);
  #zeroKeys: readonly number[] | undefined;

  constructor(aggregation: TermsAggregation, context: TermsContext, below: SubCollectors) {
    const { field, missing } = aggregation;
    this.#aggregation = aggregation;
    this.#context = context;
    this.#below = below;
    this.#filter = new TermFilter(aggregation, { field, isKeyword: context.isKeyword });
    this.#ids = context.isKeyword ? new TermIds(field, this.#filter, context.budget) : undefined;
    this.#table = new BucketTable(context.budget);
    const isTaken = missing !== undefined && this.#filter.takes(context.isKeyword ? String(missing) : Number(missing));
    this.#missingId = isTaken ? (this.#ids?.idOfTerm(String(missing)) ?? NOT_TAKEN) : NOT_TAKEN;
    const stand = !isTaken ? undefined : context.isKeyword ? MISSING_TERM : Number(missing);
    this.#values = new BatchValues(field, stand);
    this.needsScores = below.needsScores;
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
    this.#ids?.startPart(part);
    this.#below.startPart(part);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    this.#below.begin(batch);
    if (this.#ids === undefined) this.#collectNumbers(batch);
    else if (this.#context.isTop) this.#collectTopTerms(batch, this.#ids);
    else this.#collectTerms(batch, this.#ids);
    this.#below.flush();
  }

  partial(bucket: number): TermsPartial {
    const { shardSize, order, minDocCount = 1 } = this.#aggregation;
    const { candidates, error, otherDocCount } = this.#candidatesOf(bucket);
    if (minDocCount === 0) this.#addZeros(candidates);
    const sent = firstOf(candidates, shardSize, bucketComparator(order));
    const rest = leftOut(candidates, sent);
    this.#context.budget.takeBuckets(sent.length);
    return {
      kind: 'terms',
      error: Math.max(error, rest.error),
      otherDocCount: otherDocCount + rest.otherDocCount,
      buckets: sent.map(({ key, docCount, bucket: own }) =>
        own < 0 ? ([key, 0, 0] as const) : ([key, docCount, 0, ...this.#below.partials(own)] as const),
      ),
    };
  }

  #collectTopTerms({ ordinals, count }: Batch, ids: TermIds): void {
    const { starts, values } = this.#values;
    const table = this.#table;
    const isLeaf = this.#below.isEmpty;
    for (let i = 0; i < count; i++) {
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const value = values[at]!;
        if (at > starts[i]! && value === values[at - 1]!) continue;
        const id = value === MISSING_TERM ? this.#missingId : ids.idOf(value);
        if (id === NOT_TAKEN) continue;
        const known = this.#bucketOfId[id] ?? -1;
        const bucket = known >= 0 ? known : this.#learnBucket(id);
        table.count(bucket);
        if (!isLeaf) this.#below.push(ordinals[i]!, bucket);
      }
    }
  }

  #collectTerms({ ordinals, buckets, count }: Batch, ids: TermIds): void {
    const { starts, values } = this.#values;
    for (let i = 0; i < count; i++) {
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const value = values[at]!;
        if (at > starts[i]! && value === values[at - 1]!) continue;
        const id = value === MISSING_TERM ? this.#missingId : ids.idOf(value);
        if (id !== NOT_TAKEN) this.#add(ordinals[i]!, buckets[i]!, id);
      }
    }
  }

  #collectNumbers({ ordinals, buckets, count }: Batch): void {
    const { starts, values } = this.#values;
    const { takesAll } = this.#filter;
    for (let i = 0; i < count; i++) {
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const value = values[at]!;
        if (at > starts[i]! && value === values[at - 1]!) continue;
        if (takesAll || this.#filter.takes(value)) this.#add(ordinals[i]!, buckets[i]!, value);
      }
    }
  }

  #add(ordinal: number, parent: number, key: number): void {
    const bucket = this.#table.bucketOf(parent, key);
    this.#table.count(bucket);
    if (!this.#below.isEmpty) this.#below.push(ordinal, bucket);
  }

  #learnBucket(id: number): number {
    if (id >= this.#bucketOfId.length) {
      const larger = new Int32Array(Math.max(id + 1, this.#bucketOfId.length * 2)).fill(-1);
      larger.set(this.#bucketOfId);
      this.#bucketOfId = larger;
    }
    const bucket = this.#table.bucketOf(0, id);
    this.#bucketOfId[id] = bucket;
    return bucket;
  }

  /** Buckets that may be sent; in the order of counts those that cannot are only added up. */
  #candidatesOf(bucket: number): { candidates: Candidate[]; error: number; otherDocCount: number } {
    const table = this.#table;
    const { order, shardSize, aggregations = {} } = this.#aggregation;
    const metrics = metricOrders(order);
    const own = table.of(bucket);
    const least = isByCount(order)
      ? nthGreatest(
          Float64Array.from(own, (of) => table.docCount(of)),
          shardSize,
        )
      : 0;
    const candidates: Candidate[] = [];
    let [error, otherDocCount] = [0, 0];
    for (const of of own) {
      const docCount = table.docCount(of);
      if (docCount < least) {
        otherDocCount += docCount;
        error = Math.max(error, docCount);
        continue;
      }
      const numbers = metrics.map((criterion) =>
        orderNumber(criterion, aggregations, (name) => this.#below.partialOf(name, of)),
      );
      candidates.push({ key: this.#keyOf(table.keyOf(of)), docCount, metrics: numbers, bucket: of });
    }
    return { candidates, error, otherDocCount };
  }

  #keyOf(key: number): FieldValue {
    return this.#ids === undefined ? key : this.#ids.term(key);
  }

  #addZeros(candidates: Candidate[]): void {
    const { order } = this.#aggregation;
    const met = new Set(candidates.map(({ key }) => key));
    const metrics = metricOrders(order).map(() => Number.NaN);
    for (const id of (this.#zeroKeys ??= this.#allKeys())) {
      const key = this.#keyOf(id);
      if (!met.has(key)) candidates.push({ key, docCount: 0, metrics, bucket: -1 });
    }
  }

  /** Every value that a live document of the shard has. */
  #allKeys(): readonly number[] {
    const keys = new Set<number>();
    for (const part of this.#context.parts) {
      if (this.#ids === undefined) this.#addNumbersOf(part, keys);
      else this.#addTermsOf(part, this.#ids, keys);
      this.#context.budget.checkBuckets(keys.size);
    }
    return [...keys];
  }

  #addTermsOf(part: IndexPart, ids: TermIds, keys: Set<number>): void {
    const inverted = part.inverted(this.#aggregation.field);
    if (inverted === undefined) return;
    ids.startPart(part);
    for (let term = 0; term < inverted.termCount; term++) {
      if (inverted.liveDocFrequency(term) === 0) continue;
      const id = ids.idOf(term);
      if (id !== NOT_TAKEN) keys.add(id);
    }
  }

  #addNumbersOf(part: IndexPart, keys: Set<number>): void {
    const column = part.column(this.#aggregation.field);
    if (column === undefined) return;
    for (let ordinal = 0; ordinal < part.endOrdinal; ordinal++) {
      if (((part.live[ordinal >>> 5]! >>> (ordinal & 31)) & 1) === 0) continue;
      for (let at = column.start(ordinal); at < column.end(ordinal); at++)
        if (this.#filter.takes(column.at(at))) keys.add(column.at(at));
      if (ordinal % WINDOW === 0) this.#context.budget.checkBuckets(keys.size);
    }
  }
}

/** The `n`th greatest of some counts; 0 if there are no more than that. Reorders them. */
function nthGreatest(counts: Float64Array, n: number): number {
  return counts.length <= n ? 0 : counts.sort()[counts.length - n]!;
}

/** Documents of the buckets that are not sent, and the most that one of them has. */
function leftOut(
  candidates: readonly Candidate[],
  sent: readonly Candidate[],
): Pick<TermsPartial, 'error' | 'otherDocCount'> {
  if (sent.length === candidates.length) return { error: 0, otherDocCount: 0 };
  const isSent = new Set(sent.map(({ key }) => key));
  let [error, otherDocCount] = [0, 0];
  for (const { key, docCount } of candidates) {
    if (isSent.has(key)) continue;
    otherDocCount += docCount;
    error = Math.max(error, docCount);
  }
  return { error, otherDocCount };
}

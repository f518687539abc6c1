/**
 * Collects documents by the values of a field. A shard counts every value exactly and sends the best `shardSize`; how
 * many documents the ones left out may have goes with them (`error`), so that the bounds of an answer are honest.
 */
import { type IndexPart, type InvertedField, WINDOW } from '../part/index-part.ts';
import type { FieldValue } from '../query/query.ts';
import type { AggregationOf, TermsPartial } from './aggregation.ts';
import { BatchValues } from './batch-values.ts';
import { bucketComparator, firstOf, isByCount, metricOrders, type Ranked } from './bucket-order.ts';
import { BucketTable } from './bucket-table.ts';
import type { Budget } from './budget.ts';
import type { Batch, Collector, SubCollectors } from './collector.ts';
import { orderNumber } from './metric-value.ts';
import { TermCounts } from './term-counts.ts';
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

/** Counts of buckets, and how a candidate is made of each. */
type Tally = {
  readonly counts: Float64Array;
  /** Whether they stand in the order of keys. */
  readonly isByKey: boolean;
  readonly candidateAt: (index: number) => Candidate;
};

/** Bucket of a candidate that has nothing below. */
const NO_BUCKET = -1;

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
  /** Instead of the table, where nothing is below and the level above has one bucket. */
  readonly #leafCounts: TermCounts | undefined;
  #missingCount = 0;
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
    const isLeaf = context.isKeyword && context.isTop && below.isEmpty;
    this.#leafCounts = isLeaf ? new TermCounts(field, this.#filter, context.budget) : undefined;
  }

  startPart(part: IndexPart): void {
    this.#values.startPart(part);
    this.#ids?.startPart(part);
    this.#leafCounts?.startPart(part);
    this.#below.startPart(part);
  }

  collect(batch: Batch): void {
    if (this.#values.isEmpty) return;
    this.#values.load(batch);
    this.#below.begin(batch);
    if (this.#leafCounts !== undefined) this.#countTerms(batch, this.#leafCounts);
    else if (this.#ids === undefined) this.#collectNumbers(batch);
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
        own === NO_BUCKET ? ([key, docCount, 0] as const) : ([key, docCount, 0, ...this.#below.partials(own)] as const),
      ),
    };
  }

  #countTerms({ count }: Batch, counts: TermCounts): void {
    const { starts, values } = this.#values;
    counts.add(values, 0, starts[count]!);
    if (this.#missingId === NOT_TAKEN) return;
    for (let i = 0; i < count; i++) if (values[starts[i]!] === MISSING_TERM) this.#missingCount++;
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

  /** Buckets that may be sent; in the order of counts those that cannot are only added up. */
  #candidatesOf(bucket: number): { candidates: Candidate[]; error: number; otherDocCount: number } {
    const { order, shardSize } = this.#aggregation;
    const { counts, isByKey, candidateAt } = this.#tallyOf(bucket);
    const least = isByCount(order) ? nthGreatest(counts.slice(), shardSize) : 0;
    // Of equal counts at the end the first keys are sent.
    let tiesLeft = isByKey && order.length === 1 && least > 0 ? shardSize - countAbove(counts, least) : counts.length;
    const candidates: Candidate[] = [];
    let [error, otherDocCount] = [0, 0];
    for (const [index, docCount] of counts.entries()) {
      if (docCount > least || (docCount === least && tiesLeft-- > 0)) candidates.push(candidateAt(index));
      else {
        otherDocCount += docCount;
        error = Math.max(error, docCount);
      }
    }
    return { candidates, error, otherDocCount };
  }

  #tallyOf(bucket: number): Tally {
    const leafCounts = this.#leafCounts;
    if (leafCounts === undefined) return this.#tallyOfTable(bucket);
    if (leafCounts.isOnePart && this.#missingCount === 0) return tallyOfPart(leafCounts);
    if (this.#table.size === 0) this.#pour(leafCounts);
    return this.#tallyOfTable(bucket);
  }

  #tallyOfTable(bucket: number): Tally {
    const table = this.#table;
    const { order, aggregations = {} } = this.#aggregation;
    const metrics = metricOrders(order);
    const own = table.of(bucket);
    const candidateAt = (index: number): Candidate => {
      const of = own[index]!;
      const numbers = metrics.map((by) => orderNumber(by, aggregations, (name) => this.#below.partialOf(name, of)));
      return { key: this.#keyOf(table.keyOf(of)), docCount: table.docCount(of), metrics: numbers, bucket: of };
    };
    return { counts: Float64Array.from(own, (of) => table.docCount(of)), isByKey: false, candidateAt };
  }

  /** Adds up counts of several parts by their terms. */
  #pour(leafCounts: TermCounts): void {
    const [ids, table] = [this.#ids, this.#table];
    if (ids === undefined) return;
    leafCounts.forEach((docCount, term, inverted) =>
      table.count(table.bucketOf(0, ids.idOfTerm(inverted.term(term))), docCount),
    );
    if (this.#missingCount > 0) table.count(table.bucketOf(0, this.#missingId), this.#missingCount);
  }

  #keyOf(key: number): FieldValue {
    return this.#ids === undefined ? key : this.#ids.term(key);
  }

  #addZeros(candidates: Candidate[]): void {
    const { order } = this.#aggregation;
    const met = new Set(candidates.map(({ key }) => key));
    const metrics = metricOrders(order).map(() => Number.NaN);
    this.#zeroKeys ??= this.#allKeys();
    for (const id of this.#zeroKeys) {
      const key = this.#keyOf(id);
      if (!met.has(key)) candidates.push({ key, docCount: 0, metrics, bucket: NO_BUCKET });
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

function tallyOfPart(leafCounts: TermCounts): Tally {
  const found: number[] = [];
  const counts: number[] = [];
  let owner: InvertedField | undefined;
  leafCounts.forEach((docCount, term, inverted) => {
    found.push(term);
    counts.push(docCount);
    owner = inverted;
  });
  const candidateAt = (index: number): Candidate => {
    const key = owner?.term(found[index]!) ?? '';
    return { key, docCount: counts[index]!, metrics: [], bucket: NO_BUCKET };
  };
  return { counts: Float64Array.from(counts), isByKey: owner?.isSorted === true, candidateAt };
}

/** The `n`th greatest of some counts; 0 if there are no more than that. Reorders them. */
function nthGreatest(counts: Float64Array, n: number): number {
  return counts.length <= n ? 0 : counts.sort()[counts.length - n]!;
}

function countAbove(counts: Float64Array, limit: number): number {
  let above = 0;
  for (const count of counts) if (count > limit) above++;
  return above;
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

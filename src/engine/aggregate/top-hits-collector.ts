/** Keeps the best hits of each bucket: by score or by fields, ties by place in the log. */
import type { Column, IndexPart, InvertedField } from '../part/index-part.ts';
import type { FieldValue } from '../query/query.ts';
import type { AggregationOf, TopHit, TopHitsPartial, TopHitsSort } from './aggregation.ts';
import type { Budget } from './budget.ts';
import type { Batch, Collector } from './collector.ts';
import { compareHits, compareValues } from './top-hits.ts';

const HIT_BYTES = 160;

type Values = readonly (FieldValue | null)[];
type Kept = { readonly part: IndexPart; readonly ordinal: number; readonly score: number; readonly values: Values };
type Bucket = { total: number; maxScore: number; readonly kept: Kept[] };
type Source = { readonly column: Column | undefined; readonly inverted: InvertedField | undefined };

/** Best hits by bucket. */
export class TopHitsCollector implements Collector {
  readonly needsScores: boolean;
  readonly #aggregation: AggregationOf<'topHits'>;
  readonly #budget: Budget;
  readonly #sort: readonly TopHitsSort[];
  readonly #limit: number;
  readonly #buckets: (Bucket | undefined)[] = [];
  #part: IndexPart | undefined;
  #sources: readonly Source[] = [];

  constructor(aggregation: AggregationOf<'topHits'>, budget: Budget) {
    this.#aggregation = aggregation;
    this.#budget = budget;
    this.#sort = aggregation.sort ?? [{ field: '_score', order: 'desc' }];
    this.#limit = aggregation.from + aggregation.size;
    this.needsScores = this.#sort.some(({ field }) => field === '_score');
  }

  startPart(part: IndexPart): void {
    this.#part = part;
    this.#sources = this.#sort.map(({ field }) => ({ column: part.column(field), inverted: part.inverted(field) }));
  }

  collect({ base, ordinals, buckets, scores, count }: Batch): void {
    for (let i = 0; i < count; i++) {
      const score = this.needsScores ? (scores[ordinals[i]! - base] ?? 0) : 0;
      this.#offer(this.#bucketOf(buckets[i]!), ordinals[i]!, score);
    }
  }

  partial(bucket: number): TopHitsPartial {
    const { total, maxScore, kept } = this.#buckets[bucket] ?? { total: 0, maxScore: 0, kept: [] };
    return {
      kind: 'topHits',
      total,
      maxScore: this.needsScores && total > 0 ? maxScore : null,
      hits: kept.map((hit) => this.#hit(hit)),
    };
  }

  /** Documents come in the order of the log, so one that is equal to another comes after it. */
  #offer(bucket: Bucket, ordinal: number, score: number): void {
    bucket.total++;
    if (score > bucket.maxScore) bucket.maxScore = score;
    const { kept } = bucket;
    if (this.#limit === 0) return;
    const worst = kept.length === this.#limit ? kept[kept.length - 1] : undefined;
    const sort = this.#sort;
    const first = this.#valueOf(sort[0]!, this.#sources[0]!, ordinal, score);
    if (worst !== undefined && compareValues(first, worst.values[0] ?? null, sort[0]!) > 0) return;
    const values = sort.map((by, i) => (i === 0 ? first : this.#valueOf(by, this.#sources[i]!, ordinal, score)));
    if (worst !== undefined) {
      if (compareHits(values, worst.values, sort) >= 0) return;
      kept.pop();
    }
    let place = kept.length;
    while (place > 0 && compareHits(values, kept[place - 1]!.values, this.#sort) < 0) place--;
    kept.splice(place, 0, { part: this.#part!, ordinal, score, values });
  }

  #valueOf({ field, order }: TopHitsSort, source: Source, ordinal: number, score: number): FieldValue | null {
    if (field === '_score') return score;
    if (field === '_doc') return this.#part!.documents.position(ordinal);
    const { column, inverted } = source;
    if (column === undefined || !column.has(ordinal)) return null;
    const value = column.at(order === 'asc' ? column.start(ordinal) : column.end(ordinal) - 1);
    return column.type === 'keyword' ? (inverted?.term(value) ?? null) : value;
  }

  #hit({ part, ordinal, score, values }: Kept): TopHit {
    const { documents } = part;
    const { sort, source } = this.#aggregation;
    return {
      id: documents.id(ordinal),
      score,
      position: documents.position(ordinal),
      ...(sort === undefined ? {} : { sort: values }),
      ...(source ? { source: documents.source(ordinal) } : {}),
    };
  }

  #bucketOf(bucket: number): Bucket {
    const known = this.#buckets[bucket];
    if (known !== undefined) return known;
    this.#budget.takeBytes(64 + this.#limit * HIT_BYTES);
    while (this.#buckets.length < bucket) this.#buckets.push(undefined);
    const made = { total: 0, maxScore: 0, kept: [] };
    this.#buckets[bucket] = made;
    return made;
  }
}

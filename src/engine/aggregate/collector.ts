/**
 * How documents run through a tree of aggregations: in batches of pairs of a document and the number of the bucket it
 * fell into one level up. A bucket aggregation turns each pair into pairs of its own buckets for the level below, so
 * that the cost of a level is one call per batch, and buckets are places in typed arrays.
 */
import { type IndexPart, WINDOW } from '../part/index-part.ts';
import type { AggregationPartial, AggregationPartials } from './aggregation.ts';

/** Pairs that a batch holds. */
export const BATCH_SIZE = WINDOW;

/** Documents of one window of a part, by rising ordinals, each with a bucket. A document may come several times. */
export class Batch {
  /** First ordinal of the window. */
  base = 0;
  count = 0;
  readonly ordinals = new Uint32Array(BATCH_SIZE);
  readonly buckets = new Uint32Array(BATCH_SIZE);
  /** Scores by place in the window, if a collector needs them. */
  scores: Float32Array = new Float32Array(0);
}

/** Takes part in one pass over the matches of a shard. Buckets of the level above are numbered from 0. */
export interface Collector {
  readonly needsScores: boolean;
  /** Called before the batches of a part; parts come in order. */
  startPart(part: IndexPart): void;
  /** Takes documents; windows only rise. The batch is the caller's. */
  collect(batch: Batch): void;
  /** What the documents of a bucket gave, also of one that has none. Called once all is collected. */
  partial(bucket: number): AggregationPartial;
}

/** The collectors below a bucket aggregation, and the batch that fills for them. */
export class SubCollectors {
  readonly batch = new Batch();
  readonly needsScores: boolean;
  readonly isEmpty: boolean;
  readonly #collectors: ReadonlyMap<string, Collector>;

  constructor(collectors: ReadonlyMap<string, Collector>) {
    this.#collectors = collectors;
    this.isEmpty = collectors.size === 0;
    this.needsScores = [...collectors.values()].some(({ needsScores }) => needsScores);
  }

  startPart(part: IndexPart): void {
    for (const collector of this.#collectors.values()) collector.startPart(part);
  }

  /** Begins with the documents of a batch of the level above. */
  begin({ base, scores }: Batch): void {
    this.batch.base = base;
    this.batch.scores = scores;
    this.batch.count = 0;
  }

  /** Adds a pair; ordinals do not fall. */
  push(ordinal: number, bucket: number): void {
    const { batch } = this;
    if (batch.count === BATCH_SIZE) this.flush();
    batch.ordinals[batch.count] = ordinal;
    batch.buckets[batch.count++] = bucket;
  }

  /** Hands on what is left. */
  flush(): void {
    if (this.batch.count === 0) return;
    for (const collector of this.#collectors.values()) collector.collect(this.batch);
    this.batch.count = 0;
  }

  /** What one of them gave for a bucket; undefined if there is none of that name. */
  partialOf(name: string, bucket: number): AggregationPartial | undefined {
    return this.#collectors.get(name)?.partial(bucket);
  }

  /** What all gave for a bucket, as the end of a tuple: empty if there are none. */
  partials(bucket: number): readonly [] | readonly [AggregationPartials] {
    if (this.isEmpty) return [];
    return [Object.fromEntries([...this.#collectors].map(([name, collector]) => [name, collector.partial(bucket)]))];
  }
}

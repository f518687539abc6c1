/** What the aggregations of one search may use. Shared by all collectors of a search; beyond it the search fails. */
import { CoppiceError } from '../../errors.ts';
import type { SearchLimits } from '../engine.ts';
import { DEFAULT_MAX_BUCKETS } from './aggregation.ts';

/** A shard sends more buckets than an answer has: `shardSize` is above `size`. */
const SHARD_FACTOR = 4;
const DEFAULT_MEMORY_BYTES = 256 * 1024 * 1024;

/** Counts buckets and bytes down. */
export class Budget {
  readonly #maxBuckets: number;
  readonly #maxBytes: number;
  #buckets = 0;
  #bytes = 0;

  constructor({ buckets = DEFAULT_MAX_BUCKETS, memoryBytes = DEFAULT_MEMORY_BYTES }: SearchLimits) {
    this.#maxBuckets = buckets;
    this.#maxBytes = memoryBytes;
  }

  /** Takes buckets of a partial result. @throws CoppiceError `LIMIT_EXCEEDED`. */
  takeBuckets(count: number): void {
    this.#buckets += count;
    if (this.#buckets > this.#maxBuckets * SHARD_FACTOR) throw tooManyBuckets(this.#maxBuckets);
  }

  /** Checks how many buckets one aggregation has that will send them all. @throws CoppiceError `LIMIT_EXCEEDED`. */
  checkBuckets(count: number): void {
    if (count > this.#maxBuckets * SHARD_FACTOR) throw tooManyBuckets(this.#maxBuckets);
  }

  /** Takes working memory. @throws CoppiceError `LIMIT_EXCEEDED`. */
  takeBytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes <= this.#maxBytes) return;
    const message = `aggregations need more than [${this.#maxBytes}] bytes of memory, ask for fewer buckets`;
    throw new CoppiceError('LIMIT_EXCEEDED', message, { details: { limit: 'memoryBytes', max: this.#maxBytes } });
  }
}

/** The error of an answer with too many buckets. */
export function tooManyBuckets(max: number): CoppiceError {
  return new CoppiceError(
    'LIMIT_EXCEEDED',
    `trying to create too many buckets, must be less than or equal to: [${max}]`,
    { details: { limit: 'buckets', max } },
  );
}

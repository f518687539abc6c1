/** Keeps the best hits of a search in a heap whose root is the worst of them. */
import type { Collector } from '../query/execute.ts';
import { byScore, type HitOrder } from './hit-order.ts';

/** What a collector is made for. */
export type BestHitsOptions = {
  /** Hits to keep, 0 or more. */
  readonly limit: number;
  /** Criteria, most important first; equal hits are ordered by position. */
  readonly orders: readonly HitOrder[];
  readonly position: (ordinal: number) => number;
  /** Whether positions rise with ordinals. */
  readonly positionsRise: boolean;
};

/** Up to `limit` hits, and the highest score of all that were offered. */
export class BestHits implements Collector {
  #floor = Number.NEGATIVE_INFINITY;
  #maxScore = Number.NEGATIVE_INFINITY;
  readonly #hasFloor: boolean;
  readonly #limit: number;
  readonly #orders: readonly HitOrder[];
  readonly #position: (ordinal: number) => number;
  readonly #ordinals: number[] = [];
  readonly #scores: number[] = [];

  constructor({ limit, orders, position, positionsRise }: BestHitsOptions) {
    this.#hasFloor = orders[0] === byScore && orders.length === 1 && positionsRise && limit > 0;
    this.#limit = limit;
    this.#orders = orders;
    this.#position = position;
  }

  /** Once full, and by score alone: the score of the worst hit. A later hit of equal score comes after it. */
  get floor(): number {
    return this.#floor;
  }

  /** Highest score offered; minus infinity before the first. */
  get maxScore(): number {
    return this.#maxScore;
  }

  add(ordinal: number, score: number): void {
    if (score > this.#maxScore) this.#maxScore = score;
    const size = this.#ordinals.length;
    if (size < this.#limit) {
      this.#ordinals.push(ordinal);
      this.#scores.push(score);
      this.#siftUp(size);
    } else if (size > 0 && this.#compare(ordinal, score, this.#ordinals[0]!, this.#scores[0]!) < 0) {
      this.#ordinals[0] = ordinal;
      this.#scores[0] = score;
      this.#siftDown(size);
    }
    if (this.#hasFloor && this.#ordinals.length === this.#limit) this.#floor = this.#scores[0]!;
  }

  /** Empties the heap into two columns, best first. */
  drain(): { readonly ordinals: Uint32Array; readonly scores: Float32Array } {
    for (let end = this.#ordinals.length - 1; end > 0; end--) {
      this.#swap(0, end);
      this.#siftDown(end);
    }
    return { ordinals: Uint32Array.from(this.#ordinals), scores: Float32Array.from(this.#scores) };
  }

  #compare(ordinalA: number, scoreA: number, ordinalB: number, scoreB: number): number {
    for (const order of this.#orders) {
      const result = order.compare(ordinalA, scoreA, ordinalB, scoreB);
      if (result !== 0) return result;
    }
    return this.#position(ordinalA) - this.#position(ordinalB);
  }

  /** Whether the hit at heap place `a` comes after the one at `b`. */
  #isWorse(a: number, b: number): boolean {
    return this.#compare(this.#ordinals[a]!, this.#scores[a]!, this.#ordinals[b]!, this.#scores[b]!) > 0;
  }

  #siftUp(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#isWorse(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #siftDown(size: number): void {
    let at = 0;
    while (2 * at + 1 < size) {
      const left = 2 * at + 1;
      const worse = left + 1 < size && this.#isWorse(left + 1, left) ? left + 1 : left;
      if (!this.#isWorse(worse, at)) return;
      this.#swap(at, worse);
      at = worse;
    }
  }

  #swap(a: number, b: number): void {
    const [ordinal, score] = [this.#ordinals[a]!, this.#scores[a]!];
    this.#ordinals[a] = this.#ordinals[b]!;
    this.#scores[a] = this.#scores[b]!;
    this.#ordinals[b] = ordinal;
    this.#scores[b] = score;
  }
}

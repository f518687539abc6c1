/** Keeps the best hits by score in a heap whose root is the worst of them. Equal scores are ordered by ordinal. */

import { lowestBit } from '../query/window.ts';

/** Up to `limit` hits with the highest scores. */
export class TopScores {
  readonly #limit: number;
  readonly #ordinals: number[] = [];
  readonly #scores: number[] = [];
  #floor: number;

  /** @param limit Hits to keep, 0 or more. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#floor = limit > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** Later hits, by ordinal, must score above this to be kept. Only rises. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#ordinals.length;
  }

  /** Takes a hit with a score above `floor`; of hits with one score, ordinals rise from hit to hit. */
  add(ordinal: number, score: number): void {
    const size = this.#ordinals.length;
    if (size < this.#limit) {
      this.#ordinals.push(ordinal);
      this.#scores.push(score);
      this.#siftUp(size);
    } else {
      this.#ordinals[0] = ordinal;
      this.#scores[0] = score;
      this.#siftDown(size);
    }
    if (this.#ordinals.length === this.#limit) this.#floor = this.#scores[0]!;
  }

  /**
   * Takes the hits of a part, best first.
   *
   * @param base Ordinal in the shard of the part's ordinal 0; all hits so far are below.
   */
  addPart(ordinals: Uint32Array, scores: Float32Array, base: number): void {
    for (let i = 0; i < ordinals.length; i++) {
      const score = scores[i]!;
      if (score <= this.#floor) return;
      this.add(base + ordinals[i]!, score);
    }
  }

  /**
   * Takes documents of a part that score alike, from the first on, until no more are wanted.
   *
   * @param words Their bits; deleted ones are not taken.
   * @returns How many were taken.
   */
  addAlike(
    words: Uint32Array,
    live: Uint32Array,
    { base, score }: { readonly base: number; readonly score: number },
  ): number {
    let taken = 0;
    const size = Math.min(words.length, live.length);
    for (let i = 0; i < size && score > this.#floor; i++) {
      for (let word = words[i]! & live[i]!; word !== 0 && score > this.#floor; word &= word - 1, taken++)
        this.add(base + i * 32 + lowestBit(word), score);
    }
    return taken;
  }

  /** Empties the heap into two columns, best first. */
  drain(): { readonly ordinals: Uint32Array; readonly scores: Float32Array } {
    const size = this.#ordinals.length;
    for (let end = size - 1; end > 0; end--) {
      this.#swap(0, end);
      this.#siftDown(end);
    }
    const ordinals = new Uint32Array(size);
    const scores = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      ordinals[i] = this.#ordinals[i]!;
      scores[i] = this.#scores[i]!;
    }
    return { ordinals, scores };
  }

  /** Whether the hit at heap place `a` comes after the one at `b`. */
  #isWorse(a: number, b: number): boolean {
    const difference = this.#scores[a]! - this.#scores[b]!;
    return difference < 0 || (difference === 0 && this.#ordinals[a]! > this.#ordinals[b]!);
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

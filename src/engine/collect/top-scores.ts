/**
 * Keeps the best hits by score in a heap whose root is the worst of them. Equal scores are ordered by ordinal. Hits that
 * come part by part, best first, are merged instead: a list from the worst hit to the best is a heap, too.
 */

import { lowestBit } from '../query/window.ts';

/** Hits of a part, best first, ties by ordinal: the first `count` of the columns. */
export type PartHits = {
  readonly count: number;
  readonly ordinals: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
};

/** Up to `limit` hits with the highest scores. */
export class TopScores {
  readonly #limit: number;
  #ordinals: number[] = [];
  #scores: number[] = [];
  /** What the next merge is written into. */
  #otherOrdinals: number[] = [];
  #otherScores: number[] = [];
  /** Whether the heap is a list from the worst hit to the best. */
  #isSorted = true;
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
    this.#isSorted = false;
    if (size < this.#limit) {
      this.#ordinals.push(ordinal);
      this.#scores.push(score);
      this.#siftUp(size);
    } else {
      this.#ordinals[0] = ordinal;
      this.#scores[0] = score;
      this.#siftDown(size);
    }
    this.#raiseFloor();
  }

  /**
   * Takes the hits of a part, best first.
   *
   * @param base Ordinal in the shard of the part's ordinal 0; all hits so far are below.
   */
  addPart({ count, ordinals, scores }: PartHits, base: number): void {
    let better = 0;
    while (better < count && scores[better]! > this.#floor) better++;
    if (better === 0) return;
    this.#sort();
    const [oldOrdinals, oldScores] = [this.#ordinals, this.#scores];
    const [mergedOrdinals, mergedScores] = [this.#otherOrdinals, this.#otherScores];
    let old = oldOrdinals.length;
    let size = Math.min(this.#limit, old + better);
    resize(mergedOrdinals, size);
    resize(mergedScores, size);
    for (let i = 0; size > 0; ) {
      size--;
      // Of equal scores the earlier document, which is the one that was there before, comes first.
      if (old > 0 && (i === better || oldScores[old - 1]! >= scores[i]!)) {
        mergedOrdinals[size] = oldOrdinals[--old]!;
        mergedScores[size] = oldScores[old]!;
      } else {
        mergedOrdinals[size] = base + ordinals[i]!;
        mergedScores[size] = scores[i++]!;
      }
    }
    [this.#ordinals, this.#otherOrdinals] = [mergedOrdinals, oldOrdinals];
    [this.#scores, this.#otherScores] = [mergedScores, oldScores];
    this.#raiseFloor();
  }

  /**
   * Takes documents of a part that score alike, the first ones, as many as are wanted at most.
   *
   * @param words Their bits; deleted ones are not taken.
   * @returns How many were offered.
   */
  addAlike(
    words: Uint32Array,
    live: Uint32Array,
    { base, score }: { readonly base: number; readonly score: number },
  ): number {
    if (!(score > this.#floor)) return 0;
    const ordinals: number[] = [];
    const scores: number[] = [];
    const size = Math.min(words.length, live.length);
    for (let i = 0; i < size && ordinals.length < this.#limit; i++) {
      for (let word = words[i]! & live[i]!; word !== 0 && ordinals.length < this.#limit; word &= word - 1) {
        ordinals.push(i * 32 + lowestBit(word));
        scores.push(score);
      }
    }
    this.addPart({ count: ordinals.length, ordinals, scores }, base);
    return ordinals.length;
  }

  /** The hits as two columns, best first. */
  drain(): { readonly ordinals: Uint32Array; readonly scores: Float32Array } {
    this.#sort();
    const size = this.#ordinals.length;
    const ordinals = new Uint32Array(size);
    const scores = new Float32Array(size);
    for (let i = 0, from = size - 1; i < size; i++, from--) {
      ordinals[i] = this.#ordinals[from]!;
      scores[i] = this.#scores[from]!;
    }
    return { ordinals, scores };
  }

  #raiseFloor(): void {
    if (this.#ordinals.length === this.#limit) this.#floor = this.#scores[0]!;
  }

  /** Makes the heap a list from the worst hit to the best. */
  #sort(): void {
    if (this.#isSorted) return;
    const size = this.#ordinals.length;
    for (let end = size - 1; end > 0; end--) {
      this.#swap(0, end);
      this.#siftDown(end);
    }
    this.#ordinals.reverse();
    this.#scores.reverse();
    this.#isSorted = true;
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

/** Sets the length of a list: by one after the other, which V8 does without leaving compiled code. */
function resize(list: number[], size: number): void {
  while (list.length > size) list.pop();
  while (list.length < size) list.push(0);
}

/** The best hits of one part by sort keys, in a heap of ranks. */
import type { PartKey, RankBound, SortValue } from './part-key.ts';

/** A hit with its place in the whole shard. */
export type SortedHit = { readonly ordinal: number; readonly score: number; readonly values: readonly SortValue[] };

/** The best hits of one part; the worst of them is at the root. */
export class PartHeap {
  readonly firstKey: PartKey;
  readonly #keys: readonly PartKey[];
  readonly #limit: number;
  readonly #after: Float64Array | undefined;
  readonly #ordinals: number[] = [];
  readonly #scores: number[] = [];
  /** Ranks of the entries, by keys. */
  readonly #ranks: number[] = [];
  /** Hits must come before these ranks: of the root once the heap is full, before of the hits of earlier parts. */
  #bound: Float64Array | undefined;
  readonly #offered: Float64Array;

  constructor(
    keys: readonly PartKey[],
    limit: number,
    { bound, after }: { readonly bound: Float64Array | undefined; readonly after: Float64Array | undefined },
  ) {
    this.firstKey = keys[0]!;
    this.#keys = keys;
    this.#limit = limit;
    this.#bound = bound;
    this.#after = after;
    this.#offered = new Float64Array(keys.length);
  }

  isCompetitive(ordinal: number): boolean {
    if (this.#limit === 0) return false;
    const bound = this.#bound;
    if (bound === undefined) return true;
    const difference = this.firstKey.compare(this.firstKey.leastRank(ordinal), bound[0]!);
    return difference < 0 || (difference === 0 && this.#keys.length > 1);
  }

  /** What first ranks of hits may still be kept; undefined if all. */
  get bound(): RankBound | undefined {
    return this.#bound === undefined ? undefined : { rank: this.#bound[0]!, isStrict: this.#keys.length === 1 };
  }

  /** Whether there are no further keys, so that equal first ranks are ordered by ordinal. */
  get isSingle(): boolean {
    return this.#keys.length === 1;
  }

  /** First ranks between these may be kept. */
  get firstLimits(): { readonly after: number; readonly bound: number } {
    return {
      after: this.#after?.[0] ?? Number.NEGATIVE_INFINITY,
      bound: this.#bound?.[0] ?? Number.POSITIVE_INFINITY,
    };
  }

  /**
   * How many of some rising first ranks may still be kept.
   *
   * @param from Index of the first one that is looked at.
   * @returns One past the index of the last such rank; `from` if there is none.
   */
  endOf(ranks: Float64Array, from: number): number {
    const bound = this.bound;
    if (this.#limit === 0) return from;
    return bound === undefined ? ranks.length : firstAbove(ranks, from, bound);
  }

  /** The index, from `from` on, of the first of some rising first ranks whose hits may come after those to begin after. */
  startOf(ranks: Float64Array): number {
    if (this.#after === undefined) return 0;
    return firstAbove(ranks, 0, { rank: this.#after[0]!, isStrict: this.#keys.length > 1 });
  }

  /** Offers a hit; ordinals rise from hit to hit, at least among those of equal ranks. */
  offer(ordinal: number, score: number): void {
    const keys = this.#keys;
    const firstRank = this.firstKey.rank(ordinal, score);
    if (this.#bound !== undefined) {
      const difference = this.firstKey.compare(firstRank, this.#bound[0]!);
      if (difference > 0 || (difference === 0 && keys.length === 1)) return;
    }
    const ranks = this.#offered;
    ranks[0] = firstRank;
    for (let i = 1; i < keys.length; i++) ranks[i] = keys[i]!.rank(ordinal, score);
    if (this.#bound !== undefined && this.#compare(ranks, this.#bound) >= 0) return;
    if (this.#after !== undefined && this.#compare(ranks, this.#after) <= 0) return;
    if (this.#limit > 0) this.#add(ordinal, score, ranks);
  }

  /** Empties the heap: the hits by ordinals of the shard, first one first. */
  drain(base: number): SortedHit[] {
    const hits: SortedHit[] = [];
    for (let size = this.#ordinals.length; size > 0; size--) {
      this.#swap(0, size - 1);
      this.#siftDown(size - 1);
    }
    for (let entry = 0; entry < this.#ordinals.length; entry++) hits.push(this.#hit(entry, base));
    this.#ordinals.length = 0;
    return hits;
  }

  #hit(entry: number, base: number): SortedHit {
    const keys = this.#keys;
    const values: SortValue[] = [];
    for (let i = 0; i < keys.length; i++) values.push(keys[i]!.value(this.#ranks[entry * keys.length + i]!));
    return { ordinal: base + this.#ordinals[entry]!, score: this.#scores[entry]!, values };
  }

  #compare(a: Float64Array, b: Float64Array): number {
    for (let i = 0; i < this.#keys.length; i++) {
      const difference = this.#keys[i]!.compare(a[i]!, b[i]!);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #add(ordinal: number, score: number, ranks: Float64Array): void {
    const size = this.#ordinals.length;
    const entry = size < this.#limit ? size : 0;
    this.#ordinals[entry] = ordinal;
    this.#scores[entry] = score;
    for (let i = 0; i < ranks.length; i++) this.#ranks[entry * ranks.length + i] = ranks[i]!;
    if (size < this.#limit) this.#siftUp(entry);
    else this.#siftDown(size);
    if (this.#ordinals.length < this.#limit) return;
    this.#bound ??= new Float64Array(ranks.length);
    for (let i = 0; i < ranks.length; i++) this.#bound[i] = this.#ranks[i]!;
  }

  /** Whether entry `a` comes after entry `b`. */
  #isWorse(a: number, b: number): boolean {
    const keys = this.#keys;
    for (let i = 0; i < keys.length; i++) {
      const difference = keys[i]!.compare(this.#ranks[a * keys.length + i]!, this.#ranks[b * keys.length + i]!);
      if (difference !== 0) return difference > 0;
    }
    return this.#ordinals[a]! > this.#ordinals[b]!;
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

  /** Lets the root sink among the first `size` entries. */
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
    const width = this.#keys.length;
    [this.#ordinals[a], this.#ordinals[b]] = [this.#ordinals[b]!, this.#ordinals[a]!];
    [this.#scores[a], this.#scores[b]] = [this.#scores[b]!, this.#scores[a]!];
    for (let i = 0; i < width; i++) {
      const rank = this.#ranks[a * width + i]!;
      this.#ranks[a * width + i] = this.#ranks[b * width + i]!;
      this.#ranks[b * width + i] = rank;
    }
  }
}

/** Index, from `from` on, of the first of some rising numbers that is beyond a bound. */
function firstAbove(ranks: Float64Array, from: number, { rank, isStrict }: RankBound): number {
  let [low, high] = [from, ranks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranks[middle]! < rank || (ranks[middle] === rank && !isStrict)) low = middle + 1;
    else high = middle;
  }
  return low;
}

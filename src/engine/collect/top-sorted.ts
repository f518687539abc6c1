/**
 * Keeps the best hits by sort keys: of each part in a heap of ranks, and of all parts so far in a list of values, whose
 * last one tells the next part what is not worth a look.
 */
import type { SortKey } from '../engine.ts';
import { COLUMN_BLOCK, type IndexPart, WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { lowestBit, WINDOW_WORDS } from '../query/window.ts';
import { compareValues, type MatchWindow, type PartKey, partKey, type RankBound, type SortValue } from './part-key.ts';

/** What hits are ordered by. */
export type SortOrder = {
  /** One or more; equal hits are ordered by ordinal. */
  readonly keys: readonly SortKey[];
  /** Hits to keep, 0 or more. */
  readonly limit: number;
  /** Hits up to these values, one for each key, are left out. */
  readonly after?: readonly SortValue[] | undefined;
};

/** A hit with its place in the whole shard. */
type SortedHit = { readonly ordinal: number; readonly score: number; readonly values: readonly SortValue[] };

/** Up to `limit` hits that come first. Parts are offered one after the other, oldest first. */
export class TopSorted {
  readonly #order: SortOrder;
  readonly #view: ShardView;
  readonly #places = new Uint32Array(WINDOW);
  #hits: SortedHit[] = [];
  #heap: PartHeap | undefined;
  #base = 0;
  #endOrdinal = 0;

  constructor(order: SortOrder, view: ShardView) {
    this.#order = order;
    this.#view = view;
  }

  /** Begins with a part whose ordinal 0 is `base` in the shard. */
  startPart(part: IndexPart, base: number): void {
    const { keys, limit, after } = this.#order;
    const partKeys = keys.map((key) => partKey(key, this.#view, part));
    const last = this.#hits.length === limit ? this.#hits.at(-1)?.values : undefined;
    this.#heap = new PartHeap(partKeys, limit, { bound: ranksOf(last, partKeys), after: ranksOf(after, partKeys) });
    this.#base = base;
    this.#endOrdinal = part.endOrdinal;
  }

  /** Whether some hit of the window at `base` may still be kept. */
  isCompetitive(base: number): boolean {
    for (let at = base; at < Math.min(base + WINDOW, this.#endOrdinal); at += COLUMN_BLOCK)
      if (this.#heap!.isCompetitive(at)) return true;
    return false;
  }

  /** Offers the hits of a window. `scores` may be empty. */
  window(base: number, bits: Uint32Array, scores: Float32Array): void {
    const heap = this.#heap!;
    const bound = heap.bound;
    if (bound === undefined) this.#offerAll(heap, { base, bits, scores });
    else {
      const places = this.#places;
      const count = heap.firstKey.select({ base, bits, scores }, bound, places);
      for (let i = 0; i < count; i++) heap.offer(base + places[i]!, scores[places[i]!] ?? 0);
    }
  }

  #offerAll(heap: PartHeap, { base, bits, scores }: MatchWindow): void {
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        heap.offer(base + place, scores[place] ?? 0);
      }
    }
  }

  /** Ends the part: takes its hits over. */
  finishPart(): void {
    const found = this.#heap!.hits(this.#base);
    this.#heap = undefined;
    if (found.length === 0) return;
    const { keys, limit } = this.#order;
    this.#hits = [...this.#hits, ...found]
      .sort((a, b) => {
        for (const [i, key] of keys.entries()) {
          const difference = compareValues(key, a.values[i]!, b.values[i]!);
          if (difference !== 0) return difference;
        }
        return a.ordinal - b.ordinal;
      })
      .slice(0, limit);
  }

  /** The hits as columns, first one first. */
  drain(): {
    readonly ordinals: Uint32Array;
    readonly scores: Float32Array;
    readonly sortValues: readonly (readonly SortValue[])[];
  } {
    return {
      ordinals: Uint32Array.from(this.#hits, ({ ordinal }) => ordinal),
      scores: Float32Array.from(this.#hits, ({ score }) => score),
      sortValues: this.#hits.map(({ values }) => values),
    };
  }
}

function ranksOf(values: readonly SortValue[] | undefined, keys: readonly PartKey[]): Float64Array | undefined {
  return values === undefined ? undefined : Float64Array.from(keys, (key, i) => key.rankOf(values[i] ?? null));
}

/** The best hits of one part; the worst of them is at the root. */
class PartHeap {
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

  /** Offers a hit; ordinals rise from hit to hit. */
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

  /** The hits in no special order, by ordinals of the shard. */
  hits(base: number): SortedHit[] {
    const keys = this.#keys;
    return this.#ordinals.map((ordinal, entry) => ({
      ordinal: base + ordinal,
      score: this.#scores[entry]!,
      values: keys.map((key, i) => key.value(this.#ranks[entry * keys.length + i]!)),
    }));
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
    else this.#siftDown();
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

  #siftDown(): void {
    const size = this.#ordinals.length;
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

/**
 * Keeps the best hits by sort keys: of each part in a heap of ranks, and of all parts so far in a list of values, whose
 * last one tells the next part what is not worth a look.
 */
import type { SortKey } from '../engine.ts';
import type { KernelOrder } from '../kernel/plan.ts';
import { COLUMN_BLOCK, type IndexPart, WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { lowestBit, WINDOW_WORDS } from '../query/window.ts';
import { kernelOrder } from './kernel-order.ts';
import { type PartFront, partFront } from './part-front.ts';
import { PartHeap, type SortedHit } from './part-heap.ts';
import { compareValues, type MatchWindow, type PartKey, partKey, type SortValue } from './part-key.ts';

/** What hits are ordered by. */
export type SortOrder = {
  /** One or more; equal hits are ordered by ordinal. */
  readonly keys: readonly SortKey[];
  /** Hits to keep, 0 or more. */
  readonly limit: number;
  /** Hits up to these values, one for each key, are left out. */
  readonly after?: readonly SortValue[] | undefined;
};

/** Finds the first `limit` of some documents, in any order, that match: their indexes, rising. */
export type FindMatches = (documents: Uint32Array, limit: number) => ArrayLike<number>;

/** Documents of a front that are looked at first; then twice as many, and so on. */
const FIRST_LOOK = 512;

/** Up to `limit` hits that come first. Parts are offered one after the other, oldest first. */
export class TopSorted {
  readonly #order: SortOrder;
  readonly #view: ShardView;
  /** Made when a window is looked through. */
  #places: Uint32Array | undefined;
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

  /** The documents of the part that come first, if they are known. */
  front(part: IndexPart): PartFront | undefined {
    return partFront(part, this.#order.keys[0]!, this.#heap!.firstKey);
  }

  /**
   * Takes the hits of the part from its front, without scores.
   *
   * @returns False if there may be hits elsewhere: then the part has to be begun again.
   */
  takeFront({ ordinals, ranks, isWhole }: PartFront, find: FindMatches): boolean {
    const heap = this.#heap!;
    const { keys, limit } = this.#order;
    let at = heap.startOf(ranks);
    for (let size = FIRST_LOOK; at < ranks.length; size *= 2) {
      const end = heap.endOf(ranks, at);
      if (end <= at) return true;
      const documents = ordinals.subarray(at, Math.min(end, at + size));
      // Without further keys the order is that of the hits.
      const found = find(documents, keys.length === 1 ? limit : documents.length);
      for (let i = 0; i < found.length; i++) heap.offer(documents[found[i]!]!, 0);
      at += documents.length;
    }
    return isWhole || this.#isClosed(ranks);
  }

  /** Whether no document outside of a front may be kept. */
  coversHits({ ranks, isWhole }: PartFront): boolean {
    return isWhole || this.#isClosed(ranks);
  }

  /** Whether no hit that comes after some rising first ranks may be kept. */
  #isClosed(ranks: Float64Array): boolean {
    return this.#heap!.endOf(ranks, 0) < ranks.length;
  }

  /** The order of the part's hits for the kernel; undefined if it cannot sort them, `none` if none may be kept. */
  kernelOrder(): KernelOrder | 'none' | undefined {
    const { firstKey, isSingle, firstLimits } = this.#heap!;
    if (!isSingle || firstKey.columnRanks === undefined) return undefined;
    return kernelOrder(firstKey.columnRanks, firstLimits);
  }

  /** Takes hits of the part without scores, first one first. */
  takeSorted(ordinals: Uint32Array): void {
    for (let i = 0; i < ordinals.length; i++) this.#heap!.offer(ordinals[i]!, 0);
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
      const places = (this.#places ??= new Uint32Array(WINDOW));
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
    const found = this.#heap!.drain(this.#base);
    this.#heap = undefined;
    if (this.#hits.length === 0) this.#hits = found;
    else if (found.length > 0) this.#hits = this.#merged(this.#hits, found);
  }

  /** The first of two lists, ties from the earlier one first. */
  #merged(earlier: readonly SortedHit[], later: readonly SortedHit[]): SortedHit[] {
    const merged: SortedHit[] = [];
    const size = Math.min(this.#order.limit, earlier.length + later.length);
    for (let i = 0, j = 0; merged.length < size; ) {
      const isLater = i === earlier.length || (j < later.length && this.#compare(later[j]!, earlier[i]!) < 0);
      merged.push(isLater ? later[j++]! : earlier[i++]!);
    }
    return merged;
  }

  #compare(a: SortedHit, b: SortedHit): number {
    const { keys } = this.#order;
    for (let i = 0; i < keys.length; i++) {
      const difference = compareValues(keys[i]!, a.values[i]!, b.values[i]!);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The hits as columns, first one first. */
  drain(): {
    readonly ordinals: Uint32Array;
    readonly scores: Float32Array;
    readonly sortValues: readonly (readonly SortValue[])[];
  } {
    const hits = this.#hits;
    const ordinals = new Uint32Array(hits.length);
    const scores = new Float32Array(hits.length);
    for (let i = 0; i < hits.length; i++) {
      ordinals[i] = hits[i]!.ordinal;
      scores[i] = hits[i]!.score;
    }
    return { ordinals, scores, sortValues: hits.map(({ values }) => values) };
  }
}

function ranksOf(values: readonly SortValue[] | undefined, keys: readonly PartKey[]): Float64Array | undefined {
  return values === undefined ? undefined : Float64Array.from(keys, (key, i) => key.rankOf(values[i] ?? null));
}

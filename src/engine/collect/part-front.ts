/**
 * The documents of a segment that come first under a sort key, in order. A sorted search whose matches are not rare finds
 * its hits among them, and looks at no other document. They are found when a key is used for the second time, and kept
 * for as long as the segment is open: deletes do not change the order.
 */
import type { SortKey } from '../engine.ts';
import { COLUMN_BLOCK, type IndexPart } from '../part/index-part.ts';
import type { PartKey } from './part-key.ts';

/** Documents by rank, those of equal rank by ordinal. Deleted ones are among them. */
export type PartFront = {
  readonly ordinals: Uint32Array;
  /** Ranks by the key, rising. */
  readonly ranks: Float64Array;
  /** Whether these are all documents of the part. */
  readonly isWhole: boolean;
};

/** Documents of a front: one in so many, within bounds. */
const FRONT_SHARE = 4;
const MIN_FRONT = 64;
const MAX_FRONT = 4096;

/** Keys of a part whose fronts, or first uses, are remembered. */
const MAX_KEYS = 16;

/** By key; undefined after the first use. */
type PartFronts = Map<string, PartFront | undefined>;

const known = new WeakMap<IndexPart, PartFronts>();

/**
 * The front of a part; undefined if it is not worth finding yet, or if the part or the order of the key can change.
 *
 * @param sortKey What `key` was made of.
 */
export function partFront(part: IndexPart, sortKey: SortKey, key: PartKey): PartFront | undefined {
  if (part.kernelPart === undefined || sortKey.field === '_score') return undefined;
  const fronts = frontsOf(part);
  const name = nameOf(sortKey);
  const front = fronts.get(name);
  if (front !== undefined) return front;
  if (!fronts.has(name)) {
    if (fronts.size >= MAX_KEYS) for (const oldest of [...fronts.keys()].slice(0, 1)) fronts.delete(oldest);
    fronts.set(name, undefined);
    return undefined;
  }
  const found = findFront(
    part,
    key,
    Math.min(MAX_FRONT, Math.max(MIN_FRONT, Math.ceil(part.endOrdinal / FRONT_SHARE))),
  );
  fronts.set(name, found);
  return found;
}

function frontsOf(part: IndexPart): PartFronts {
  const fronts = known.get(part) ?? new Map<string, PartFront | undefined>();
  known.set(part, fronts);
  return fronts;
}

function nameOf({ field, order, mode, missing }: SortKey): string {
  return `${order} ${mode} ${typeof missing} ${field.length} ${field}${missing}`;
}

/**
 * Finds the first `size` documents of a part. Blocks of columns that may hold the lowest ranks are looked at first, so
 * that most others need not be.
 */
export function findFront(part: IndexPart, key: PartKey, size: number): PartFront {
  const blocks = Array.from({ length: Math.ceil(part.endOrdinal / COLUMN_BLOCK) }, (_, block) => block);
  const least = Float64Array.from(blocks, (block) => key.leastRank(block * COLUMN_BLOCK));
  blocks.sort((a, b) => byNumber(least[a]!, least[b]!) || a - b);
  const found = new FrontFinder(size);
  for (const block of blocks) {
    const start = block * COLUMN_BLOCK;
    if (!found.wants(start, least[block]!)) continue;
    const end = Math.min(part.endOrdinal, start + COLUMN_BLOCK);
    for (let ordinal = start; ordinal < end; ordinal++) found.offer(ordinal, key.rank(ordinal, 0));
  }
  return found.front(part.endOrdinal);
}

/** Keeps the first documents: as many again are gathered before the later half is dropped. */
class FrontFinder {
  readonly #size: number;
  readonly #ordinals: Uint32Array;
  readonly #ranks: Float64Array;
  #count = 0;
  /** The last one that is wanted so far. */
  #worstRank = Number.POSITIVE_INFINITY;
  #worstOrdinal = Number.POSITIVE_INFINITY;

  constructor(size: number) {
    this.#size = size;
    this.#ordinals = new Uint32Array(2 * size);
    this.#ranks = new Float64Array(2 * size);
  }

  wants(ordinal: number, rank: number): boolean {
    return rank < this.#worstRank || (rank === this.#worstRank && ordinal < this.#worstOrdinal);
  }

  offer(ordinal: number, rank: number): void {
    if (!this.wants(ordinal, rank)) return;
    this.#ordinals[this.#count] = ordinal;
    this.#ranks[this.#count] = rank;
    if (++this.#count === 2 * this.#size) this.#cut();
  }

  front(endOrdinal: number): PartFront {
    this.#cut();
    const ordinals = this.#ordinals.slice(0, this.#count);
    return { ordinals, ranks: this.#ranks.slice(0, this.#count), isWhole: this.#count === endOrdinal };
  }

  #cut(): void {
    const [ordinals, ranks] = [this.#ordinals.slice(0, this.#count), this.#ranks.slice(0, this.#count)];
    const order = Uint32Array.from(ordinals, (_, i) => i);
    order.sort((a, b) => byNumber(ranks[a]!, ranks[b]!) || ordinals[a]! - ordinals[b]!);
    this.#count = Math.min(order.length, this.#size);
    for (let i = 0; i < this.#count; i++) {
      this.#ordinals[i] = ordinals[order[i]!]!;
      this.#ranks[i] = ranks[order[i]!]!;
    }
    if (this.#count < this.#size) return;
    this.#worstRank = this.#ranks[this.#count - 1]!;
    this.#worstOrdinal = this.#ordinals[this.#count - 1]!;
  }
}

function byNumber(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

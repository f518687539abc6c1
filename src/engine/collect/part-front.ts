/**
 * The documents of a segment that come first under a sort key, in order. A sorted search whose matches are not rare finds
 * its hits among them, and looks at no other document. They are found when a key is used for the second time, and kept
 * for as long as the segment is open: deletes do not change the order.
 */
import type { SortKey } from '../engine.ts';
import { COLUMN_BLOCK, type IndexPart } from '../part/index-part.ts';
import { FrontFinder, type RankedDocuments } from './front-finder.ts';
import type { PartKey } from './part-key.ts';

/** The first documents of a part, deleted ones among them, and whether these are all. */
export type PartFront = RankedDocuments & { readonly isWhole: boolean };

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
  if (fronts.has(name)) {
    const found = findFront(part, key, sizeOf(part));
    fronts.set(name, found);
    return found;
  }
  const [oldest] = fronts.keys();
  if (oldest !== undefined && fronts.size >= MAX_KEYS) fronts.delete(oldest);
  fronts.set(name, undefined);
  return undefined;
}

function sizeOf({ endOrdinal }: IndexPart): number {
  return Math.min(MAX_FRONT, Math.max(MIN_FRONT, Math.ceil(endOrdinal / FRONT_SHARE)));
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
  blocks.sort((a, b) => (least[a]! < least[b]! ? -1 : least[a]! > least[b]! ? 1 : a - b));
  const finder = new FrontFinder(size);
  const ranks = new Float64Array(COLUMN_BLOCK);
  for (const block of blocks) {
    const start = block * COLUMN_BLOCK;
    if (!finder.wants(start, least[block]!)) continue;
    const count = Math.min(part.endOrdinal - start, COLUMN_BLOCK);
    readRanks(key, start, ranks.subarray(0, count));
    finder.offer(start, ranks, count);
  }
  const found = finder.found();
  return { ...found, isWhole: found.ordinals.length === part.endOrdinal };
}

/** Reads the ranks of neighbouring documents. */
function readRanks(key: PartKey, start: number, into: Float64Array): void {
  const { columnRanks } = key;
  if (columnRanks === undefined) {
    for (let i = 0; i < into.length; i++) into[i] = key.rank(start + i, 0);
    return;
  }
  const { column, sign } = columnRanks;
  column.read(start, start + into.length, into);
  // Zero has one sign.
  for (let i = 0; i < into.length; i++) into[i] = sign * into[i]! + 0;
}

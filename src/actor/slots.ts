/**
 * Keys to hash slots, and slots to shards. A key's slot never changes; which shard owns a slot is kept in the
 * registry, so that shards can be split and merged later.
 */

/** Number of hash slots of every group. */
export const SLOT_COUNT = 1024;

/** A range of slots, both ends included, owned by one shard. */
export type SlotRange = { readonly from: number; readonly to: number; readonly shard: number };

/** Who owns which slots; the ranges are disjoint and cover all slots. `version` grows with every change. */
export type SlotMap = { readonly version: number; readonly ranges: readonly SlotRange[] };

/** Divides all slots evenly over `shardCount` shards (1 to 1024). */
export function evenSlotMap(shardCount: number): SlotMap {
  const ranges = Array.from({ length: shardCount }, (_, shard) => ({
    from: Math.floor((shard * SLOT_COUNT) / shardCount),
    to: Math.floor(((shard + 1) * SLOT_COUNT) / shardCount) - 1,
    shard,
  }));
  return { version: 1, ranges };
}

/** The shard that owns a slot. Throws a plain Error if the map has a hole. */
export function shardOfSlot(map: SlotMap, slot: number): number {
  const range = map.ranges.find(({ from, to }) => slot >= from && slot <= to);
  if (range === undefined) throw new Error(`slot ${slot} has no owner in slot map version ${map.version}`);
  return range.shard;
}

/** The shards that own slots, in rising order. */
export function shardsOf(map: SlotMap): readonly number[] {
  return [...new Set(map.ranges.map(({ shard }) => shard))].toSorted((a, b) => a - b);
}

const utf8 = new TextEncoder();

/** The slot of a key: murmur3 (x86, 32 bits, seed 0) of its UTF-8, modulo 1024. */
export function slotOf(key: string): number {
  return murmur3(utf8.encode(key)) % SLOT_COUNT;
}

/** MurmurHash3 x86 32-bit with seed 0, after Austin Appleby's public-domain description. */
export function murmur3(bytes: Uint8Array): number {
  const blockEnd = bytes.length & ~3;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = 0;
  for (let at = 0; at < blockEnd; at += 4) {
    hash ^= scramble(view.getUint32(at, true));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= blockEnd; at--) rest = (rest << 8) | view.getUint8(at);
  if (bytes.length > blockEnd) hash ^= scramble(rest);
  return avalanche(hash ^ bytes.length);
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function avalanche(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

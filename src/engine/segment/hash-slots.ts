/**
 * Hash tables of terms and ids as they lie in segments: open addressing, linear probing, never full. A slot holds the
 * number of an entry in its low bits and the low bits of its hash above them, so
 * that almost every comparison of bytes is of the entry that is looked for. A slot of all ones is empty.
 */

/** A slot without an entry. */
export const EMPTY_SLOT = 0xffffffff;

/** Entries that are placed between two yields. */
const SLICE = 8192;

/** Slots of a table of `count` entries. */
export function slotCount(count: number): number {
  return Math.floor(count * 1.5) + 1;
}

/** Bits that numbers of `count` entries take; all ones is none of them. */
export function numberBits(count: number): number {
  return 32 - Math.clz32(count);
}

/** Where the search for a hash begins. */
export function firstSlot(hash: number, slots: number): number {
  return Math.floor(((hash >>> 0) / 0x1_0000_0000) * slots);
}

/** Makes the slots of entries 0, 1, ... with these hashes, a slice at a time. */
export function* placeSlots(hashes: Uint32Array): Generator<void, Uint32Array> {
  const slots = new Uint32Array(slotCount(hashes.length)).fill(EMPTY_SLOT);
  const bits = numberBits(hashes.length);
  for (let from = 0; from < hashes.length; from += SLICE) {
    if (from > 0) yield;
    place(slots, hashes, bits, from, Math.min(from + SLICE, hashes.length));
  }
  return slots;
}

function place(slots: Uint32Array, hashes: Uint32Array, bits: number, from: number, to: number): void {
  for (let number = from; number < to; number++) {
    const hash = hashes[number]!;
    let slot = firstSlot(hash, slots.length);
    while (slots[slot] !== EMPTY_SLOT) slot = slot + 1 === slots.length ? 0 : slot + 1;
    slots[slot] = ((hash << bits) | number) >>> 0;
  }
}

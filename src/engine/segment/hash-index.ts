/** Finds terms and ids in the hash tables of hash-slots.ts. */
import { EMPTY_SLOT, firstSlot, numberBits } from './hash-slots.ts';

/** A table and the bytes of its entries: entry `i` from `offsets[i]` to `offsets[i + 1]` - 1. */
export type HashedEntries = {
  readonly slots: Uint32Array;
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
};

/** Looks entries up. Allocates nothing. */
export class HashIndex {
  readonly #slots: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #bits: number;
  readonly #mask: number;

  constructor({ slots, count, bytes, offsets }: HashedEntries) {
    this.#slots = slots;
    this.#bytes = bytes;
    this.#offsets = offsets;
    this.#bits = numberBits(count);
    this.#mask = 2 ** this.#bits - 1;
  }

  /**
   * Number of the entry with bytes `from` to `to` - 1; -1 if there is none.
   *
   * @param hash `hashBytes` of them.
   * @param live Only entries whose bit is set count, for ids that come more than once.
   */
  find(bytes: Uint8Array, from: number, to: number, hash: number, live?: Uint32Array): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const mark = (hash << this.#bits) >>> 0;
    let at = firstSlot(hash, slots.length);
    for (let probes = 0; probes < slots.length; probes++) {
      const slot = slots[at]!;
      if (slot === EMPTY_SLOT) return -1;
      const number = slot & mask;
      if (((slot ^ mark) & ~mask) === 0 && this.#equals(number, bytes, from, to)) {
        if (live === undefined || ((live[number >>> 5]! >>> (number & 31)) & 1) === 1) return number;
      }
      if (++at === slots.length) at = 0;
    }
    return -1;
  }

  #equals(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const own = this.#bytes;
    const start = this.#offsets[number]!;
    const length = to - from;
    if (this.#offsets[number + 1]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (own[start + i] !== bytes[from + i]) return false;
    return true;
  }
}

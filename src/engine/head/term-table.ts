/**
 * The terms of one field of the head: their bytes one after the other in a pool, found through a hash. Words of ASCII
 * letters go from the text into the pool without a string in between; the hash is worked out while they are lower-cased.
 */
import type { Automaton } from '../automata/automaton.ts';
import { DEAD } from '../automata/automaton.ts';
import {
  compareBytes,
  decodeTerm,
  encodeTerm,
  finishHash,
  HASH_START,
  hashByte,
  hashBytes,
  termRoom,
} from '../part/term-bytes.ts';
import { grownInt32, grownUint8 } from './growable.ts';

/** What `mapped` holds of a word that was not mapped yet. */
export const UNMAPPED = -2;

const FIRST_SLOTS = 1 << 10;

/** Terms by number, in the order in which they first came. */
export class TermTable {
  #bytes: Uint8Array = new Uint8Array(1 << 12);
  /** Where each term begins in the pool, and where the last one ends. */
  #offsets: Int32Array = new Int32Array(1 << 9);
  /** Pairs of hash and number + 1; 0 where the slot is free. */
  #slots: Int32Array = new Int32Array(FIRST_SLOTS * 2);
  #mask = FIRST_SLOTS - 1;
  #count = 0;
  /** What each word became in the analyzer: the number of a term, -1 if it was dropped, or `UNMAPPED`. */
  #mapped: Int32Array = new Int32Array(0);

  get count(): number {
    return this.#count;
  }

  /** The pool. Term `t` is `bytes[offsets[t]]` to `bytes[offsets[t + 1] - 1]`. Replaced when it grows. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get offsets(): Int32Array {
    return this.#offsets;
  }

  get sizeBytes(): number {
    return this.#bytes.byteLength + this.#offsets.byteLength + this.#slots.byteLength + this.#mapped.byteLength;
  }

  /** Number of a term; -1 if it is not there. */
  lookup(term: string): number {
    const end = this.#write(term);
    const from = this.#offsets[this.#count]!;
    return this.#slots[this.#slotOf(hashBytes(this.#bytes, from, end), end) * 2 + 1]! - 1;
  }

  /** Number of a term, which is added if it is new. */
  intern(term: string): number {
    const end = this.#write(term);
    return this.#internBytes(hashBytes(this.#bytes, this.#offsets[this.#count]!, end), end);
  }

  /** Number of the word in lower case that stands in a text. */
  internWord(text: string, start: number, end: number): number {
    const from = this.#offsets[this.#count]!;
    if (from + (end - start) > this.#bytes.length) this.#bytes = grownUint8(this.#bytes, from + (end - start));
    const bytes = this.#bytes;
    let hash = HASH_START;
    let to = from;
    for (let i = start; i < end; i++) {
      let unit = text.charCodeAt(i);
      if (unit >= 0x80) return this.intern(text.slice(start, end).toLowerCase());
      if (unit >= 65 && unit <= 90) unit |= 32;
      bytes[to++] = unit;
      hash = hashByte(hash, unit);
    }
    return this.#internBytes(finishHash(hash), to);
  }

  term(number: number): string {
    return decodeTerm(this.#bytes, this.#offsets[number]!, this.#offsets[number + 1]!);
  }

  /** Bytes of a term. */
  byteLength(number: number): number {
    return this.#offsets[number + 1]! - this.#offsets[number]!;
  }

  /** Negative, 0 or positive as a term's bytes come before, equal or come after another's. */
  compare(a: number, b: number): number {
    const offsets = this.#offsets;
    const bytes = this.#bytes;
    return compareBytes(bytes, offsets[a]!, offsets[a + 1]!, bytes, offsets[b]!, offsets[b + 1]!);
  }

  /** What a word became; see `setMapped`. */
  mapped(word: number): number {
    return word < this.#mapped.length ? this.#mapped[word]! : UNMAPPED;
  }

  /** Remembers what a word became. */
  setMapped(word: number, term: number): void {
    const { length } = this.#mapped;
    if (word >= length) {
      this.#mapped = grownInt32(this.#mapped, Math.max(word + 1, this.#offsets.length));
      this.#mapped.fill(UNMAPPED, length);
    }
    this.#mapped[word] = term;
  }

  /** Whether an automaton accepts a term. */
  isAccepted(number: number, automaton: Automaton): boolean {
    const end = this.#offsets[number + 1]!;
    let state = automaton.start;
    for (let at = this.#offsets[number]!; at < end; at++) {
      if (automaton.acceptsAll(state)) return true;
      state = automaton.step(state, this.#bytes[at]!);
      if (state === DEAD) return false;
    }
    return automaton.accepts(state);
  }

  /** Writes a term behind the last one, without adding it. Returns where it ends. */
  #write(term: string): number {
    const from = this.#offsets[this.#count]!;
    this.#bytes = grownUint8(this.#bytes, from + termRoom(term));
    return encodeTerm(term, this.#bytes, from);
  }

  #internBytes(hash: number, end: number): number {
    const slot = this.#slotOf(hash, end);
    const known = this.#slots[slot * 2 + 1]!;
    if (known > 0) return known - 1;
    const number = this.#count++;
    this.#offsets = grownInt32(this.#offsets, number + 2);
    this.#offsets[number + 1] = end;
    this.#slots[slot * 2] = hash;
    this.#slots[slot * 2 + 1] = number + 1;
    if (this.#count * 2 > this.#mask) this.#grow();
    return number;
  }

  /** The slot of the bytes behind the last term up to `end`, or the free one where they belong. */
  #slotOf(hash: number, end: number): number {
    const bytes = this.#bytes;
    const offsets = this.#offsets;
    const slots = this.#slots;
    const mask = this.#mask;
    const from = offsets[this.#count]!;
    const length = end - from;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const known = slots[slot * 2 + 1]!;
      if (known === 0) return slot;
      if (slots[slot * 2] !== hash) continue;
      const start = offsets[known - 1]!;
      if (offsets[known]! - start !== length) continue;
      let i = 0;
      while (i < length && bytes[start + i] === bytes[from + i]) i++;
      if (i === length) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    const mask = this.#mask * 2 + 1;
    const slots = new Int32Array((mask + 1) * 2);
    for (let i = 0; i < old.length; i += 2) {
      const known = old[i + 1]!;
      if (known === 0) continue;
      let slot = old[i]! & mask;
      while (slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * 2] = old[i]!;
      slots[slot * 2 + 1] = known;
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}

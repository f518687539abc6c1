/**
 * The terms of one field of the head: their bytes one after the other in a pool, found through a hash. What is kept for
 * each term stands together in one record, so that a token touches as few cache lines as can be.
 */
import type { Automaton } from '../automata/automaton.ts';
import { DEAD } from '../automata/automaton.ts';
import { compareBytes, decodeTerm, encodeTerm, hashBytes, termRoom } from '../part/term-bytes.ts';
import { grownInt32, grownUint8 } from './growable.ts';

/** What `mapped` gives of a word that was not mapped yet. */
export const UNMAPPED = -2;

/** Numbers per record. */
export const RECORD = 8;

/** What stands where in a record; see `PostingChains` for what belongs to the field. A term begins with `head` and `next`. */
export const AT = { bytes: 0, length: 1, head: 2, next: 3, newest: 4, ordinal: 5, docFrequency: 6 } as const;

/** Bytes of a term that are in its record. */
const HEAD_BYTES = 8;

const FIRST_SLOTS = 1 << 10;
const NUMBER_BITS = 24;
const NUMBER_MASK = (1 << NUMBER_BITS) - 1;
/** Most terms of a table. */
const MAX_TERMS = NUMBER_MASK - 1;

/** How many terms and bytes a table will have, about: so that it need not grow. */
export type TermTableSize = { readonly terms: number; readonly bytes: number };

/** Terms by number, in the order in which they first came. */
export class TermTable {
  #bytes: Uint8Array;
  #end = 0;
  #records: Int32Array;
  /** The highest bits of the hash above number + 1; 0 where the slot is free. */
  #slots: Int32Array;
  #mask: number;
  #count = 0;
  /** A term on its way into the table. */
  #candidate = new Uint8Array(256);
  #candidateWords = new Int32Array(this.#candidate.buffer);
  /** Words below were all mapped to themselves. */
  #sameBelow = 0;
  /** What each word became in the analyzer: the number of a term, -1 if it was dropped, or `UNMAPPED`. */
  #mapped: Int32Array = new Int32Array(0);

  constructor(size: TermTableSize = { terms: 100, bytes: 1000 }) {
    let slots = FIRST_SLOTS;
    while (slots < size.terms * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
    this.#bytes = new Uint8Array(size.bytes);
    this.#records = new Int32Array((size.terms + 1) * RECORD);
  }

  get count(): number {
    return this.#count;
  }

  /** Read-only outside, but for what other files keep in the records. Replaced when it grows. */
  get records(): Int32Array {
    return this.#records;
  }

  /** The pool. Replaced when it grows. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes of all terms. */
  get end(): number {
    return this.#end;
  }

  get sizeBytes(): number {
    return this.#bytes.byteLength + this.#records.byteLength + this.#slots.byteLength + this.#mapped.byteLength;
  }

  /** Number of a term; -1 if it is not there. */
  lookup(term: string): number {
    const length = this.#write(term);
    return (this.#slots[this.#slotOf(hashBytes(this.#candidate, 0, length), length)]! & NUMBER_MASK) - 1;
  }

  /** Number of a term, which is added if it is new. */
  intern(term: string): number {
    const length = this.#write(term);
    return this.internCandidate(hashBytes(this.#candidate, 0, length), length);
  }

  /** Where the bytes of a term of at most `room` bytes are to be written before `internCandidate`. */
  candidate(room: number): Uint8Array {
    if (room > this.#candidate.length) {
      this.#candidate = new Uint8Array(Math.ceil(room / 4) * 8);
      this.#candidateWords = new Int32Array(this.#candidate.buffer);
    }
    this.#candidateWords[0] = 0;
    this.#candidateWords[1] = 0;
    return this.#candidate;
  }

  /** Number of the term that was written as the candidate, and whose hash is `hash`. */
  internCandidate(hash: number, length: number): number {
    const slot = this.#slotOf(hash, length);
    const known = this.#slots[slot]!;
    if (known !== 0) return (known & NUMBER_MASK) - 1;
    if (this.#count === MAX_TERMS) throw new Error(`a field of the head has more than ${MAX_TERMS} terms`);
    const number = this.#count++;
    this.#records = grownInt32(this.#records, (number + 1) * RECORD);
    this.#bytes = grownUint8(this.#bytes, this.#end + length);
    const record = number * RECORD;
    this.#records[record + AT.bytes] = this.#end;
    this.#records[record + AT.length] = length;
    this.#records[record + AT.head] = this.#candidateWords[0]!;
    this.#records[record + AT.next] = this.#candidateWords[1]!;
    for (let i = 0; i < length; i++) this.#bytes[this.#end + i] = this.#candidate[i]!;
    this.#end += length;
    this.#slots[slot] = (hash & ~NUMBER_MASK) | (number + 1);
    if (this.#count * 2 > this.#mask) this.#grow();
    return number;
  }

  term(number: number): string {
    return decodeTerm(this.#bytes, this.from(number), this.to(number));
  }

  /** Where the bytes of a term begin in the pool. */
  from(number: number): number {
    return this.#records[number * RECORD + AT.bytes]!;
  }

  /** Where they end. */
  to(number: number): number {
    return this.#records[number * RECORD + AT.bytes]! + this.#records[number * RECORD + AT.length]!;
  }

  /** Negative, 0 or positive as a term's bytes come before, equal or come after another's. */
  compare(a: number, b: number): number {
    return compareBytes(this.#bytes, this.from(a), this.to(a), this.#bytes, this.from(b), this.to(b));
  }

  /** What a word became; see `setMapped`. */
  mapped(word: number): number {
    if (word < this.#sameBelow) return word;
    return word < this.#mapped.length ? this.#mapped[word]! : UNMAPPED;
  }

  /** Remembers what a word became. */
  setMapped(word: number, term: number): void {
    if (word === term && word === this.#sameBelow) {
      this.#sameBelow++;
      return;
    }
    const { length } = this.#mapped;
    if (word >= length) {
      this.#mapped = grownInt32(this.#mapped, Math.max(word + 1, this.#records.length / RECORD));
      this.#mapped.fill(UNMAPPED, length);
    }
    this.#mapped[word] = term;
  }

  /** Whether an automaton accepts a term. */
  isAccepted(number: number, automaton: Automaton): boolean {
    const end = this.to(number);
    let state = automaton.start;
    for (let at = this.from(number); at < end; at++) {
      if (automaton.acceptsAll(state)) return true;
      state = automaton.step(state, this.#bytes[at]!);
      if (state === DEAD) return false;
    }
    return automaton.accepts(state);
  }

  /** Writes a term as the candidate. Returns its length. */
  #write(term: string): number {
    return encodeTerm(term, this.candidate(termRoom(term)), 0);
  }

  /** The slot of the candidate, or the free one where it belongs. */
  #slotOf(hash: number, length: number): number {
    const records = this.#records;
    const slots = this.#slots;
    const mask = this.#mask;
    const head = this.#candidateWords[0]!;
    const next = this.#candidateWords[1]!;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!;
      if (entry === 0) return slot;
      if ((entry ^ hash) >>> NUMBER_BITS !== 0) continue;
      const record = ((entry & NUMBER_MASK) - 1) * RECORD;
      if (records[record + AT.head] !== head || records[record + AT.next] !== next) continue;
      if (records[record + AT.length] !== length) continue;
      if (length <= HEAD_BYTES || this.#hasTail(records[record + AT.bytes]!, length)) return slot;
    }
  }

  /** Whether the candidate goes on like the term whose bytes begin at `from`, behind what is in its record. */
  #hasTail(from: number, length: number): boolean {
    const bytes = this.#bytes;
    const candidate = this.#candidate;
    for (let i = HEAD_BYTES; i < length; i++) if (bytes[from + i] !== candidate[i]) return false;
    return true;
  }

  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const slots = new Int32Array(mask + 1);
    for (let number = 0; number < this.#count; number++) {
      const hash = hashBytes(this.#bytes, this.from(number), this.to(number));
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (hash & ~NUMBER_MASK) | (number + 1);
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}

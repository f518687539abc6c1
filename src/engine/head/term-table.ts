/**
 * The terms of one field of the head: their bytes one after the other in a pool, found through a hash. What is kept for
 * each term stands together in one record, so that a token touches as few cache lines as can be.
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
  termRoom,
} from '../part/term-bytes.ts';
import { grownInt32, grownUint8 } from './growable.ts';

/** What `mapped` gives of a word that was not mapped yet. */
export const UNMAPPED = -2;

/** Numbers per record. */
export const RECORD = 8;

/** What stands where in a record; see `PostingChains` for what belongs to the field. A term begins with `head`, `next` and `third`. */
export const AT = { bytes: 0, length: 1, head: 2, next: 3, third: 4, newest: 5, ordinal: 6, docFrequency: 7 } as const;

/** Bytes of a term that are in its record. */
const HEAD_BYTES = 12;

const FIRST_SLOTS = 1 << 10;
const NUMBER_BITS = 24;
const NUMBER_MASK = (1 << NUMBER_BITS) - 1;
/** Bytes of a term's record and slots. */
const TERM_BYTES = RECORD * 4 + 3 * 4;
/** Most terms of a table. */
const MAX_TERMS = NUMBER_MASK - 1;

/** How many terms and bytes a table will have, about: so that it need not grow. */
export type TermTableSize = { readonly terms: number; readonly bytes: number };

/** Words of a batch, at most. */
export const BATCH = 256;

/** First bytes of a term as numbers. */
type FirstBytes = { readonly head: number; readonly next: number; readonly third: number };

/** Head of a word that is in `texts`. */
export const NO_HEAD = 0;

/** Words to be found in a table together. */
export class WordBatch {
  /** Where the bytes of each word begin and end. */
  readonly starts = new Uint32Array(BATCH);
  readonly ends = new Uint32Array(BATCH);
  /** Its first bytes, as little-endian numbers; zeros past its end. `NO_HEAD` for words that are in `texts`. */
  readonly heads = new Int32Array(BATCH);
  readonly nexts = new Int32Array(BATCH);
  readonly thirds = new Int32Array(BATCH);
  /** See `hashOf`. */
  readonly hashes = new Int32Array(BATCH);
  /** Set by `internBatch`; before, the index of words that are in `texts`. */
  readonly numbers = new Int32Array(BATCH);
  readonly texts: string[] = [];
  /** What the table has in its slot. */
  readonly entries = new Int32Array(BATCH);
}

/** Terms by number, in the order in which they first came. */
export class TermTable {
  #bytes: Uint8Array;
  #end = 0;
  #records: Int32Array;
  /** The highest bits of the hash above number + 1; 0 where the slot is free. */
  #slots: Int32Array;
  #mask: number;
  #count = 0;
  /** A term on its way into the table: its first bytes as numbers, and where the others stand. */
  #head = 0;
  #next = 0;
  #third = 0;
  #candidate: Uint8Array = new Uint8Array(0);
  #candidateFrom = 0;
  #written = new Uint8Array(256);
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

  /** Bytes that the terms take. */
  get usedBytes(): number {
    return this.#end + this.#count * TERM_BYTES;
  }

  /** Number of a term; -1 if it is not there. */
  lookup(term: string): number {
    const length = this.#write(term);
    return (this.#slots[this.#slotOf(this.#hash(length), length)]! & NUMBER_MASK) - 1;
  }

  /** Number of a term, which is added if it is new. */
  intern(term: string): number {
    const length = this.#write(term);
    return this.#intern(this.#hash(length), length);
  }

  /**
   * Finds the numbers of the first `count` words of a batch, and adds words that are new.
   *
   * @param bytes Where the words stand, from byte `HEAD_BYTES` on.
   */
  internBatch(batch: WordBatch, bytes: Uint8Array, count: number): void {
    const { starts, ends, heads, nexts, thirds, hashes, numbers, texts, entries } = batch;
    const slots = this.#slots;
    const mask = this.#mask;
    // Apart from what is done with them: so the processor need not wait for one before it asks for the next.
    for (let i = 0; i < count; i++) entries[i] = slots[hashes[i]! & mask]!;
    let records = this.#records;
    for (let i = 0; i < count; i++) {
      if (heads[i] === NO_HEAD) {
        numbers[i] = this.intern(texts[numbers[i]!]!);
        records = this.#records;
        continue;
      }
      const number = (entries[i]! & NUMBER_MASK) - 1;
      const length = ends[i]! - starts[i]!;
      if (number >= 0 && length <= HEAD_BYTES) {
        const at = number * RECORD;
        const isFound =
          records[at + AT.head] === heads[i] &&
          records[at + AT.next] === nexts[i] &&
          records[at + AT.third] === thirds[i] &&
          records[at + AT.length] === length;
        if (isFound) {
          numbers[i] = number;
          continue;
        }
      }
      this.#begin({ head: heads[i]!, next: nexts[i]!, third: thirds[i]! }, bytes, starts[i]!);
      numbers[i] = this.#intern(hashes[i]!, length);
      records = this.#records;
    }
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

  #begin({ head, next, third }: FirstBytes, candidate: Uint8Array, from: number): void {
    this.#head = head;
    this.#next = next;
    this.#third = third;
    this.#candidate = candidate;
    this.#candidateFrom = from;
  }

  /** Number of the candidate, whose hash is `hash`. */
  #intern(hash: number, length: number): number {
    const slot = this.#slotOf(hash, length);
    const known = this.#slots[slot]!;
    return known !== 0 ? (known & NUMBER_MASK) - 1 : this.#add(slot, hash, length);
  }

  #add(slot: number, hash: number, length: number): number {
    if (this.#count === MAX_TERMS) throw new Error(`a field of the head has more than ${MAX_TERMS} terms`);
    const number = this.#count++;
    this.#records = grownInt32(this.#records, (number + 1) * RECORD);
    this.#bytes = grownUint8(this.#bytes, this.#end + length);
    const record = number * RECORD;
    this.#records[record + AT.bytes] = this.#end;
    this.#records[record + AT.length] = length;
    this.#records[record + AT.head] = this.#head;
    this.#records[record + AT.next] = this.#next;
    this.#records[record + AT.third] = this.#third;
    for (let i = 0; i < length; i++) this.#bytes[this.#end + i] = this.#byteAt(i);
    this.#end += length;
    this.#slots[slot] = (hash & ~NUMBER_MASK) | (number + 1);
    if (this.#count * 2 > this.#mask) this.#grow();
    return number;
  }

  /** A byte of the candidate. */
  #byteAt(index: number): number {
    if (index >= HEAD_BYTES) return this.#candidate[this.#candidateFrom + index]!;
    return (index < 4 ? this.#head : index < 8 ? this.#next : this.#third) >>> ((index & 3) * 8);
  }

  /** Writes a term as the candidate. Returns its length. */
  #write(term: string): number {
    if (this.#written.length < termRoom(term)) this.#written = new Uint8Array(termRoom(term) * 2);
    const written = this.#written;
    const length = encodeTerm(term, written, 0);
    const head = wordOf(written, 0, length);
    this.#begin({ head, next: wordOf(written, 4, length), third: wordOf(written, 8, length) }, written, 0);
    return length;
  }

  /** The hash of the candidate that was written. */
  #hash(length: number): number {
    return hashOf(this.#head, this.#next, this.#third, tailHash(this.#written, HEAD_BYTES, length));
  }

  /** The slot of the candidate, or the free one where it belongs. */
  #slotOf(hash: number, length: number): number {
    const records = this.#records;
    const slots = this.#slots;
    const mask = this.#mask;
    const head = this.#head;
    const next = this.#next;
    const third = this.#third;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!;
      if (entry === 0) return slot;
      if ((entry ^ hash) >>> NUMBER_BITS !== 0) continue;
      const record = ((entry & NUMBER_MASK) - 1) * RECORD;
      if (records[record + AT.head] !== head || records[record + AT.next] !== next) continue;
      if (records[record + AT.third] !== third || records[record + AT.length] !== length) continue;
      if (length <= HEAD_BYTES || this.#hasTail(records[record + AT.bytes]!, length)) return slot;
    }
  }

  /** Whether the candidate goes on like the term whose bytes begin at `from`, behind what is in its record. */
  #hasTail(from: number, length: number): boolean {
    const bytes = this.#bytes;
    const candidate = this.#candidate;
    const offset = this.#candidateFrom;
    for (let i = HEAD_BYTES; i < length; i++) if (bytes[from + i] !== candidate[offset + i]) return false;
    return true;
  }

  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const slots = new Int32Array(mask + 1);
    for (let number = 0; number < this.#count; number++) {
      const record = number * RECORD;
      const tail = tailHash(this.#bytes, this.from(number) + HEAD_BYTES, this.to(number));
      const records = this.#records;
      const hash = hashOf(records[record + AT.head]!, records[record + AT.next]!, records[record + AT.third]!, tail);
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (hash & ~NUMBER_MASK) | (number + 1);
    }
    this.#slots = slots;
    this.#mask = mask;
  }
}

/**
 * The hash of a term: of its first twelve bytes, as numbers, and of the others (from `HASH_START` on, by `hashByte`). Signed
 * 32 bits.
 */
export function hashOf(head: number, next: number, third: number, tail: number): number {
  return finishHash(Math.imul(head, 0x9e3779b1) ^ Math.imul(next, 0x85ebca6b) ^ Math.imul(third, 0xc2b2ae35) ^ tail);
}

/** The hash of bytes `from` to `to` - 1. */
function tailHash(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_START;
  for (let i = from; i < to; i++) hash = hashByte(hash, bytes[i]!);
  return hash;
}

/** Up to four bytes from `from` on as a number; zeros past `end`. */
function wordOf(bytes: Uint8Array, from: number, end: number): number {
  let word = 0;
  for (let i = from; i < Math.min(end, from + 4); i++) word |= bytes[i]! << ((i - from) * 8);
  return word;
}

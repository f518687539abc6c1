/**
 * Postings of one field of the head: for each term a chain, newest first. Adding to it is a matter of a few stores;
 * lists by rising ordinals are made when a query asks for them, and kept and carried on for terms that many have.
 */
import { NO_MORE, type Postings } from '../part/index-part.ts';
import { grownInt32, grownUint32 } from './growable.ts';
import { AT, RECORD, type TermTable } from './term-table.ts';

/** The postings of a term as lists, by rising ordinals. */
export type PostingLists = { readonly ordinals: Uint32Array; readonly frequencies: Uint32Array };

/** Reads where a document has a term; see `Postings`. */
export interface PlaceReader {
  positions(term: number, ordinal: number, into: Uint32Array): void;
  offsets(term: number, ordinal: number, starts: Uint32Array, ends: Uint32Array): boolean;
}

/** Numbers per posting: the one before + 1; frequency, or `MANY`, above the ordinal. */
const POSTING = 2;
const ORDINAL_BITS = 24;
const ORDINAL_MASK = 2 ** ORDINAL_BITS - 1;
/** A frequency that stands apart. */
const MANY = 255;

/** Most documents of a head. */
export const MAX_HEAD_DOCUMENTS = 2 ** ORDINAL_BITS;
/** From this many postings on, lists are kept. */
const KEPT_LENGTH = 64;

type KeptLists = { ordinals: Uint32Array; frequencies: Uint32Array; length: number };

/**
 * Chains of postings by term number. The record of a term holds the number + 1 of its newest posting, the ordinal + 1 of
 * that, and how many documents have the term.
 */
export class PostingChains {
  readonly #terms: TermTable;
  #postings: Int32Array;
  #count = 0;
  /** By term: 1 + the ordinal that `removeTerm` last saw, and how many it saw. */
  #removed: Int32Array = new Int32Array(0);
  readonly #kept = new Map<number, KeptLists>();
  /** Frequencies from `MANY` on, by posting. */
  readonly #many = new Map<number, number>();

  /** @param postings How many there will be, about. */
  constructor(terms: TermTable, postings = 1000) {
    this.#terms = terms;
    this.#postings = new Int32Array(postings * POSTING);
  }

  /** Postings of all terms. */
  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#postings.byteLength + this.#removed.byteLength;
  }

  /** Bytes that postings take. */
  get usedBytes(): number {
    return this.#count * POSTING * 4;
  }

  docFrequency(term: number): number {
    return this.#terms.records[term * RECORD + AT.docFrequency]!;
  }

  liveDocFrequency(term: number): number {
    const removed = term * 2 < this.#removed.length ? this.#removed[term * 2 + 1]! : 0;
    return this.docFrequency(term) - removed;
  }

  /** Makes room for more postings. */
  reserve(postings: number): void {
    this.#postings = grownInt32(this.#postings, (this.#count + postings) * POSTING);
  }

  /** Counts a term once more in a document, for which `reserve` made room. Ordinals never fall. */
  add(term: number, ordinal: number): void {
    const { records } = this.#terms;
    const postings = this.#postings;
    const at = term * RECORD;
    if (records[at + AT.ordinal] === ordinal + 1) {
      this.#addAgain(records[at + AT.newest]! - 1);
      return;
    }
    const posting = this.#count++ * POSTING;
    postings[posting] = records[at + AT.newest]!;
    postings[posting + 1] = ordinal | (1 << ORDINAL_BITS);
    records[at + AT.newest] = this.#count;
    records[at + AT.ordinal] = ordinal + 1;
    records[at + AT.docFrequency]!++;
  }

  /** Takes a deleted document out of a term's count, once however often it is called. */
  removeTerm(term: number, ordinal: number): void {
    if (term * 2 >= this.#removed.length) this.#removed = grownInt32(this.#removed, this.#terms.count * 2);
    if (this.#removed[term * 2] === ordinal + 1) return;
    this.#removed[term * 2] = ordinal + 1;
    this.#removed[term * 2 + 1]!++;
  }

  /** Calls `visit` for postings `from` to `to` - 1, in the order in which they came: by rising ordinals. */
  forEach(from: number, to: number, visit: (ordinal: number, frequency: number) => void): void {
    const postings = this.#postings;
    for (let i = from; i < to; i++) visit(postings[i * POSTING + 1]! & ORDINAL_MASK, this.#frequency(i));
  }

  /** A cursor over a term's documents. */
  cursor(term: number, places: PlaceReader): Postings {
    return new ChainCursor(term, this.lists(term), places);
  }

  /** The lists of a term, deleted documents included. Valid until the next write. */
  lists(term: number): PostingLists {
    const length = this.docFrequency(term);
    if (length < KEPT_LENGTH) {
      const lists = { ordinals: new Uint32Array(length), frequencies: new Uint32Array(length) };
      if (length > 0) this.#unroll(term, 0, length, lists);
      return lists;
    }
    const kept = this.#carriedOn(term, length);
    return { ordinals: kept.ordinals.subarray(0, length), frequencies: kept.frequencies.subarray(0, length) };
  }

  #carriedOn(term: number, length: number): KeptLists {
    const kept = this.#kept.get(term) ?? {
      ordinals: new Uint32Array(length),
      frequencies: new Uint32Array(length),
      length: 0,
    };
    kept.ordinals = grownUint32(kept.ordinals, length);
    kept.frequencies = grownUint32(kept.frequencies, length);
    this.#unroll(term, kept.length, length, kept);
    kept.length = length;
    this.#kept.set(term, kept);
    return kept;
  }

  /** Writes postings `from` to `to` - 1 of a chain of `to`. */
  #unroll(term: number, from: number, to: number, { ordinals, frequencies }: PostingLists): void {
    const postings = this.#postings;
    let posting = this.#terms.records[term * RECORD + AT.newest]! - 1;
    for (let i = to - 1; i >= from; i--) {
      ordinals[i] = postings[posting * POSTING + 1]! & ORDINAL_MASK;
      frequencies[i] = this.#frequency(posting);
      posting = postings[posting * POSTING]! - 1;
    }
  }

  #frequency(posting: number): number {
    const frequency = this.#postings[posting * POSTING + 1]! >>> ORDINAL_BITS;
    return frequency < MANY ? frequency : this.#many.get(posting)!;
  }

  #addAgain(posting: number): void {
    const postings = this.#postings;
    const frequency = postings[posting * POSTING + 1]! >>> ORDINAL_BITS;
    if (frequency < MANY) postings[posting * POSTING + 1]! += 1 << ORDINAL_BITS;
    if (frequency + 1 >= MANY) this.#many.set(posting, frequency < MANY ? MANY : this.#many.get(posting)! + 1);
  }
}

class ChainCursor implements Postings {
  readonly docFrequency: number;
  readonly #term: number;
  readonly #ordinals: Uint32Array;
  readonly #frequencies: Uint32Array;
  readonly #places: PlaceReader;
  #at = 0;
  /** Where the last `read` began. */
  #readFrom = 0;

  constructor(term: number, { ordinals, frequencies }: PostingLists, places: PlaceReader) {
    this.#term = term;
    this.#ordinals = ordinals;
    this.#frequencies = frequencies;
    this.#places = places;
    this.docFrequency = ordinals.length;
  }

  seek(from: number): number {
    const ordinals = this.#ordinals;
    const { length } = ordinals;
    let at = this.#at;
    if (at >= length) return NO_MORE;
    if (ordinals[at]! >= from) return ordinals[at]!;
    let step = 1;
    while (at + step < length && ordinals[at + step]! < from) {
      at += step;
      step *= 2;
    }
    let below = at;
    let above = Math.min(length, at + step);
    while (above - below > 1) {
      const middle = (below + above) >>> 1;
      if (ordinals[middle]! < from) below = middle;
      else above = middle;
    }
    this.#at = above;
    return above < length ? ordinals[above]! : NO_MORE;
  }

  read(end: number, into: Uint32Array, frequencies: Uint32Array): number {
    const ordinals = this.#ordinals;
    const { length } = ordinals;
    const from = this.#at;
    let at = from;
    for (; at < length && ordinals[at]! < end; at++) {
      into[at - from] = ordinals[at]!;
      frequencies[at - from] = this.#frequencies[at]!;
    }
    this.#readFrom = from;
    this.#at = at;
    return at - from;
  }

  positions(index: number, into: Uint32Array): void {
    this.#places.positions(this.#term, this.#ordinals[this.#readFrom + index]!, into);
  }

  offsets(index: number, starts: Uint32Array, ends: Uint32Array): boolean {
    return this.#places.offsets(this.#term, this.#ordinals[this.#readFrom + index]!, starts, ends);
  }
}

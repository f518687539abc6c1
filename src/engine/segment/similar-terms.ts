/**
 * Finds misspelt words in the dictionary of a segment. Terms are ordered by length and by their last bytes, and a
 * signature of its characters stands beside each, so that few terms are looked at. Made when a segment is opened.
 */
import { type CloseWord, FAR } from '../automata/close-word.ts';
import { compareBytes } from '../part/term-bytes.ts';
import { characterCount, termSignature } from '../part/term-signature.ts';

/** Lengths in characters that are told apart; longer terms count as of the last one. */
const LENGTHS = 64;

/** Numbers in `lengthStarts`. */
export const LENGTH_STARTS = LENGTHS + 1;

/** Last bytes that terms of one length are ordered by. */
const END_BYTES = 3;

/** So many signatures are looked through in the time that it takes to find those of one more byte. */
const FEW = 128;

/** Words of fewer characters are compared with all signatures. */
const LEAST_SPLIT = 5;

/** Items between two yields. */
const SLICE = 1 << 15;

/** A sorted dictionary, and its terms in the other order. */
export type SimilarTermsData = {
  readonly termBytes: Uint8Array;
  readonly termOffsets: Uint32Array;
  /** How many bytes a term shares with the one before it, 255 for that many or more. */
  readonly termShared: Uint8Array;
  /** Numbers of terms by length in characters, then by the last byte, the one before that, and the one before that. */
  readonly termsByEnd: Uint32Array;
  /** Signatures of the terms in `termsByEnd`. */
  readonly signatures: Uint32Array;
  /** Where each length begins in `termsByEnd`, and the end. */
  readonly lengthStarts: Uint32Array;
};

/** Fills in the other order, a slice at a time. */
export function* deriveSimilarTerms(data: SimilarTermsData): Generator<void, void> {
  const count = data.termsByEnd.length;
  const keys: SortKeys = { ends: new Uint32Array(count), lengths: new Uint8Array(count) };
  const signatures = new Uint32Array(count);
  for (let from = 0; from < count; from += SLICE) {
    readTerms(data, signatures, keys, { from, to: Math.min(count, from + SLICE) });
    yield;
  }
  yield* sortTerms(data, keys);
  for (let i = 0; i < count; i++) {
    data.signatures[i] = signatures[data.termsByEnd[i]!]!;
    if (i % SLICE === SLICE - 1) yield;
  }
}

/** Looks for terms that are close to a word. */
export class SimilarTerms {
  readonly #data: SimilarTermsData;

  constructor(data: SimilarTermsData) {
    this.#data = data;
  }

  /** Calls `visit` with each term that is close to a word and the edits between them, each once, in no special order. */
  find(word: CloseWord, visit: (term: number, edits: number) => void): void {
    if (word.distance === 1 && word.length >= LEAST_SPLIT) this.#findSplit(word, visit);
    else this.#scanLengths(word, 0, { from: 0, to: 0 }, visit);
  }

  /**
   * One edit, be it the exchange of two neighbours, leaves the start or the end of a word as it is, if there is a
   * character between the two.
   */
  #findSplit(word: CloseWord, visit: (term: number, edits: number) => void): void {
    const endBytes = Math.min(END_BYTES, (word.length - 1) >> 1);
    const alike = this.#withStart(word, word.endOfCharacters(word.length - 1 - endBytes));
    for (let term = alike.from; term < alike.to; term++) this.#check(word, term, visit);
    this.#scanLengths(word, endBytes, alike, visit);
  }

  /** The terms that begin with the first bytes of a word. */
  #withStart({ bytes }: CloseWord, length: number): { readonly from: number; readonly to: number } {
    const { termBytes, termOffsets, termShared } = this.#data;
    const count = termShared.length;
    let [from, end] = [0, count];
    while (from < end) {
      const middle = (from + end) >>> 1;
      const order = compareBytes(termBytes, termOffsets[middle]!, termOffsets[middle + 1]!, bytes, 0, length);
      if (order < 0) from = middle + 1;
      else end = middle;
    }
    if (from === count || !this.#startsWith(from, bytes, length)) return { from, to: from };
    let to = from + 1;
    if (length < 255) while (to < count && termShared[to]! >= length) to++;
    else while (to < count && this.#startsWith(to, bytes, length)) to++;
    return { from, to };
  }

  #startsWith(term: number, bytes: Uint8Array, length: number): boolean {
    const { termBytes, termOffsets } = this.#data;
    const from = termOffsets[term]!;
    const end = Math.min(termOffsets[term + 1]!, from + length);
    return compareBytes(termBytes, from, end, bytes, 0, length) === 0;
  }

  /** Looks through the signatures of terms of about the length of a word that end with its last bytes, but for some. */
  #scanLengths(
    word: CloseWord,
    endBytes: number,
    without: { readonly from: number; readonly to: number },
    visit: (term: number, edits: number) => void,
  ): void {
    const { lengthStarts, signatures, termsByEnd } = this.#data;
    const least = Math.min(Math.max(0, word.length - word.distance), LENGTHS - 1);
    const greatest = Math.min(word.length + word.distance, LENGTHS - 1);
    for (let length = least; length <= greatest; length++) {
      let [from, to] = [lengthStarts[length]!, lengthStarts[length + 1]!];
      for (let place = 1; place <= endBytes && to - from > FEW; place++) {
        const byte = word.bytes[word.bytes.length - place]!;
        from = this.#firstByEnd(from, to, place, byte);
        to = this.#firstByEnd(from, to, place, byte + 1);
      }
      // Terms that are longer by one, say, have nothing less than the word if one edit is allowed.
      const longer = length === LENGTHS - 1 ? 0 : length - word.length;
      const mostLost = word.distance - Math.max(0, longer);
      const mostGained = word.distance + Math.min(0, longer);
      for (let i = from; (i = nextAlike(signatures, i, to, word.signature, mostLost, mostGained)) < to; i++) {
        const term = termsByEnd[i]!;
        if (term < without.from || term >= without.to) this.#check(word, term, visit);
      }
    }
  }

  /** The first of the terms `from` to `to` - 1 by their end whose byte at a place from the end is not below one. */
  #firstByEnd(from: number, to: number, place: number, byte: number): number {
    const { termsByEnd, termBytes, termOffsets } = this.#data;
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const term = termsByEnd[middle]!;
      if (byteFromEnd(termBytes, termOffsets[term]!, termOffsets[term + 1]! - place) < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #check(word: CloseWord, term: number, visit: (term: number, edits: number) => void): void {
    const { termBytes, termOffsets } = this.#data;
    const edits = word.editsTo(termBytes, termOffsets[term]!, termOffsets[term + 1]!);
    if (edits !== FAR) visit(term, edits);
  }
}

/** The first signature from `from` to `to` - 1 that has lost and gained no more bits than that, 2 at most; or `to`. */
function nextAlike(
  signatures: Uint32Array,
  from: number,
  to: number,
  signature: number,
  mostLost: number,
  mostGained: number,
): number {
  // Each step clears a bit, unless all must stay.
  const firstLost = mostLost > 0 ? 0 : -1;
  const secondLost = mostLost > 1 ? 0 : -1;
  const firstGained = mostGained > 0 ? 0 : -1;
  const secondGained = mostGained > 1 ? 0 : -1;
  for (let i = from; i < to; i++) {
    const other = signatures[i]! | 0;
    let lost = signature & ~other;
    lost &= (lost - 1) | firstLost;
    lost &= (lost - 1) | secondLost;
    let gained = other & ~signature;
    gained &= (gained - 1) | firstGained;
    gained &= (gained - 1) | secondGained;
    if ((lost | gained) === 0) return i;
  }
  return to;
}

/** What terms are sorted by. */
type SortKeys = {
  /** The last byte above the one before it, above the one before that. */
  readonly ends: Uint32Array;
  readonly lengths: Uint8Array;
};

function readTerms(
  { termBytes, termOffsets }: SimilarTermsData,
  signatures: Uint32Array,
  { ends, lengths }: SortKeys,
  slice: { readonly from: number; readonly to: number },
): void {
  for (let term = slice.from; term < slice.to; term++) {
    const [start, end] = [termOffsets[term]!, termOffsets[term + 1]!];
    signatures[term] = termSignature(termBytes, start, end);
    lengths[term] = Math.min(characterCount(termBytes, start, end), LENGTHS - 1);
    for (let place = 1; place <= END_BYTES; place++)
      ends[term] = (ends[term]! << 8) | byteFromEnd(termBytes, start, end - place);
  }
}

/** Sorts by digits, the least one first: three bytes of the end, then the length. */
function* sortTerms(
  { termsByEnd, lengthStarts }: SimilarTermsData,
  { ends, lengths }: SortKeys,
): Generator<void, void> {
  const count = ends.length;
  const [one, other] = [new Uint32Array(count), new Uint32Array(count)];
  for (let term = 0; term < count; term++) one[term] = term;
  yield* sortByDigit(one, other, ends, 0);
  yield* sortByDigit(other, one, ends, 8);
  yield* sortByDigit(one, other, ends, 16);
  const starts = yield* sortByDigit(other, termsByEnd, lengths, 0);
  lengthStarts.set(starts.subarray(0, LENGTH_STARTS));
}

type Keys = Uint32Array | Uint8Array;

/** Sorts terms by 8 bits of a key and leaves the order as it is among equal ones. Returns where each digit begins. */
function* sortByDigit(terms: Uint32Array, into: Uint32Array, keys: Keys, shift: number): Generator<void, Uint32Array> {
  const next = new Uint32Array(257);
  for (let term = 0; term < keys.length; term++) next[((keys[term]! >>> shift) & 255) + 1]!++;
  for (let digit = 0; digit < 256; digit++) next[digit + 1]! += next[digit]!;
  const starts = next.slice();
  for (let from = 0; from < terms.length; from += SLICE) {
    yield;
    placeByDigit(terms.subarray(from, from + SLICE), into, keys, shift, next);
  }
  return starts;
}

function placeByDigit(terms: Uint32Array, into: Uint32Array, keys: Keys, shift: number, next: Uint32Array): void {
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i]!;
    into[next[(keys[term]! >>> shift) & 255]!++] = term;
  }
}

/** The byte at an address; 0 before the start of its term. */
function byteFromEnd(bytes: Uint8Array, start: number, at: number): number {
  return at < start ? 0 : bytes[at]!;
}

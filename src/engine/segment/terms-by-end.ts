/**
 * The dictionary of a segment in the order in which misspelt words are looked up: terms by length and by their last
 * bytes, with a signature of its characters beside each. Made when a segment is opened.
 */
import { characterCount, termSignature } from '../part/term-signature.ts';

/** Lengths in characters that are told apart; longer terms count as of the last one. */
export const LENGTHS = 64;

/** Numbers in `lengthStarts`. */
export const LENGTH_STARTS = LENGTHS + 1;

/** Last bytes that terms of one length are ordered by. */
export const END_BYTES = 3;

/** Items between two yields. */
const SLICE = 1 << 15;

/** A sorted dictionary, and its terms in the other order. */
export type TermsByEnd = {
  readonly termBytes: Uint8Array;
  readonly termOffsets: Uint32Array;
  /** Numbers of terms by length in characters, then by the last byte, the one before that, and the one before that. */
  readonly termsByEnd: Uint32Array;
  /** Signatures of the terms in `termsByEnd`. */
  readonly signatures: Uint32Array;
  /** Where each length begins in `termsByEnd`, and the end. */
  readonly lengthStarts: Uint32Array;
};

/** Fills in the other order, a slice at a time. */
export function* deriveTermsByEnd(data: TermsByEnd): Generator<void, void> {
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

/** The last `count` bytes of the term whose bytes are `from` to `to` - 1 as a number, the last one highest; 0 before the first. */
export function endOf(bytes: Uint8Array, from: number, to: number, count: number): number {
  let end = 0;
  for (let place = 1; place <= count; place++) end = (end << 8) | (to - place < from ? 0 : bytes[to - place]!);
  return end;
}

/** What terms are sorted by. */
type SortKeys = {
  /** See `endOf`. */
  readonly ends: Uint32Array;
  readonly lengths: Uint8Array;
};

function readTerms(
  { termBytes, termOffsets }: TermsByEnd,
  signatures: Uint32Array,
  { ends, lengths }: SortKeys,
  slice: { readonly from: number; readonly to: number },
): void {
  for (let term = slice.from; term < slice.to; term++) {
    const [start, end] = [termOffsets[term]!, termOffsets[term + 1]!];
    signatures[term] = termSignature(termBytes, start, end);
    lengths[term] = Math.min(characterCount(termBytes, start, end), LENGTHS - 1);
    ends[term] = endOf(termBytes, start, end, END_BYTES);
  }
}

/** Sorts by digits, the least one first: three bytes of the end, then the length. */
function* sortTerms({ termsByEnd, lengthStarts }: TermsByEnd, { ends, lengths }: SortKeys): Generator<void, void> {
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

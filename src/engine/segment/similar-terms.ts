/** Finds misspelt words in the dictionary of a segment: looks at few terms, those of `terms-by-end.ts` that may be close. */
import { type CloseWord, FAR } from '../automata/close-word.ts';
import { compareBytes } from '../part/term-bytes.ts';
import { type SignatureScan, scanSignatures } from '../part/term-signature.ts';
import { type FieldData, MAX_SHARED } from './field-data.ts';
import { END_BYTES, endOf, LENGTHS } from './terms-by-end.ts';

/** So many signatures are looked through in the time that it takes to find those of one more byte, or to ask the kernel. */
const FEW = 128;

/** How far from the first term with an end the last one is looked for at first. */
const FIRST_STEP = 16;

/** Words of fewer characters are compared with all signatures. */
const LEAST_SPLIT = 5;

/** So many signatures are looked through in the time that it takes to compare one term, about (measured). */
const SIGNATURES_PER_CHECK = 32;

/** One byte more of the end leaves about one in 2^4 terms of a length. */
const BITS_PER_BYTE = 4;

type Visit = (term: number, edits: number) => void;
type Search = { readonly word: CloseWord; readonly visit: Visit; readonly scan: SignatureScan };
type Span = { readonly from: number; readonly to: number };

const NONE: Span = { from: 0, to: 0 };

/** What is needed of a field. */
export type SimilarTermsData = Pick<
  FieldData,
  'termBytes' | 'termOffsets' | 'termShared' | 'termsByEnd' | 'signatures' | 'lengthStarts'
>;

/** Looks for terms that are close to a word. */
export class SimilarTerms {
  readonly #data: SimilarTermsData;

  constructor(data: SimilarTermsData) {
    this.#data = data;
  }

  /**
   * Calls `visit` with each term that is close to a word and the edits between them, each once, in no special order.
   *
   * @param scan Looks through long ranges of signatures.
   */
  find(word: CloseWord, visit: Visit, scan: SignatureScan = scanSignatures): void {
    const search = { word, visit, scan };
    if (word.distance === 1 && word.length >= LEAST_SPLIT) this.#findSplit(search);
    else this.#scanLengths(search, 0, NONE);
  }

  /**
   * One edit, be it the exchange of two neighbours, leaves the start or the end of a word as it is, if there is a
   * character between the two. The more terms have the start, the longer it is, and the shorter the end.
   */
  #findSplit(search: Search): void {
    const { word } = search;
    const { termShared, lengthStarts } = this.#data;
    const { least, greatest } = lengthsNear(word);
    const inLengths = lengthStarts[greatest + 1]! - lengthStarts[least]!;
    const startOf = (endBytes: number): number => word.endOfCharacters(word.length - 1 - endBytes);
    let endBytes = Math.min(END_BYTES, (word.length - 1) >> 1);
    let alike = this.#withStart(word, startOf(endBytes), { from: 0, to: termShared.length });
    while (endBytes > 0) {
      const checks = (alike.to - alike.from) * SIGNATURES_PER_CHECK;
      if (checks <= FEW + (inLengths >>> (BITS_PER_BYTE * (endBytes - 1)))) break;
      endBytes--;
      alike = this.#withStart(word, startOf(endBytes), alike);
    }
    for (let term = alike.from; term < alike.to; term++) this.#check(search, term);
    this.#scanLengths(search, endBytes, alike);
  }

  /** The terms of a span, all of which have some of the first bytes of a word, that begin with all of them. */
  #withStart({ bytes }: CloseWord, length: number, within: Span): Span {
    const { termBytes, termOffsets, termShared } = this.#data;
    const count = within.to;
    let [from, end] = [within.from, count];
    while (from < end) {
      const middle = (from + end) >>> 1;
      const order = compareBytes(termBytes, termOffsets[middle]!, termOffsets[middle + 1]!, bytes, 0, length);
      if (order < 0) from = middle + 1;
      else end = middle;
    }
    if (from === count || !this.#startsWith(from, bytes, length)) return { from, to: from };
    let to = from + 1;
    if (length <= MAX_SHARED) while (to < count && termShared[to]! >= length) to++;
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
  #scanLengths(search: Search, endBytes: number, without: Span): void {
    const { word } = search;
    const { termsByEnd } = this.#data;
    const { least, greatest } = lengthsNear(word);
    for (let length = least; length <= greatest; length++) {
      for (const i of this.#alike(search, length, this.#withEnd(word, length, endBytes))) {
        const term = termsByEnd[i]!;
        if (term < without.from || term >= without.to) this.#check(search, term);
      }
    }
  }

  /** Indexes by end of the terms of a length that end with the last bytes of a word; of all where they are few. */
  #withEnd({ bytes }: CloseWord, length: number, endBytes: number): Span {
    const { lengthStarts } = this.#data;
    const all = { from: lengthStarts[length]!, to: lengthStarts[length + 1]! };
    if (endBytes === 0 || all.to - all.from <= FEW) return all;
    const end = endOf(bytes, 0, bytes.length, endBytes);
    const from = this.#firstByEnd(all.from, all.to, end, endBytes);
    let last = from;
    let step = FIRST_STEP;
    for (; last + step < all.to && this.#endAt(last + step, endBytes) === end; step *= 2) last += step;
    return { from, to: this.#firstByEnd(last, Math.min(all.to, last + step), end + 1, endBytes) };
  }

  /** Indexes by end of the terms in a span, of one length, whose signatures do not tell that they are too far. */
  #alike({ word, scan }: Search, length: number, { from, to }: Span): readonly number[] {
    if (from === to) return [];
    const { signatures } = this.#data;
    const { signature, distance } = word;
    // A term that is longer by one, say, lacks none of the word's characters if one edit is allowed.
    const longer = length === LENGTHS - 1 ? 0 : length - word.length;
    const [mostLost, mostGained] = [distance - Math.max(0, longer), distance + Math.min(0, longer)];
    const range = { signatures, from, to, signature, mostLost, mostGained };
    return to - from > FEW ? scan(range) : scanSignatures(range);
  }

  /** The first of the indexes `from` to `to` - 1 whose term's end is not below one; `to` if all are. */
  #firstByEnd(from: number, to: number, end: number, endBytes: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#endAt(middle, endBytes) < end) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #endAt(index: number, endBytes: number): number {
    const { termsByEnd, termBytes, termOffsets } = this.#data;
    const term = termsByEnd[index]!;
    return endOf(termBytes, termOffsets[term]!, termOffsets[term + 1]!, endBytes);
  }

  #check({ word, visit }: Search, term: number): void {
    const { termBytes, termOffsets } = this.#data;
    const edits = word.editsTo(termBytes, termOffsets[term]!, termOffsets[term + 1]!);
    if (edits !== FAR) visit(term, edits);
  }
}

/** Lengths in characters, as `lengthStarts` tells them apart, of terms that may be close to a word. */
function lengthsNear({ length, distance }: CloseWord): { readonly least: number; readonly greatest: number } {
  return {
    least: Math.min(Math.max(0, length - distance), LENGTHS - 1),
    greatest: Math.min(length + distance, LENGTHS - 1),
  };
}

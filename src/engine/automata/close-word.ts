/**
 * A word that is looked for with its misspellings: tells how many edits lie between it and a term's bytes, if they are
 * few. What it takes is what the Levenshtein automaton of the word accepts; dictionaries ask it of the few terms that
 * their signatures leave, and cheaply enough that no automaton has to be made.
 */
import { termBytes } from '../part/term-bytes.ts';
import { termSignature } from '../part/term-signature.ts';
import { codePoints } from './edit-distance.ts';
import type { LevenshteinOptions } from './levenshtein-automaton.ts';

/** Stands for more edits than are allowed. */
export const FAR = -1;

/** A word and what counts as close to it. */
export class CloseWord {
  readonly distance: 0 | 1 | 2;
  /** Its characters (code points). */
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly signature: number;
  readonly #word: Int32Array;
  readonly #prefixLength: number;
  readonly #transpositions: boolean;
  /** Characters of the term at hand, as far as they may matter. */
  readonly #term: Int32Array;
  /** Where word and term end, but for what they have in common there. */
  #wordEnd = 0;
  #termEnd = 0;

  /** As in Lucene a prefix that takes in the whole word leaves the word alone. */
  constructor(word: string, { distance, prefixLength = 0, transpositions = true }: LevenshteinOptions) {
    this.#word = Int32Array.from(codePoints(word));
    this.length = this.#word.length;
    this.bytes = termBytes(word);
    this.signature = termSignature(this.bytes, 0, this.bytes.length);
    this.distance = prefixLength >= this.length ? 0 : distance;
    this.#prefixLength = Math.min(prefixLength, this.length);
    this.#transpositions = transpositions;
    this.#term = new Int32Array(this.length + this.distance + 1);
  }

  /** One past the last byte of the first `count` characters; `count` is at most `length`. */
  endOfCharacters(count: number): number {
    let end = 0;
    for (let left = count; left >= 0 && end < this.bytes.length; end++)
      if ((this.bytes[end]! & 0xc0) !== 0x80 && left-- === 0) return end;
    return end;
  }

  /** Edits between the word and the term whose bytes are `from` to `to` - 1; `FAR` if they are more than `distance`. */
  editsTo(bytes: Uint8Array, from: number, to: number): number {
    const count = this.#read(bytes, from, to);
    const { length, distance } = this;
    if (Math.abs(count - length) > distance) return FAR;
    const word = this.#word;
    const term = this.#term;
    const shorter = Math.min(count, length);
    let same = 0;
    while (same < shorter && word[same] === term[same]) same++;
    if (same < this.#prefixLength) return FAR;
    let end = 0;
    while (end < shorter - same && word[length - 1 - end] === term[count - 1 - end]) end++;
    this.#wordEnd = length - end;
    this.#termEnd = count - end;
    // Most terms that are looked at are too far.
    if (!this.#isWithin(distance, same, same)) return FAR;
    let edits = distance;
    while (edits > 0 && this.#isWithin(edits - 1, same, same)) edits--;
    return edits;
  }

  /** Whether that many edits make the rest of the term of the rest of the word. Characters that agree never need one. */
  #isWithin(edits: number, wordAt: number, termAt: number): boolean {
    const word = this.#word;
    const term = this.#term;
    const wordEnd = this.#wordEnd;
    const termEnd = this.#termEnd;
    let at = wordAt;
    let other = termAt;
    while (at < wordEnd && other < termEnd && word[at] === term[other]) {
      at++;
      other++;
    }
    const left = wordEnd - at;
    const otherLeft = termEnd - other;
    if (left === 0 || otherLeft === 0) return left + otherLeft <= edits;
    if (edits === 0 || Math.abs(left - otherLeft) > edits) return false;
    if (this.#isWithin(edits - 1, at + 1, other + 1)) return true;
    if (this.#isWithin(edits - 1, at + 1, other) || this.#isWithin(edits - 1, at, other + 1)) return true;
    const isSwapped = left > 1 && otherLeft > 1 && word[at] === term[other + 1] && word[at + 1] === term[other];
    return isSwapped && this.#transpositions && this.#isWithin(edits - 1, at + 2, other + 2);
  }

  /** Decodes a term, but for what is beyond all that can be close. Returns how many characters it has, or too many. */
  #read(bytes: Uint8Array, from: number, to: number): number {
    const term = this.#term;
    let count = 0;
    for (let at = from; at < to && count < term.length; count++) {
      const first = bytes[at++]!;
      if (first < 0x80) {
        term[count] = first;
        continue;
      }
      let code = first & (first < 0xe0 ? 31 : first < 0xf0 ? 15 : 7);
      while (at < to && (bytes[at]! & 0xc0) === 0x80) code = (code << 6) | (bytes[at++]! & 63);
      term[count] = code;
    }
    return count;
  }
}

/**
 * The dictionary of a field in a segment: terms in the order of their bytes, found by hash, walked by automaton.
 */
import type { Automaton } from '../automata/automaton.ts';
import { DEAD } from '../automata/automaton.ts';
import { decodeTerm, soughtBytes } from '../part/term-bytes.ts';
import { type FieldData, MAX_SHARED } from './field-data.ts';
import { HashIndex } from './hash-index.ts';

/** Terms with a prefix that are passed one by one before steps grow. */
const NEAR = 32;

/** Terms by number, bytes and automaton. */
export class TermDictionary {
  readonly #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #count: number;
  readonly #shared: Uint8Array;
  readonly #index: HashIndex;

  constructor({ termBytes, termOffsets, termSlots, termShared, entry }: FieldData) {
    this.#bytes = termBytes;
    this.#offsets = termOffsets;
    this.#count = entry.termCount;
    this.#shared = termShared;
    this.#index = new HashIndex({ slots: termSlots, count: entry.termCount, bytes: termBytes, offsets: termOffsets });
  }

  term(number: number): string {
    if (!(number >= 0 && number < this.#count)) throw new Error(`term ${number} of ${this.#count}`);
    return decodeTerm(this.#bytes, this.#offsets[number]!, this.#offsets[number + 1]!);
  }

  /** Number of a term; -1 if there is none. */
  lookup(term: string): number {
    const { bytes, length, hash } = soughtBytes(term);
    return this.#index.find(bytes, 0, length, hash);
  }

  /**
   * Calls `visit` with the number of each accepted term, by rising numbers, until it returns false. States of the bytes
   * that a term shares with the one before are kept; where a byte leads nowhere, all terms that begin so are passed.
   */
  accepted(automaton: Automaton, visit: (number: number) => boolean): void {
    const [bytes, offsets, count] = [this.#bytes, this.#offsets, this.#count];
    /** `states[d]`: after the first `d` bytes of the current term. */
    let states = new Int32Array(64);
    states[0] = automaton.start;
    if (automaton.start === DEAD) return;
    let term = 0;
    /** Bytes whose states are known. */
    let known = 0;
    while (term < count) {
      const from = offsets[term]!;
      const length = offsets[term + 1]! - from;
      if (length >= states.length) states = longer(states, length + 1);
      let depth = known;
      let state = states[depth]!;
      while (depth < length && !automaton.acceptsAll(state)) {
        state = automaton.step(state, bytes[from + depth]!);
        if (state === DEAD) break;
        states[++depth] = state;
      }
      if (state === DEAD || depth < length) {
        // Either no term with one byte more of this prefix is accepted, or all with this prefix are.
        const next = this.#pass(term, state === DEAD ? depth + 1 : depth);
        if (state !== DEAD) for (; term < next; term++) if (!visit(term)) return;
        term = next;
      } else {
        if (automaton.accepts(state) && !visit(term)) return;
        term++;
      }
      if (term < count) known = this.#known(from, depth, term);
    }
  }

  /** The first term after `term` that does not begin with its first `length` bytes. */
  #pass(term: number, length: number): number {
    const shared = this.#shared;
    let next = term + 1;
    if (length <= MAX_SHARED) {
      const near = Math.min(this.#count, next + NEAR);
      while (next < near && shared[next]! >= length) next++;
      if (next < near || next === this.#count) return next;
    }
    return this.#passFar(next - 1, length);
  }

  /** The same for a prefix that many terms have, by steps that grow. */
  #passFar(term: number, length: number): number {
    let [within, step] = [term, 1];
    while (within + step < this.#count && this.#sharesPrefix(term, within + step, length)) {
      within += step;
      step *= 2;
    }
    let end = Math.min(this.#count, within + step);
    while (end - within > 1) {
      const middle = (within + end) >>> 1;
      if (this.#sharesPrefix(term, middle, length)) within = middle;
      else end = middle;
    }
    return end;
  }

  #sharesPrefix(term: number, other: number, length: number): boolean {
    const [bytes, from] = [this.#bytes, this.#offsets[term]!];
    const otherFrom = this.#offsets[other]!;
    if (this.#offsets[other + 1]! - otherFrom < length) return false;
    for (let i = length - 1; i >= 0; i--) if (bytes[from + i] !== bytes[otherFrom + i]) return false;
    return true;
  }

  /**
   * How many of the first `most` bytes at `from`, a term that was passed, another one begins with. All terms between the two
   * have those of them that the one before has, so that its shared bytes tell.
   */
  #known(from: number, most: number, term: number): number {
    const shared = this.#shared[term]!;
    if (shared < MAX_SHARED || most <= MAX_SHARED) return Math.min(shared, most);
    const [bytes, otherFrom] = [this.#bytes, this.#offsets[term]!];
    const limit = Math.min(most, this.#offsets[term + 1]! - otherFrom);
    let known = 0;
    while (known < limit && bytes[from + known] === bytes[otherFrom + known]) known++;
    return known;
  }
}

function longer(states: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(needed * 2);
  more.set(states);
  return more;
}

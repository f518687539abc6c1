/** Documents of one term: the leaf of most queries. */

import { termScore } from '../../score/bm25.ts';
import type { PostingList } from '../memory/postings.ts';
import { type Matcher, NO_MORE, newScores, WINDOW, WINDOW_WORDS } from './matcher.ts';

/** How a term scores: its weight, and factors by length code. Without norms every document counts as of length 1. */
export type TermScoring = {
  readonly weight: number;
  readonly norms: Uint8Array | undefined;
  readonly factors: Float32Array;
};

/** Matches the documents of a posting list; scores by BM25 if `scoring` is given. */
export class PostingsMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS);
  readonly scores: Float32Array;
  readonly #list: PostingList;
  readonly #scoring: TermScoring | undefined;
  #cursor = 0;

  constructor(list: PostingList, scoring?: TermScoring) {
    this.#list = list;
    this.#scoring = scoring;
    this.scores = newScores(scoring !== undefined);
  }

  seek(from: number): number {
    this.#advance(from);
    return this.#list.ordinals[this.#cursor] ?? NO_MORE;
  }

  fill(base: number): void {
    this.bits.fill(0);
    this.#advance(base);
    const from = this.#cursor;
    this.#setBits(base);
    if (this.#scoring !== undefined) this.#setScores(base, from, this.#scoring);
  }

  #setBits(base: number): void {
    const { ordinals } = this.#list;
    const bits = this.bits;
    let at = this.#cursor;
    while (at < ordinals.length) {
      const place = ordinals[at]! - base;
      if (place >= WINDOW) break;
      bits[place >>> 5]! |= 1 << (place & 31);
      at++;
    }
    this.#cursor = at;
  }

  #setScores(base: number, from: number, { weight, norms, factors }: TermScoring): void {
    const { ordinals, frequencies } = this.#list;
    const scores = this.scores;
    for (let at = from; at < this.#cursor; at++) {
      const ordinal = ordinals[at]!;
      const code = norms === undefined ? 1 : norms[ordinal]!;
      scores[ordinal - base] = termScore(weight, frequencies[at]!, factors[code]!);
    }
  }

  /** Instead of `fill`: adds this term's bits and scores of the window to those of a parent, in one pass. */
  addTo(base: number, bits: Uint32Array, sums: Float64Array): void {
    if (this.#scoring === undefined) throw new Error('a matcher without scoring cannot add scores');
    this.#advance(base);
    const { weight, norms, factors } = this.#scoring;
    const { ordinals, frequencies } = this.#list;
    let at = this.#cursor;
    for (; at < ordinals.length; at++) {
      const ordinal = ordinals[at]!;
      const place = ordinal - base;
      if (place >= WINDOW) break;
      const code = norms === undefined ? 1 : norms[ordinal]!;
      bits[place >>> 5]! |= 1 << (place & 31);
      sums[place]! += termScore(weight, frequencies[at]!, factors[code]!);
    }
    this.#cursor = at;
  }

  /** Moves the cursor to the first posting not below `from`, by steps that double. */
  #advance(from: number): void {
    const { ordinals } = this.#list;
    let low = this.#cursor;
    if (low >= ordinals.length || ordinals[low]! >= from) return;
    let step = 1;
    while (low + step < ordinals.length && ordinals[low + step]! < from) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, ordinals.length);
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (ordinals[middle]! < from) low = middle;
      else high = middle;
    }
    this.#cursor = high;
  }
}

/** Documents of one term, or of several that stand for one: the leaves of most queries. */
import { NO_MORE, type Postings, WINDOW } from '../part/index-part.ts';
import { termScore } from '../score/bm25.ts';
import { type Matcher, NO_SCORES } from './matcher.ts';
import { lowestBit, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** How a term scores in a part. Without norms every document counts as of length 1. */
export type TermScoring = {
  /** Boost times inverse document frequency. */
  readonly weight: number;
  readonly norms: Uint8Array | undefined;
  /** Inverse length factors by length code. */
  readonly factors: Float32Array;
};

/** Matches the documents of a term; scores by BM25 if `scoring` is given. */
export class PostingsMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #postings: Postings;
  readonly #buffers: WindowBuffers;
  readonly #scoring: TermScoring | undefined;
  #at = 0;

  constructor(postings: Postings, scoring: TermScoring | undefined, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.scores = scoring === undefined ? NO_SCORES : buffers.scores();
    this.cost = postings.docFrequency;
    this.#postings = postings;
    this.#buffers = buffers;
    this.#scoring = scoring;
    this.#at = postings.seek(0);
  }

  seek(from: number): number {
    if (this.#at < from) this.#at = this.#postings.seek(from);
    return this.#at;
  }

  fill(base: number): void {
    const bits = this.bits.fill(0);
    const count = this.#read(base);
    const { ordinals } = this.#buffers;
    for (let i = 0; i < count; i++) {
      const place = ordinals[i]! - base;
      bits[place >>> 5]! |= 1 << (place & 31);
    }
    if (this.#scoring !== undefined) this.#score(base, count, this.#scoring);
  }

  /** Instead of `fill`: adds this term's bits and scores of the window to those of a parent, in one pass. */
  addTo(base: number, bits: Uint32Array, sums: Float64Array): void {
    if (this.#scoring === undefined) throw new Error('a matcher without scoring cannot add scores');
    const count = this.#read(base);
    const { ordinals, frequencies } = this.#buffers;
    const { weight, norms, factors } = this.#scoring;
    for (let i = 0; i < count; i++) {
      const ordinal = ordinals[i]!;
      const place = ordinal - base;
      const code = norms === undefined ? 1 : norms[ordinal]!;
      bits[place >>> 5]! |= 1 << (place & 31);
      sums[place]! += termScore(weight, frequencies[i]!, factors[code]!);
    }
  }

  /** Instead of `fill`: adds this term's bits and frequencies of the window to those of a parent. */
  addFrequencies(base: number, bits: Uint32Array, sums: Float64Array, boost: number): void {
    const count = this.#read(base);
    const { ordinals, frequencies } = this.#buffers;
    for (let i = 0; i < count; i++) {
      const place = ordinals[i]! - base;
      bits[place >>> 5]! |= 1 << (place & 31);
      sums[place]! += boost * frequencies[i]!;
    }
  }

  #read(base: number): number {
    const end = base + WINDOW;
    if (this.seek(base) >= end) return 0;
    const count = this.#postings.read(end, this.#buffers.ordinals, this.#buffers.frequencies);
    this.#at = this.#postings.seek(end);
    return count;
  }

  #score(base: number, count: number, { weight, norms, factors }: TermScoring): void {
    const { ordinals, frequencies } = this.#buffers;
    for (let i = 0; i < count; i++) {
      const ordinal = ordinals[i]!;
      const code = norms === undefined ? 1 : norms[ordinal]!;
      this.scores[ordinal - base] = termScore(weight, frequencies[i]!, factors[code]!);
    }
  }
}

/** The commonest query, any of several terms with their scores added up: what `BoolMatcher` does, in one pass a term. */
export class AnyTermMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #terms: readonly PostingsMatcher[];
  readonly #sums: Float64Array;

  constructor(terms: readonly PostingsMatcher[], buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.scores = buffers.scores();
    this.cost = terms.reduce((sum, term) => sum + term.cost, 0);
    this.#terms = terms;
    this.#sums = buffers.sums();
  }

  seek(from: number): number {
    return seekAnyTerm(this.#terms, from);
  }

  fill(base: number): void {
    this.bits.fill(0);
    this.#sums.fill(0);
    for (const term of this.#terms) term.addTo(base, this.bits, this.#sums);
    this.scores.set(this.#sums);
  }
}

/** Matches the documents of any of many terms, without scores. */
export class TermSetMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores = NO_SCORES;
  readonly cost: number;
  readonly #postings: readonly Postings[];
  /** Where each cursor stands. */
  readonly #at: Uint32Array;
  readonly #buffers: WindowBuffers;

  constructor(postings: readonly Postings[], buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.cost = postings.reduce((sum, { docFrequency }) => sum + docFrequency, 0);
    this.#postings = postings;
    this.#at = Uint32Array.from(postings, (each) => each.seek(0));
    this.#buffers = buffers;
  }

  seek(from: number): number {
    const at = this.#at;
    let least = NO_MORE;
    for (let i = 0; i < at.length; i++) {
      if (at[i]! < from) at[i] = this.#postings[i]!.seek(from);
      if (at[i]! < least) least = at[i]!;
    }
    return least;
  }

  fill(base: number): void {
    const bits = this.bits.fill(0);
    const end = base + WINDOW;
    this.seek(base);
    const at = this.#at;
    const { ordinals, frequencies } = this.#buffers;
    for (let i = 0; i < at.length; i++) {
      if (at[i]! >= end) continue;
      const postings = this.#postings[i]!;
      const count = postings.read(end, ordinals, frequencies);
      for (let j = 0; j < count; j++) {
        const place = ordinals[j]! - base;
        bits[place >>> 5]! |= 1 << (place & 31);
      }
      at[i] = postings.seek(end);
    }
  }
}

/**
 * Matches documents with any of several terms that stand for each other, and scores them as one whose frequency is the
 * sum of theirs: Lucene's `SynonymQuery`.
 */
export class SynonymMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #terms: readonly PostingsMatcher[];
  readonly #scoring: TermScoring;
  readonly #sums: Float64Array;

  constructor(terms: readonly PostingsMatcher[], scoring: TermScoring, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.scores = buffers.scores();
    this.cost = terms.reduce((sum, term) => sum + term.cost, 0);
    this.#terms = terms;
    this.#scoring = scoring;
    this.#sums = buffers.sums();
  }

  seek(from: number): number {
    return seekAnyTerm(this.#terms, from);
  }

  fill(base: number): void {
    const bits = this.bits.fill(0);
    const sums = this.#sums.fill(0);
    for (const term of this.#terms) term.addFrequencies(base, bits, sums, 1);
    const { weight, norms, factors } = this.#scoring;
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        const code = norms === undefined ? 1 : norms[base + place]!;
        this.scores[place] = termScore(weight, sums[place]!, factors[code]!);
      }
    }
  }
}

function seekAnyTerm(terms: readonly PostingsMatcher[], from: number): number {
  let least = NO_MORE;
  for (const term of terms) least = Math.min(least, term.seek(from));
  return least;
}

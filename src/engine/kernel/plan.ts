/**
 * What the kernel evaluates in one call: a whole query over one segment. The evaluator plans it, the kernel's driver hands
 * it over. Everything of a plan lies in one WebAssembly memory.
 */
import type { Region, SharedMemory } from '../memory/region.ts';
import type { SignatureRange } from '../part/term-signature.ts';
import type { InvertedLayout } from '../segment/inverted-layout.ts';

/** One term of a plan. */
export type KernelTerm = {
  readonly layout: InvertedLayout;
  /** Number of the term in the segment's field. */
  readonly term: number;
  /** Boost times inverse document frequency, float32; finite, 0 or more. */
  readonly weight: number;
  /**
   * Inverse length factors by length code under the query's statistics (`score/bm25.ts`); not to be changed later: what
   * is derived from them is kept. Postings without frequencies score as frequency 1 in a length of 1.
   */
  readonly factors: Float32Array;
};

/**
 * Documents by bit: ordinal `o` is bit `o & 31` of word `o >>> 5`; at least `ceil(endOrdinal / 32)` words. `count`: how many
 * they are, where that is known.
 */
export type Bitmap = { readonly region: Region; readonly words: Uint32Array; readonly count?: number | undefined };

/** Most terms of a phrase. */
export const MAX_PHRASE_TERMS = 48;

/** A query over one segment. Terms may be of different fields, and the same term may come twice. */
export type KernelPlan = {
  /**
   * `or`: documents with at least `minimum` of the terms, scored by those they have. `and`: documents with all.
   * `phrase`: documents in which term `i` stands at position p + `places[i]` for some p; terms are of one field; the
   * score is that of one term with the phrase's count as frequency and the sum of the weights, rounded once to float32.
   */
  readonly kind: 'or' | 'and' | 'phrase';
  readonly terms: readonly KernelTerm[];
  /** Default 1. */
  readonly minimum?: number | undefined;
  readonly places?: readonly number[] | undefined;
  /**
   * Of a `phrase`: how far its words may be moved, all together, counted as by `query/sloppy-phrase.ts`; default 0. Above 0
   * no term may come twice.
   */
  readonly slop?: number | undefined;
  readonly endOrdinal: number;
  /** Only these documents count; undefined if all do. Deleted documents are left out by this alone. */
  readonly filter?: Bitmap | undefined;
};

/** Most documents that `select` looks at in one call. */
export const MAX_LISTED = 65_536;

/**
 * A column that has one value for each document, to sort by: integers of some bytes that rise with the values. The key
 * of a document is its integer, or where the least come first its complement, 2^32 - 1 - integer; greatest keys come first.
 */
export type KernelOrder = {
  /** Address in the memory of the plan. */
  readonly values: number;
  /** Bytes of an integer. */
  readonly width: 0 | 1 | 2 | 4;
  readonly isAscending: boolean;
  /** Only documents with keys from `leastKey` to `greatestKey`, both u32, are kept. */
  readonly leastKey: number;
  readonly greatestKey: number;
};

/** What a search is to keep. */
export type KernelSearch = {
  /** Hits to keep, 1 or more. */
  readonly limit: number;
  /** Only scores above this are kept; minus infinity for all. */
  readonly floor: number;
  /** Count matches exactly up to here before skipping what cannot be kept. 0: do not count. Infinity: count all. */
  readonly countLimit: number;
};

/** Hits of one segment, best first, ties by ordinal: the first `count` of the columns, which the next search overwrites. */
export type KernelHits = {
  readonly count: number;
  readonly ordinals: Uint32Array;
  readonly scores: Float32Array;
  /** Matches that were seen: all of them if not above `countLimit`, else a lower bound. All, too, of one unfiltered term. */
  readonly total: number;
  readonly isLowerBound: boolean;
};

/** Terms of one field of a segment, any of which a document is to have. */
export type FirstDocumentsPlan = {
  readonly layout: InvertedLayout;
  /** Numbers of the terms. */
  readonly terms: readonly number[];
  readonly endOrdinal: number;
  /** Only these documents count; undefined if all do. Deleted documents are left out by this alone. */
  readonly filter?: Bitmap | undefined;
};

/** The kernel on one thread. Synchronous. */
export interface SearchKernel {
  search(plan: KernelPlan, search: KernelSearch): KernelHits;
  /** Number of documents that match. */
  count(plan: KernelPlan): number;
  /** Sets the bits of the documents that match, and leaves the others as they are. */
  mark(plan: KernelPlan, into: Bitmap): void;
  /**
   * The first documents that match, by rising ordinals.
   *
   * @param limit How many, 1 or more. Takes time in proportion to it for each document that comes into question.
   */
  first(plan: FirstDocumentsPlan, limit: number): Uint32Array;
  /** Indexes of the signatures in a range that are alike, rising; the signatures lie in `memory`. */
  alike(memory: SharedMemory, range: SignatureRange): readonly number[];
  /**
   * Finds which of some documents match. Takes no phrases.
   *
   * @param documents In any order, at most `MAX_LISTED`.
   * @param limit Matches to find.
   * @returns Indexes in `documents`, rising. Valid until the next call.
   */
  select(plan: KernelPlan, documents: Uint32Array, limit: number): Uint32Array;
  /**
   * Finds the first `limit` matches by a column, ties by ordinal, and counts all. Its hits have no scores.
   *
   * @param target An empty bitmap to work in; needed by a plan of several terms.
   */
  sort(plan: KernelPlan, order: KernelOrder, limit: number, target: Bitmap | undefined): KernelHits;
}

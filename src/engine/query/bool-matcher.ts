/** Boolean combinations: required, optional and forbidden clauses, and how their scores add up. */
import { WINDOW } from '../part/index-part.ts';
import { type Matcher, NO_SCORES, seekAll, seekAny } from './matcher.ts';
import { intersect, lowestBit, subtract, unite, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** Clauses of a boolean query. */
export type MatcherClauses = {
  readonly must: readonly Matcher[];
  readonly filter: readonly Matcher[];
  readonly should: readonly Matcher[];
  readonly mustNot: readonly Matcher[];
  /** Optional clauses that must match, 0 to their number. */
  readonly minimumShould: number;
};

/** Matches what all of `must` and `filter`, enough of `should` and none of `mustNot` match; adds scores of the first and third. */
export class BoolMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #clauses: MatcherClauses;
  /** Those expected to match least come first. */
  readonly #required: readonly Matcher[];
  readonly #any: Uint32Array;
  readonly #sums: Float64Array | undefined;
  /** Optional clauses that match, by place in the window. */
  readonly #counts: Uint32Array | undefined;

  /** @param endOrdinal Bounds the documents that match where nothing is required. */
  constructor(
    clauses: MatcherClauses,
    { isScoring, endOrdinal }: { readonly isScoring: boolean; readonly endOrdinal: number },
    buffers: WindowBuffers,
  ) {
    this.#clauses = clauses;
    this.#required = [...clauses.filter, ...clauses.must].sort((a, b) => a.cost - b.cost);
    this.bits = buffers.bits();
    this.scores = isScoring ? buffers.scores() : NO_SCORES;
    this.#any = buffers.bits();
    this.#sums = isScoring ? buffers.sums() : undefined;
    this.#counts = clauses.minimumShould > 1 ? buffers.numbers() : undefined;
    this.cost = costOf(clauses, this.#required, endOrdinal);
  }

  seek(from: number): number {
    const { minimumShould, should } = this.#clauses;
    let at = seekAll(this.#required, from);
    if (minimumShould === 0) return at;
    for (let before = -1; Math.floor(before / WINDOW) !== Math.floor(at / WINDOW); ) {
      before = at;
      at = seekAll(this.#required, seekAny(should, at));
    }
    return at;
  }

  fill(base: number, wanted?: Uint32Array): void {
    if (wanted === undefined) this.bits.fill(0xffffffff);
    else this.bits.set(wanted);
    for (const matcher of this.#required) {
      matcher.fill(base, this.bits);
      if (!intersect(this.bits, matcher.bits)) return;
    }
    for (const matcher of this.#clauses.mustNot) {
      if (matcher.seek(base) >= base + WINDOW) continue;
      matcher.fill(base, this.bits);
      subtract(this.bits, matcher.bits);
    }
    this.#fillShould(base);
    if (this.#sums !== undefined) this.#addScores(this.#sums);
  }

  #fillShould(base: number): void {
    const { should, minimumShould } = this.#clauses;
    for (const matcher of should) {
      if (matcher.seek(base) < base + WINDOW) matcher.fill(base, this.bits);
      else matcher.bits.fill(0);
    }
    if (minimumShould === 1) this.#keepAny(should);
    if (this.#counts !== undefined) this.#keepEnough(this.#counts.fill(0));
  }

  #keepAny(should: readonly Matcher[]): void {
    this.#any.fill(0);
    for (const matcher of should) unite(this.#any, matcher.bits);
    intersect(this.bits, this.#any);
  }

  #keepEnough(counts: Uint32Array): void {
    const { should, minimumShould } = this.#clauses;
    for (const matcher of should) {
      for (let i = 0; i < WINDOW_WORDS; i++) {
        for (let word = this.bits[i]! & matcher.bits[i]!; word !== 0; word &= word - 1)
          counts[i * 32 + lowestBit(word)]!++;
      }
    }
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = this.bits[i]!; word !== 0; word &= word - 1) {
        const bit = lowestBit(word);
        if (counts[i * 32 + bit]! < minimumShould) this.bits[i]! &= ~(1 << bit);
      }
    }
  }

  #addScores(sums: Float64Array): void {
    sums.fill(0);
    for (const matcher of this.#clauses.must) this.#addScoresOf(matcher, sums);
    for (const matcher of this.#clauses.should) this.#addScoresOf(matcher, sums);
    this.scores.set(sums);
  }

  #addScoresOf({ bits, scores }: Matcher, sums: Float64Array): void {
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = this.bits[i]! & bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        sums[place]! += scores[place]!;
      }
    }
  }
}

function costOf({ should, minimumShould }: MatcherClauses, required: readonly Matcher[], endOrdinal: number): number {
  const optional = minimumShould === 0 ? endOrdinal : should.reduce((sum, matcher) => sum + matcher.cost, 0);
  return Math.min(required[0]?.cost ?? endOrdinal, optional);
}

/** Boolean combinations: required, optional and forbidden clauses, and how their scores add up. */
import { intersect, lowestBit, type Matcher, newScores, subtract, unite, WINDOW, WINDOW_WORDS } from './matcher.ts';
import { seekAny } from './set-matchers.ts';

/** Clauses of a boolean query. At least one is required or `minimumShould` is above 0. */
export type BoolClauses = {
  readonly must: readonly Matcher[];
  readonly filter: readonly Matcher[];
  readonly should: readonly Matcher[];
  readonly mustNot: readonly Matcher[];
  /** Optional clauses that must match, 0 to their number. */
  readonly minimumShould: number;
};

/** Matches what all of `must` and `filter`, enough of `should` and none of `mustNot` match; adds scores of the first and third. */
export class BoolMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS);
  readonly scores: Float32Array;
  readonly #clauses: BoolClauses;
  readonly #required: readonly Matcher[];
  readonly #sums: Float64Array;
  /** Optional clauses that match, by place in the window. */
  readonly #counts: Uint32Array;

  constructor(clauses: BoolClauses, scoring: boolean) {
    this.#clauses = clauses;
    this.#required = [...clauses.filter, ...clauses.must];
    this.scores = newScores(scoring);
    this.#sums = new Float64Array(scoring ? WINDOW : 0);
    this.#counts = new Uint32Array(clauses.minimumShould > 1 ? WINDOW : 0);
  }

  /** Lets the required clauses chase each other until they meet in one window. */
  seek(from: number): number {
    let [at, before] = [from, -1];
    while (Math.floor(before / WINDOW) !== Math.floor(at / WINDOW)) {
      before = at;
      for (const matcher of this.#required) at = matcher.seek(at);
      if (this.#clauses.minimumShould > 0) at = seekAny(this.#clauses.should, at);
    }
    return at;
  }

  fill(base: number): void {
    this.bits.fill(0xffffffff);
    for (const matcher of this.#required) {
      matcher.fill(base);
      if (!intersect(this.bits, matcher.bits)) return;
    }
    for (const matcher of this.#clauses.mustNot) {
      matcher.fill(base);
      subtract(this.bits, matcher.bits);
    }
    this.#fillShould(base);
    if (this.scores.length > 0) this.#addScores();
  }

  #fillShould(base: number): void {
    const { should, minimumShould } = this.#clauses;
    for (const matcher of should) matcher.fill(base);
    if (minimumShould === 1) this.#keepAny(should);
    if (minimumShould > 1) this.#keepEnough(should, minimumShould);
  }

  #keepAny(should: readonly Matcher[]): void {
    const any = new Uint32Array(WINDOW_WORDS);
    for (const matcher of should) unite(any, matcher.bits);
    intersect(this.bits, any);
  }

  #keepEnough(should: readonly Matcher[], minimum: number): void {
    const counts = this.#counts.fill(0);
    for (const matcher of should) {
      for (let i = 0; i < WINDOW_WORDS; i++) {
        for (let word = this.bits[i]! & matcher.bits[i]!; word !== 0; word &= word - 1)
          counts[i * 32 + lowestBit(word)]!++;
      }
    }
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = this.bits[i]!; word !== 0; word &= word - 1) {
        const bit = lowestBit(word);
        if (counts[i * 32 + bit]! < minimum) this.bits[i]! &= ~(1 << bit);
      }
    }
  }

  #addScores(): void {
    this.#sums.fill(0);
    for (const matcher of this.#clauses.must) this.#addScoresOf(matcher);
    for (const matcher of this.#clauses.should) this.#addScoresOf(matcher);
    this.scores.set(this.#sums);
  }

  #addScoresOf({ bits, scores }: Matcher): void {
    const sums = this.#sums;
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = this.bits[i]! & bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        sums[place]! += scores[place]!;
      }
    }
  }
}

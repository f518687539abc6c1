/** The commonest query, any of several terms with their scores added up: what `BoolMatcher` does, in one pass a term. */
import { type Matcher, newScores, WINDOW, WINDOW_WORDS } from './matcher.ts';
import type { PostingsMatcher } from './postings-matcher.ts';
import { seekAny } from './set-matchers.ts';

/** Matches what any of its terms matches; the score is the sum of theirs, in their order. */
export class AnyTermMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS);
  readonly scores = newScores(true);
  readonly #terms: readonly PostingsMatcher[];
  readonly #sums = new Float64Array(WINDOW);

  constructor(terms: readonly PostingsMatcher[]) {
    this.#terms = terms;
  }

  seek(from: number): number {
    return seekAny(this.#terms, from);
  }

  fill(base: number): void {
    this.bits.fill(0);
    this.#sums.fill(0);
    for (const term of this.#terms) term.addTo(base, this.bits, this.#sums);
    this.scores.set(this.#sums);
  }
}

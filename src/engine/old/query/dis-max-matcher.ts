/** The best of several clauses, with a share of the others. */
import { lowestBit, type Matcher, newScores, unite, WINDOW, WINDOW_WORDS } from './matcher.ts';
import { seekAny } from './set-matchers.ts';

/** Matches what any child matches; the score is the highest one plus `tieBreaker` times the sum of the others. */
export class DisMaxMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS);
  readonly scores = newScores(true);
  readonly #children: readonly Matcher[];
  readonly #tieBreaker: number;
  readonly #best = new Float64Array(WINDOW);
  readonly #others = new Float64Array(WINDOW);

  constructor(children: readonly Matcher[], tieBreaker: number) {
    this.#children = children;
    this.#tieBreaker = tieBreaker;
  }

  seek(from: number): number {
    return seekAny(this.#children, from);
  }

  fill(base: number): void {
    this.bits.fill(0);
    this.#best.fill(0);
    this.#others.fill(0);
    for (const child of this.#children) {
      child.fill(base);
      unite(this.bits, child.bits);
      this.#add(child);
    }
    for (let i = 0; i < WINDOW; i++) this.scores[i] = this.#best[i]! + this.#tieBreaker * this.#others[i]!;
  }

  #add({ bits, scores }: Matcher): void {
    const [best, others] = [this.#best, this.#others];
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        const score = scores[place]!;
        others[place]! += Math.min(score, best[place]!);
        best[place] = Math.max(score, best[place]!);
      }
    }
  }
}

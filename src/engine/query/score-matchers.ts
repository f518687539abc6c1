/** Matchers that change scores: the best of several clauses, and what a negative clause lowers. */
import { WINDOW } from '../part/index-part.ts';
import { type Matcher, seekAny } from './matcher.ts';
import { lowestBit, unite, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** Matches what any child matches; the score is the highest one plus `tieBreaker` times the sum of the others. */
export class DisMaxMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #children: readonly Matcher[];
  readonly #tieBreaker: number;
  readonly #best: Float64Array;
  readonly #others: Float64Array;

  constructor(children: readonly Matcher[], tieBreaker: number, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.scores = buffers.scores();
    this.cost = children.reduce((sum, child) => sum + child.cost, 0);
    this.#children = children;
    this.#tieBreaker = tieBreaker;
    this.#best = buffers.sums();
    this.#others = buffers.sums();
  }

  seek(from: number): number {
    return seekAny(this.#children, from);
  }

  fill(base: number, wanted?: Uint32Array): void {
    this.bits.fill(0);
    this.#best.fill(0);
    this.#others.fill(0);
    for (const child of this.#children) {
      if (child.seek(base) >= base + WINDOW) continue;
      child.fill(base, wanted);
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

/** Matches what `positive` matches; scores are multiplied by `factor` where `negative` matches too. */
export class BoostingMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #positive: Matcher;
  readonly #negative: Matcher;
  readonly #factor: number;

  constructor(positive: Matcher, negative: Matcher, { factor, buffers }: { factor: number; buffers: WindowBuffers }) {
    this.#positive = positive;
    this.#negative = negative;
    this.#factor = Math.fround(factor);
    this.bits = positive.bits;
    this.scores = buffers.scores();
    this.cost = positive.cost;
  }

  seek(from: number): number {
    return this.#positive.seek(from);
  }

  fill(base: number, wanted?: Uint32Array): void {
    const [positive, negative] = [this.#positive, this.#negative];
    positive.fill(base, wanted);
    this.scores.set(positive.scores);
    if (negative.seek(base) >= base + WINDOW) return;
    negative.fill(base, positive.bits);
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = positive.bits[i]! & negative.bits[i]!; word !== 0; word &= word - 1)
        this.scores[i * 32 + lowestBit(word)]! *= this.#factor;
    }
  }
}

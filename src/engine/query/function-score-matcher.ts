/** Function scores: the query's score joined with what functions of the document give. */
import { WINDOW } from '../part/index-part.ts';
import { type BoostMode, combineScore, FactorSum, type ScoreMode } from '../score/score-functions.ts';
import type { Matcher } from './matcher.ts';
import { isSet, lowestBit, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** A function in a part, with the documents it holds for. */
export type PartFunction = {
  readonly filter: Matcher | undefined;
  readonly weight: number;
  readonly value: (ordinal: number) => number;
};

/** What function scores are made of. */
export type PartFunctionScore = {
  /** Scored. */
  readonly child: Matcher;
  readonly functions: readonly PartFunction[];
  readonly scoreMode: ScoreMode;
  readonly boostMode: BoostMode;
  readonly maxBoost: number;
  readonly minScore: number | undefined;
  /** Deleted documents are not worked out. */
  readonly live: Uint32Array;
};

/** Matches what its child matches and scores enough. */
export class FunctionScoreMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #parts: PartFunctionScore;
  readonly #factors: FactorSum;
  /** Filters that have something in the window. */
  readonly #isFilled: boolean[];

  constructor(parts: PartFunctionScore, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.scores = buffers.scores();
    this.cost = parts.child.cost;
    this.#parts = parts;
    this.#factors = new FactorSum(parts.scoreMode);
    this.#isFilled = parts.functions.map(() => false);
  }

  seek(from: number): number {
    return this.#parts.child.seek(from);
  }

  fill(base: number, wanted?: Uint32Array): void {
    const { child, functions, minScore, live } = this.#parts;
    child.fill(base, wanted);
    this.#take(base, wanted, live);
    for (const [i, { filter }] of functions.entries()) {
      this.#isFilled[i] = filter !== undefined && filter.seek(base) < base + WINDOW;
      if (this.#isFilled[i]) filter?.fill(base, this.bits);
    }
    for (let i = 0; i < WINDOW_WORDS; i++) {
      for (let word = this.bits[i]!; word !== 0; word &= word - 1) {
        const place = i * 32 + lowestBit(word);
        const score = this.#score(base, place);
        this.scores[place] = score;
        if (minScore !== undefined && score < minScore) this.bits[i]! &= ~(1 << (place & 31));
      }
    }
  }

  /** Keeps those of the child that matter, since functions may fail on others. */
  #take(base: number, wanted: Uint32Array | undefined, live: Uint32Array): void {
    const first = base >>> 5;
    for (let i = 0; i < WINDOW_WORDS; i++)
      this.bits[i] = this.#parts.child.bits[i]! & (wanted?.[i] ?? 0xffffffff) & (live[first + i] ?? 0);
  }

  #score(base: number, place: number): number {
    const { child, functions, boostMode, maxBoost } = this.#parts;
    const score = child.scores[place]!;
    if (functions.length === 0) return score;
    const factors = this.#factors;
    factors.reset();
    for (let i = 0; i < functions.length; i++) {
      const { filter, weight, value } = functions[i]!;
      if (filter !== undefined && !(this.#isFilled[i]! && isSet(filter.bits, place))) continue;
      if (!factors.add(value(base + place), weight)) break;
    }
    return combineScore(score, factors.factor, boostMode, maxBoost);
  }
}

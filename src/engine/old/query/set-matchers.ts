/** Matchers that give no scores of their own: all, none, a test by ordinal, any of several; and a constant score. */
import { type Matcher, NO_MORE, NO_SCORES, unite, WINDOW, WINDOW_WORDS } from './matcher.ts';

/** Matches every ordinal, of documents or not: callers mask by live documents. */
export class AllMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS).fill(0xffffffff);
  readonly scores = NO_SCORES;

  seek(from: number): number {
    return from;
  }

  fill(): void {}
}

/** Matches nothing. */
export class NoneMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS);
  readonly scores = NO_SCORES;

  seek(): number {
    return NO_MORE;
  }

  fill(): void {}
}

/** Matches the ordinals below `endOrdinal` that pass a test; looks at each. */
export class ScanMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS);
  readonly scores = NO_SCORES;
  readonly #endOrdinal: number;
  readonly #test: (ordinal: number) => boolean;

  constructor(endOrdinal: number, test: (ordinal: number) => boolean) {
    this.#endOrdinal = endOrdinal;
    this.#test = test;
  }

  seek(from: number): number {
    return from < this.#endOrdinal ? from : NO_MORE;
  }

  fill(base: number): void {
    this.bits.fill(0);
    const size = Math.min(WINDOW, this.#endOrdinal - base);
    for (let place = 0; place < size; place++) {
      if (this.#test(base + place)) this.bits[place >>> 5]! |= 1 << (place & 31);
    }
  }
}

/** Matches what any of its children matches. */
export class AnyMatcher implements Matcher {
  readonly bits = new Uint32Array(WINDOW_WORDS);
  readonly scores = NO_SCORES;
  readonly #children: readonly Matcher[];

  constructor(children: readonly Matcher[]) {
    this.#children = children;
  }

  seek(from: number): number {
    return seekAny(this.#children, from);
  }

  fill(base: number): void {
    this.bits.fill(0);
    for (const child of this.#children) {
      child.fill(base);
      unite(this.bits, child.bits);
    }
  }
}

/** Matches what its child matches, with one score. */
export class ConstantMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly #child: Matcher;

  constructor(child: Matcher, score: number) {
    this.#child = child;
    this.bits = child.bits;
    this.scores = new Float32Array(WINDOW).fill(score);
  }

  seek(from: number): number {
    return this.#child.seek(from);
  }

  fill(base: number): void {
    this.#child.fill(base);
  }
}

/** The least ordinal that any of several matchers may match. */
export function seekAny(matchers: readonly Matcher[], from: number): number {
  let least = NO_MORE;
  for (const matcher of matchers) least = Math.min(least, matcher.seek(from));
  return least;
}

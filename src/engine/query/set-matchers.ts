/** Matchers that give no scores of their own: all, none, lists of ordinals, bitmaps, any of several; and a constant score. */
import { NO_MORE, WINDOW } from '../part/index-part.ts';
import { type Matcher, NO_SCORES, seekAny } from './matcher.ts';
import { lowestBit, unite, WINDOW_WORDS } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

const ALL_BITS = new Uint32Array(WINDOW_WORDS).fill(0xffffffff);
const NO_BITS = new Uint32Array(WINDOW_WORDS);

/** Matches every ordinal, of documents or not: callers mask by live documents. */
export class AllMatcher implements Matcher {
  readonly bits = ALL_BITS;
  readonly scores = NO_SCORES;
  readonly cost: number;
  readonly #endOrdinal: number;

  constructor(endOrdinal: number) {
    this.cost = endOrdinal;
    this.#endOrdinal = endOrdinal;
  }

  seek(from: number): number {
    return from < this.#endOrdinal ? from : NO_MORE;
  }

  fill(): void {}
}

/** Matches nothing. */
export class NoneMatcher implements Matcher {
  readonly bits = NO_BITS;
  readonly scores = NO_SCORES;
  readonly cost = 0;

  seek(): number {
    return NO_MORE;
  }

  fill(): void {}
}

/** Matches a list of rising ordinals. */
export class OrdinalsMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores = NO_SCORES;
  readonly cost: number;
  readonly #ordinals: Uint32Array;
  #at = 0;

  constructor(ordinals: Uint32Array, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.cost = ordinals.length;
    this.#ordinals = ordinals;
  }

  seek(from: number): number {
    while (this.#at < this.#ordinals.length && this.#ordinals[this.#at]! < from) this.#at++;
    return this.#ordinals[this.#at] ?? NO_MORE;
  }

  fill(base: number): void {
    this.bits.fill(0);
    this.seek(base);
    for (; this.#at < this.#ordinals.length; this.#at++) {
      const place = this.#ordinals[this.#at]! - base;
      if (place >= WINDOW) return;
      this.bits[place >>> 5]! |= 1 << (place & 31);
    }
  }
}

/** Matches the ordinals whose bits are set in a bitmap of the whole part. */
export class BitmapMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores = NO_SCORES;
  readonly cost: number;
  readonly #words: Uint32Array;

  /**
   * @param words At least one bit per ordinal; bits past the end are 0.
   * @param cost Number of bits set, about.
   */
  constructor(words: Uint32Array, cost: number, buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.cost = cost;
    this.#words = words;
  }

  seek(from: number): number {
    const words = this.#words;
    let at = from >>> 5;
    if (at >= words.length) return NO_MORE;
    const first = words[at]! & (0xffffffff << (from & 31));
    if (first !== 0) return at * 32 + lowestBit(first);
    for (at++; at < words.length; at++) if (words[at]! !== 0) return at * 32 + lowestBit(words[at]!);
    return NO_MORE;
  }

  fill(base: number): void {
    const first = base >>> 5;
    const size = Math.min(WINDOW_WORDS, this.#words.length - first);
    for (let i = 0; i < size; i++) this.bits[i] = this.#words[first + i]!;
    if (size < WINDOW_WORDS) this.bits.fill(0, Math.max(0, size));
  }
}

/** Matches what any of its children matches. */
export class AnyMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores = NO_SCORES;
  readonly cost: number;
  readonly #children: readonly Matcher[];

  constructor(children: readonly Matcher[], buffers: WindowBuffers) {
    this.bits = buffers.bits();
    this.cost = children.reduce((sum, child) => sum + child.cost, 0);
    this.#children = children;
  }

  seek(from: number): number {
    return seekAny(this.#children, from);
  }

  fill(base: number, wanted?: Uint32Array): void {
    this.bits.fill(0);
    for (const child of this.#children) {
      if (child.seek(base) >= base + WINDOW) continue;
      child.fill(base, wanted);
      unite(this.bits, child.bits);
    }
  }
}

/** Matches what its child matches, with one score. */
export class ConstantMatcher implements Matcher {
  readonly bits: Uint32Array;
  readonly scores: Float32Array;
  readonly cost: number;
  readonly #child: Matcher;

  constructor(child: Matcher, score: number, buffers: WindowBuffers) {
    this.#child = child;
    this.bits = child.bits;
    this.cost = child.cost;
    this.scores = buffers.scores().fill(score);
  }

  seek(from: number): number {
    return this.#child.seek(from);
  }

  fill(base: number, wanted?: Uint32Array): void {
    this.#child.fill(base, wanted);
  }
}

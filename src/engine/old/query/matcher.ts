/**
 * How queries run: a tree of matchers walks over the ordinals in windows. Each fills the bits, and where it is asked
 * to the scores, of one window at a time; parents combine those of their children.
 *
 * Scores are float32. A parent adds its clauses in the order of the query, in float64, and rounds once: scores depend
 * on the document and the statistics only, never on where documents lie.
 */

/** Ordinals per window. */
export const WINDOW = 2048;
/** Words of 32 bits per window. */
export const WINDOW_WORDS = WINDOW / 32;
/** What `seek` gives at the end; above every ordinal. */
export const NO_MORE = 0xffffffff;

/** A query compiled for one index. Used once, from the first window to the last. */
export interface Matcher {
  /** One bit per ordinal of the window: whether it matches. Dead documents may match. */
  readonly bits: Uint32Array;
  /** Scores of the matching ordinals of the window; empty if scores were not asked for. */
  readonly scores: Float32Array;
  /** The least ordinal from `from` on that may match, or `NO_MORE`. Documents below `from` are not asked for again. */
  seek(from: number): number;
  /** Works out the window that starts at `base`, a multiple of `WINDOW`. Windows only rise. */
  fill(base: number): void;
}

/** Scores of matchers that do not score. */
export const NO_SCORES = new Float32Array(0);

/** Room for the scores of a window. */
export function newScores(scoring: boolean): Float32Array {
  return scoring ? new Float32Array(WINDOW) : NO_SCORES;
}

/** Keeps the bits that are also in `other`; tells whether any are left. */
export function intersect(bits: Uint32Array, other: Uint32Array): boolean {
  let any = 0;
  for (let i = 0; i < WINDOW_WORDS; i++) any |= bits[i]! &= other[i]!;
  return any !== 0;
}

/** Adds the bits of `other`. */
export function unite(bits: Uint32Array, other: Uint32Array): void {
  for (let i = 0; i < WINDOW_WORDS; i++) bits[i]! |= other[i]!;
}

/** Takes away the bits of `other`. */
export function subtract(bits: Uint32Array, other: Uint32Array): void {
  for (let i = 0; i < WINDOW_WORDS; i++) bits[i]! &= ~other[i]!;
}

/** Number of bits set in a word. */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Index of the lowest bit set in a word other than 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

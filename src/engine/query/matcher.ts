/**
 * How queries run where the kernel does not: a tree of matchers walks over the ordinals of a part in windows. Each fills
 * the bits, and where it is asked to the scores, of one window at a time; parents combine those of their children.
 *
 * Scores are float32. A parent adds its clauses in float64 and rounds once: scores depend on the document and the
 * statistics only, never on where documents lie.
 */
import { NO_MORE, WINDOW } from '../part/index-part.ts';

/** A query compiled for one part. Used once, from the first window to the last. */
export interface Matcher {
  /** One bit per ordinal of the window: whether it matches. Dead documents may match. */
  readonly bits: Uint32Array;
  /** Scores of the matching ordinals of the window; empty if scores were not asked for. */
  readonly scores: Float32Array;
  /** About how many documents match, never far too low: which clause is to lead. */
  readonly cost: number;
  /** The least ordinal from `from` on that may match, or `NO_MORE`. Documents below `from` are not asked for again. */
  seek(from: number): number;
  /**
   * Works out the window that starts at `base`, a multiple of `WINDOW`. Windows only rise.
   *
   * @param wanted The only ordinals that matter; bits of others may come out either way. All matter without it.
   */
  fill(base: number, wanted?: Uint32Array): void;
  /** Lets out documents that score `floor` at most, from here on; only rises. Where it is missing all have to be found. */
  raise?(floor: number): void;
}

/** Scores of matchers that do not score. */
export const NO_SCORES = new Float32Array(0);

/** The least ordinal that any of several matchers may match. */
export function seekAny(matchers: readonly Matcher[], from: number): number {
  let least = NO_MORE;
  for (const matcher of matchers) {
    const at = matcher.seek(from);
    if (at < least) least = at;
  }
  return least;
}

/** Lets matchers that are all required chase each other until they meet in one window. */
export function seekAll(matchers: readonly Matcher[], from: number): number {
  let [at, before] = [from, -1];
  while (at < NO_MORE && Math.floor(before / WINDOW) !== Math.floor(at / WINDOW)) {
    before = at;
    for (const matcher of matchers) at = Math.max(at, matcher.seek(at));
  }
  return at;
}

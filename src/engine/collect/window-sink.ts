/** What takes the matches of a search besides its hits: aggregations. They see windows of bits, and scores if they ask. */
import type { IndexPart } from '../part/index-part.ts';

/** Takes the live matches of a search, window by window; parts and windows only rise. */
export interface WindowSink {
  /** Whether `window` is to get scores; without them a search may skip working them out. */
  readonly needsScores: boolean;
  /**
   * Called before the windows of a part, for each part that is searched.
   *
   * @param base Global ordinal of the part's ordinal 0.
   */
  startPart(part: IndexPart, base: number): void;
  /**
   * Called for each window that has live matches.
   *
   * @param base First ordinal of the window in its part, a multiple of `WINDOW`.
   * @param bits One bit for each of `WINDOW` ordinals: live matches that score enough. Valid during the call.
   * @param scores Scores of those whose bit is set, by place in the window; empty unless `needsScores`.
   */
  window(base: number, bits: Uint32Array, scores: Float32Array): void;
}

/**
 * Which copies a leaf trusts with company: a copy whose code took its worker thread down waits before it starts again,
 * longer each time, and from the second time on it is alone on a thread. Where nobody knows whose fault it was, all that
 * were there are suspected; alone, they show which one it is.
 */
import type { Suspect } from '../shard/poison-watch.ts';

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 300_000;
/** From so many strikes on, a copy is alone. */
const ALONE_FROM = 2;
/** A copy that has run for so long, times its strikes, is forgiven. */
const STEADY_MS = 60_000;

/** How a thread ended, as far as its copies are concerned. */
export type ThreadDeath = {
  /** Keys of the copies that were on it. */
  readonly keys: readonly string[];
  /** The one whose code ran, if that is known. */
  readonly culprit?: string;
  /** The operation that it was applying, and what came of it. */
  readonly applying?: { readonly seq: number; readonly place: number; readonly reason: string };
};

type Trial = { strikes: number; openedMs: number | undefined; suspect: Suspect | undefined };

/** The records of one leaf's copies. Times are of one monotonic clock, in milliseconds. */
export class CopyTrials {
  readonly #trials = new Map<string, Trial>();

  /** A copy was given to a thread. */
  noteOpened(key: string, nowMs: number): void {
    const trial = this.#trials.get(key);
    if (trial !== undefined) trial.openedMs = nowMs;
  }

  /** A thread died. */
  noteDeath({ keys, culprit, applying }: ThreadDeath, nowMs: number): void {
    for (const key of keys) {
      const trial = this.#trial(key);
      this.#forgive(trial, nowMs);
      trial.openedMs = undefined;
      if (culprit !== undefined && culprit !== key) continue;
      trial.strikes += 1;
      if (applying === undefined || culprit === undefined) continue;
      const { seq, place } = applying;
      const again = trial.suspect?.seq === seq && trial.suspect.place === place;
      trial.suspect = { ...applying, tries: again ? (trial.suspect?.tries ?? 0) + 1 : 1 };
    }
  }

  /** Deaths that a copy may have caused and was not forgiven. */
  strikes(key: string, nowMs: number): number {
    const trial = this.#trials.get(key);
    if (trial === undefined) return 0;
    this.#forgive(trial, nowMs);
    return trial.strikes;
  }

  /** Milliseconds that a copy waits before it starts again. */
  delayMs(key: string, nowMs: number): number {
    const strikes = this.strikes(key, nowMs);
    return strikes === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(strikes - 1, 20));
  }

  /** Whether a copy must have a thread of its own. */
  isAlone(key: string, nowMs: number): boolean {
    return this.strikes(key, nowMs) >= ALONE_FROM;
  }

  /** The operation over which threads died, if the last death was over one. */
  suspectOf(key: string): Suspect | undefined {
    return this.#trials.get(key)?.suspect;
  }

  /** The copy is closed for good. */
  forget(key: string): void {
    this.#trials.delete(key);
  }

  #trial(key: string): Trial {
    const known = this.#trials.get(key);
    if (known !== undefined) return known;
    const trial: Trial = { strikes: 0, openedMs: undefined, suspect: undefined };
    this.#trials.set(key, trial);
    return trial;
  }

  #forgive(trial: Trial, nowMs: number): void {
    if (trial.openedMs === undefined || nowMs - trial.openedMs <= STEADY_MS * trial.strikes) return;
    trial.strikes = 0;
    trial.suspect = undefined;
  }
}

/**
 * For how long an event loop has stood still, seen from another thread. Counted in looks: a watcher that did not run for a
 * while itself, since the process was stopped or the machine slept, has seen nothing in that time.
 */

/** One look counts for no more than this, in milliseconds. */
const MOST_PER_LOOK_MS = 500;

/** Watches one counter. */
export class StuckWatch {
  #beats = Number.NaN;
  #lookedMs: number;
  #silentMs = 0;

  /** @param nowMs When watching begins. */
  constructor(nowMs: number) {
    this.#lookedMs = nowMs;
  }

  /** Milliseconds of silence at the last look. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** Looks at the counter; returns the milliseconds since it last moved. */
  look(beats: number, nowMs: number): number {
    const passedMs = Math.min(nowMs - this.#lookedMs, MOST_PER_LOOK_MS);
    this.#silentMs = beats === this.#beats ? this.#silentMs + passedMs : 0;
    this.#beats = beats;
    this.#lookedMs = nowMs;
    return this.#silentMs;
  }
}

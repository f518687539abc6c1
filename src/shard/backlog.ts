/** What was applied and is not yet kept by some job, such as a checkpoint, and whether it is time for that job. */
import type { Clock } from '../env.ts';

const FIRST_RETRY_MS = 1_000;

/** The job is due at any of these, if there is a record at all. */
export type BacklogBounds = { readonly records: number; readonly bytes: number; readonly intervalMs: number };

/** A part of a backlog, from its start. */
export type BacklogShare = { readonly records: number; readonly bytes: number };

/** The records that a job has not yet dealt with. */
export class Backlog {
  readonly #clock: Clock;
  readonly #bounds: BacklogBounds;
  readonly #maxRetryMs: number;
  #records = 0;
  #bytes = 0;
  #sinceMs: number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #failures = 0;

  /** @param options `maxRetryMs`: the longest pause after a failed job; it begins with a second and doubles. */
  constructor(clock: Clock, bounds: BacklogBounds, { maxRetryMs }: { readonly maxRetryMs: number }) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#maxRetryMs = maxRetryMs;
    this.#sinceMs = clock.nowMs();
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** All that is in it now. */
  get share(): BacklogShare {
    return { records: this.#records, bytes: this.#bytes };
  }

  /** Takes note of a record that was applied. */
  add(sizeBytes: number): void {
    this.#records += 1;
    this.#bytes += sizeBytes;
  }

  /** A part of it is dealt with, all of it unless told; the interval begins anew. */
  clear({ records, bytes }: BacklogShare = this.share): void {
    this.#records = Math.max(0, this.#records - records);
    this.#bytes = Math.max(0, this.#bytes - bytes);
    this.#sinceMs = this.#clock.nowMs();
  }

  isDue(): boolean {
    const nowMs = this.#clock.nowMs();
    if (this.#records === 0 || nowMs < this.#notBeforeMs) return false;
    const { records, bytes, intervalMs } = this.#bounds;
    return this.#records >= records || this.#bytes >= bytes || nowMs - this.#sinceMs >= intervalMs;
  }

  /** The job was done, and is not due again for a while. */
  succeed(pauseMs: number): void {
    this.forgive();
    this.#notBeforeMs = this.#clock.nowMs() + pauseMs;
  }

  /** The job has failed; the pauses grow. */
  fail(): void {
    const pauseMs = Math.min(this.#maxRetryMs, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10));
    this.#notBeforeMs = this.#clock.nowMs() + pauseMs;
    this.#failures += 1;
  }

  /** Failures so far do not count any more. */
  forgive(): void {
    this.#failures = 0;
  }
}

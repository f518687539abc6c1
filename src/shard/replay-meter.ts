/** How fast a copy replays its log, and how long that will still take, for `status`. */
import type { Clock } from '../env.ts';
import type { CopyStatus } from '../wire/records.ts';

/** Progress of a replay, as `status` tells it. */
export type ReplayProgress = NonNullable<CopyStatus['replay']>;

/** Measures one replay at a time. */
export class ReplayMeter {
  readonly #clock: Clock;
  #startMs = 0;
  #fromSeq = 0;
  #seq = 0;
  #records = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A replay begins after the record `fromSeq`. */
  start(fromSeq: number): void {
    this.#startMs = this.#clock.nowMs();
    this.#fromSeq = fromSeq;
    this.#seq = fromSeq;
    this.#records = 0;
    this.#bytes = 0;
  }

  /** A record was applied. */
  note({ seq, sizeBytes }: { readonly seq: number; readonly sizeBytes: number }): void {
    this.#seq = seq;
    this.#records += 1;
    this.#bytes += sizeBytes;
  }

  /** How far it has come on its way to the record `targetSeq`; the rest is estimated by sequence numbers. */
  progress(targetSeq: number): ReplayProgress {
    const elapsedMs = Math.max(1, this.#clock.nowMs() - this.#startMs);
    const bytesPerSecond = Math.round((this.#bytes * 1_000) / elapsedMs);
    const done = { records: this.#records, doneBytes: this.#bytes, bytesPerSecond };
    const steps = this.#seq - this.#fromSeq;
    if (steps === 0) return done;
    const remainingMs = Math.round((Math.max(0, targetSeq - this.#seq) * elapsedMs) / steps);
    return { ...done, remainingMs };
  }
}

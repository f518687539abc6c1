/**
 * Reads that wait until a copy has applied a log sequence: read your own writes on any copy.
 */
import type { Clock } from '../env.ts';
import { CoppiceError } from '../errors.ts';

type Waiter = {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
};

/** Waiters for sequences of one shard. */
export class SequenceWaiters {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `seq` has been applied. Throws CoppiceError `DEADLINE_EXCEEDED` after `withinMs`. */
  async wait(seq: number, withinMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.after(withinMs, () => {
        this.#waiters.delete(waiter);
        reject(new CoppiceError('DEADLINE_EXCEEDED', `this copy has not applied record ${seq} yet`));
      });
      const waiter: Waiter = { seq, resolve, reject, cancel };
      this.#waiters.add(waiter);
    });
  }

  /** Tells that everything up to `seq` has been applied. */
  reached(seq: number): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) {
      if (waiter.seq > seq) continue;
      this.#waiters.delete(waiter);
      waiter.cancel();
      waiter.resolve();
    }
  }

  /** Sends everyone away. */
  rejectAll(error: Error): void {
    for (const waiter of this.#waiters) {
      waiter.cancel();
      waiter.reject(error);
    }
    this.#waiters.clear();
  }
}

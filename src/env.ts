/**
 * The only time and chance that the core sees. Everything above takes an `Env` by parameter, so that a whole
 * cluster can run on a virtual clock and a seed.
 */
import { randomBytes } from 'node:crypto';

/** Cancels what it was returned for; calling it twice is harmless. */
export type Cancel = () => void;

/** Monotonic and wall time, and timers. */
export interface Clock {
  /** Milliseconds of a monotonic clock with an arbitrary start. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; may jump. */
  wallMs(): number;
  /** Calls `run` once after `delayMs`. */
  after(delayMs: number, run: () => void): Cancel;
}

/** A source of chance. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A fresh unguessable id of 22 letters, digits, `-` and `_` (128 bits). */
  id(): string;
}

/** What a component is given instead of the globals. */
export type Env = { readonly clock: Clock; readonly random: Random };

/** The real clock and real chance. */
export const systemEnv: Env = {
  clock: {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: {
    next: () => Math.random(),
    id: () => randomBytes(16).toString('base64url'),
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export async function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A point in time after which work is dropped, not done. Shrinks at every hop. */
export class Deadline {
  readonly #clock: Clock;
  readonly #atMs: number;

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#atMs = clock.nowMs() + budgetMs;
  }

  /** Milliseconds left, never below 0. */
  remainingMs(): number {
    return Math.max(0, this.#atMs - this.#clock.nowMs());
  }

  /** Whether nothing is left. */
  expired(): boolean {
    return this.remainingMs() === 0;
  }
}

/**
 * One process of a simulated world: its clock, which may run fast, slow or wrong, its chance, and whether it lives.
 * What a process does is done in its events; a dead one has none any more.
 */
import type { Clock, Env } from '../../env.ts';
import type { SimRandom } from './sim-random.ts';
import type { EventOwner, SimScheduler } from './sim-scheduler.ts';

/** How a process's clocks differ from virtual time. */
export type ClockSkew = {
  /** Milliseconds of its monotonic clock in a virtual millisecond; 1 unless told otherwise. */
  readonly rate?: number;
  /** Milliseconds that its wall clock is ahead. */
  readonly wallMs?: number;
};

const EPOCH_MS = 1_750_000_000_000;
const RSS_BYTES = 100_000_000;
const MAX_BOOT_MS = 1_000_000;

/** A process. */
export class SimNode implements EventOwner {
  readonly name: string;
  /** What the process is given instead of the globals. */
  readonly env: Env;
  readonly #scheduler: SimScheduler;
  readonly #deferred: (() => void)[] = [];
  #state: 'running' | 'paused' | 'dead' = 'running';

  constructor(
    scheduler: SimScheduler,
    options: { name: string; random: SimRandom; pid: number; skew?: ClockSkew | undefined },
  ) {
    this.name = options.name;
    this.#scheduler = scheduler;
    this.env = {
      clock: this.#makeClock(options.skew ?? {}, options.random.next() * MAX_BOOT_MS),
      random: options.random,
      machine: {
        pid: options.pid,
        hostname: options.name,
        cores: 1,
        sample: () => ({ load: 0, rssBytes: RSS_BYTES }),
      },
    };
  }

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state;
  }

  /** Ends the process in mid-sentence: nothing of it runs any more. */
  kill(): void {
    this.#state = 'dead';
    this.#deferred.length = 0;
  }

  /** Stops the process, as SIGSTOP does: its events wait. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Lets a paused process go on: what has waited happens now, in its order. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const run of this.#deferred.splice(0)) this.#scheduler.after(0, run, this);
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  #makeClock({ rate = 1, wallMs = 0 }: ClockSkew, bootMs: number): Clock {
    const scheduler = this.#scheduler;
    return {
      nowMs: () => bootMs + scheduler.nowMs * rate,
      wallMs: () => Math.floor(EPOCH_MS + wallMs + scheduler.nowMs * rate),
      after: (delayMs, run) => scheduler.after(delayMs / rate, run, this),
    };
  }
}

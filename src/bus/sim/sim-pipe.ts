/**
 * One direction of a connection. Like TCP it keeps order and loses nothing by itself: while it is cut, bytes wait, and
 * come late if the connection is still the same by then.
 */
import type { SimFaults } from './sim-faults.ts';
import type { SimRandom } from './sim-random.ts';
import type { EventOwner, SimScheduler } from './sim-scheduler.ts';

/** Where a pipe lies. */
export type PipePlace = {
  readonly scheduler: SimScheduler;
  readonly faults: SimFaults;
  readonly random: SimRandom;
  /** Who takes what arrives; undefined: the server. */
  readonly owner: EventOwner | undefined;
  readonly isCut: () => boolean;
};

const LOOK_AGAIN_MS = 20;

/** A pipe of one connection. */
export class SimPipe {
  readonly #place: PipePlace;
  /** When the last message of each lane arrives: messages of one lane never overtake each other. */
  readonly #lastMs = new Map<string, number>();
  /** When the last message of any lane arrives, and the last one that goes for all. */
  #latestMs = 0;
  #barrierMs = 0;
  readonly #held: (() => void)[] = [];
  #closed = false;

  constructor(place: PipePlace) {
    this.#place = place;
  }

  /** Sends: `arrive` is called at the other end. Messages of one lane keep their order; '' is the lane of all. */
  send(arrive: () => void, lane = ''): void {
    if (this.#closed) return;
    const { scheduler, faults, random, owner } = this.#place;
    const { latencyMs, delayRate, maxDelayMs } = faults;
    const delayMs = delayRate > 0 && random.chance(delayRate) ? random.next() * maxDelayMs : 0;
    const key = faults.reorders ? lane : '';
    const notBeforeMs = key === '' ? this.#latestMs : Math.max(this.#lastMs.get(key) ?? 0, this.#barrierMs);
    const atMs = Math.max(notBeforeMs, scheduler.nowMs + random.between(latencyMs.from, latencyMs.to) + delayMs);
    this.#latestMs = Math.max(this.#latestMs, atMs);
    if (key === '') this.#barrierMs = atMs;
    else this.#lastMs.set(key, atMs);
    scheduler.at(atMs, () => this.#arrive(arrive), owner);
  }

  /** Ends it; what is under way is lost. */
  close(): void {
    this.#closed = true;
    this.#held.length = 0;
  }

  #arrive(arrive: () => void): void {
    if (this.#closed) return;
    if (this.#held.length > 0 || this.#place.isCut()) this.#hold(arrive);
    else arrive();
  }

  #hold(arrive: () => void): void {
    this.#held.push(arrive);
    if (this.#held.length === 1) this.#lookLater();
  }

  #lookLater(): void {
    const { scheduler, owner, isCut } = this.#place;
    scheduler.after(
      LOOK_AGAIN_MS,
      () => {
        if (this.#closed) return;
        if (isCut()) return this.#lookLater();
        const arrive = this.#held.shift();
        if (this.#held.length > 0) this.#release();
        arrive?.();
      },
      owner,
    );
  }

  /** One event for each message: what it settles is followed to the end before the next. */
  #release(): void {
    const { scheduler, owner } = this.#place;
    scheduler.after(
      0,
      () => {
        if (this.#closed) return;
        const arrive = this.#held.shift();
        if (this.#held.length > 0) this.#release();
        arrive?.();
      },
      owner,
    );
  }
}

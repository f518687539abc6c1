/**
 * Virtual time. Everything that happens in a simulated world is an event with a time; events run one by one, in the
 * order of their times and, at the same time, of their making. After each event all promises that it settled are
 * followed to the end (Node runs its immediates only when no microtask is left), and only then does time go on, so
 * that what a seed gives does not depend on the machine. Nothing here waits for real time.
 */
import type { Cancel } from '../../env.ts';

/** Whose event it is: what belongs to the dead does not run, and what belongs to the paused waits. */
export interface EventOwner {
  readonly state: 'running' | 'paused' | 'dead';
  /** Takes an event that came up while the owner was paused. */
  defer(run: () => void): void;
}

type Event = {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
  owner: EventOwner | undefined;
};

/** The clock and the queue of a world. */
export class SimScheduler {
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #made = 0;
  #done = 0;

  /** Virtual milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that have run. */
  get steps(): number {
    return this.#done;
  }

  /** Calls `run` at a time, or now if that has passed, unless cancelled. */
  at(atMs: number, run: () => void, owner?: EventOwner): Cancel {
    const event: Event = { atMs: Math.max(atMs, this.#nowMs), order: this.#made++, run, owner };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Calls `run` after `delayMs` unless cancelled. */
  after(delayMs: number, run: () => void, owner?: EventOwner): Cancel {
    return this.at(this.#nowMs + Math.max(0, delayMs), run, owner);
  }

  /** Runs until virtual time reaches `untilMs` or `done` holds, which is looked at after every event. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    await quiescence();
    while (!done()) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      this.#pop();
      if (event.run === undefined || event.owner?.state === 'dead') continue;
      this.#nowMs = event.atMs;
      if (event.owner?.state === 'paused') {
        event.owner.defer(() => event.run?.()); // it may yet be cancelled
        continue;
      }
      this.#done += 1;
      event.run();
      await quiescence();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const useRight = right !== undefined && isBefore(right, left);
      const child = useRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = 2 * at + (useRight ? 2 : 1);
    }
    heap[at] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** Resolves when no promise is left that could go on. */
async function quiescence(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

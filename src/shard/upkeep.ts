/**
 * Work that an actor has put off, such as the merges of a search index, done once a copy has had nothing to apply for a
 * while: in slices, with pauses between them that leave the thread to searches.
 */
import type { Cancel, Clock } from '../env.ts';

/** A copy that has applied nothing for so long is idle. */
const IDLE_MS = 250;
/** Longest piece of work, and the pause after it. */
const SLICE_MS = 2;
const PAUSE_MS = 8;

/** What upkeep needs of its copy. */
export type UpkeepOptions = {
  readonly clock: Clock;
  /** Works until there is nothing more to do, or `shouldStop` is true; tells whether there is more. */
  readonly maintain: (shouldStop: () => boolean) => boolean;
  readonly onError: (error: unknown) => void;
};

/** Looks after one copy's state. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #cancel: Cancel | undefined;
  #appliedMs = Number.NEGATIVE_INFINITY;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Takes note of a record that was applied: there may be work, but not now. */
  noteApplied(): void {
    const { clock } = this.#options;
    this.#appliedMs = clock.nowMs();
    this.#cancel ??= clock.after(IDLE_MS, () => this.#look());
  }

  /** Does nothing more until a record is applied. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    this.#cancel = undefined;
    const { clock } = this.#options;
    const idleMs = clock.nowMs() - this.#appliedMs;
    if (idleMs < IDLE_MS) this.#cancel = clock.after(IDLE_MS - idleMs, () => this.#look());
    else if (this.#works()) this.#cancel = clock.after(PAUSE_MS, () => this.#look());
  }

  #works(): boolean {
    const { clock, maintain, onError } = this.#options;
    const endMs = clock.nowMs() + SLICE_MS;
    try {
      return maintain(() => clock.nowMs() >= endMs);
    } catch (error) {
      onError(error);
      return false;
    }
  }
}

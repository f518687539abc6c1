/**
 * The operation ids a shard remembers, with their results, so that a retried command is applied once (protocol.md,
 * "Exactly once"). The window is counted in logged operations, never in time: every copy forgets the same.
 */
import type { CommandOutcome } from '../wire/messages.ts';

/** How many logged operations are remembered. */
export const WINDOW_OPERATIONS = 32_768;

/** Remembered operations, oldest first. */
export class OperationWindow {
  readonly #outcomes = new Map<string, CommandOutcome>();
  readonly #capacity: number;
  #floor = 0;

  constructor(capacity = WINDOW_OPERATIONS) {
    this.#capacity = capacity;
  }

  /** Highest log sequence forgotten; a command first sent before it may have been applied and forgotten. */
  get floor(): number {
    return this.#floor;
  }

  get(id: string): CommandOutcome | undefined {
    return this.#outcomes.get(id);
  }

  /** Remembers an outcome, and forgets the oldest beyond the capacity. */
  remember(id: string, outcome: CommandOutcome): void {
    this.#outcomes.set(id, outcome);
    if (this.#outcomes.size <= this.#capacity) return;
    for (const [oldest, { seq }] of this.#outcomes) {
      this.#outcomes.delete(oldest);
      this.#floor = Math.max(this.#floor, seq);
      return;
    }
  }
}

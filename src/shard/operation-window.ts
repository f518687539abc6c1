/**
 * The operation ids a shard remembers, with their results, so that a retried command is applied once (protocol.md,
 * "Exactly once"). The window is counted in logged operations, never in time: every copy forgets the same.
 */
import type { RuntimeShare } from '../wire/checkpoint-format.ts';
import type { CommandOutcome } from '../wire/messages.ts';

/** How many logged operations are remembered. */
export const WINDOW_OPERATIONS = 32_768;

/** Remembered operations, oldest first. */
export class OperationWindow {
  readonly #outcomes = new Map<string, CommandOutcome>();
  readonly #capacity: number;
  #floor = 0;

  /** @param remembered What a checkpoint kept of a window, to go on with. */
  constructor(capacity = WINDOW_OPERATIONS, remembered?: Pick<RuntimeShare, 'operations' | 'floor'>) {
    this.#capacity = capacity;
    this.#floor = remembered?.floor ?? 0;
    for (const [id, outcome] of remembered?.operations ?? []) this.remember(id, outcome);
  }

  /** What is remembered, oldest first. */
  entries(): readonly (readonly [string, CommandOutcome])[] {
    return [...this.#outcomes];
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

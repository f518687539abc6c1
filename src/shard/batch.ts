/** Commands on their way into one record of the log, and the commands that wait to hear of it. */
import type { PendingRecord } from '../actor/definition.ts';
import type { CoppiceError } from '../errors.ts';
import type { CommandOutcome } from '../wire/messages.ts';

/** A group commit being filled, or on its way to the log. */
export type Batch = {
  /** Encoded operations, in order. */
  readonly operations: Uint8Array[];
  /** Their ids. */
  readonly ids: string[];
  sizeBytes: number;
  /** When its first operation came in. */
  openedMs: number;
  /** Operations that were accepted; the others are rejections. */
  accepted: number;
  /** The last accepted record of each key. */
  readonly records: Map<string, PendingRecord<unknown>>;
};

/** Told what became of a command. */
export type Waiter = (outcome: CommandOutcome | CoppiceError) => void;

/** A batch without operations. */
export function emptyBatch(): Batch {
  return { operations: [], ids: [], sizeBytes: 0, openedMs: 0, accepted: 0, records: new Map() };
}

/** Commands that were decided and not answered yet, by operation id. */
export class WaitingCommands {
  readonly #waiters = new Map<string, Waiter[]>();

  get size(): number {
    return this.#waiters.size;
  }

  /** Their operation ids. */
  ids(): readonly string[] {
    return [...this.#waiters.keys()];
  }

  add(id: string, waiter: Waiter): void {
    this.#waiters.set(id, [waiter]);
  }

  /** Has a repeated command wait with the first one; false if that does not wait. */
  join(id: string, waiter: Waiter): boolean {
    const waiters = this.#waiters.get(id);
    waiters?.push(waiter);
    return waiters !== undefined;
  }

  /** Tells those who wait for a command; false if nobody does. */
  settle(id: string, outcome: CommandOutcome | CoppiceError): boolean {
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) return false;
    this.#waiters.delete(id);
    for (const waiter of waiters) waiter(outcome);
    return true;
  }
}

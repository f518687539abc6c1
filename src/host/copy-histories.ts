/**
 * What a leaf remembers of its copies: the last steps of each, over restarts of the copy and of its worker thread. The
 * answer to "why is this shard where it is", as long as the leaf's process lives.
 */
import type { CopyTransition, HistoryRequest } from '../wire/transitions.ts';

/** Steps remembered of one copy. */
export const HISTORY_LENGTH = 200;
/** Copies remembered; the one that has been still for longest is forgotten first. */
export const HISTORIES = 1_000;

/** The histories of a leaf's copies. */
export class CopyHistories {
  readonly #byCopy = new Map<string, CopyTransition[]>();

  /** Remembers a step. */
  note(transition: CopyTransition): void {
    const key = keyOf(transition);
    const steps = this.#byCopy.get(key) ?? [];
    steps.push(transition);
    if (steps.length > HISTORY_LENGTH) steps.shift();
    this.#byCopy.delete(key);
    this.#byCopy.set(key, steps);
    if (this.#byCopy.size <= HISTORIES) return;
    const [stillest] = this.#byCopy.keys();
    if (stillest !== undefined) this.#byCopy.delete(stillest);
  }

  /** The steps of one copy, oldest first; none of a copy never held here. */
  of(copy: HistoryRequest): readonly CopyTransition[] {
    return [...(this.#byCopy.get(keyOf(copy)) ?? [])];
  }
}

function keyOf({ group, generation, shard }: HistoryRequest): string {
  return `${group}/${generation}/${shard}`;
}

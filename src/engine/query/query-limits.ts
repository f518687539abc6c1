/** Bounds on what one query may become: clauses, terms that a pattern stands for, depth. */
import { CoppiceError } from '../../errors.ts';
import type { SearchLimits } from '../engine.ts';

/** Queries inside queries. */
export const MAX_DEPTH = 100;

const DEFAULTS = { clauses: 4096, expansions: 1024, memoryBytes: 256 * 2 ** 20 };

/** Counts what a search uses; beyond a limit it throws CoppiceError `LIMIT_EXCEEDED`. */
export class QueryLimits {
  readonly #maxClauses: number;
  readonly #maxExpansions: number;
  readonly #maxBytes: number;
  #clauses = 0;
  #bytes = 0;

  constructor({ clauses, expansions, memoryBytes }: SearchLimits = {}) {
    this.#maxClauses = clauses ?? DEFAULTS.clauses;
    this.#maxExpansions = expansions ?? DEFAULTS.expansions;
    this.#maxBytes = memoryBytes ?? DEFAULTS.memoryBytes;
  }

  /** Counts leaves of the query tree. */
  addClauses(count: number): void {
    this.#clauses += count;
    if (this.#clauses > this.#maxClauses)
      throw exceeded(`the query has ${this.#clauses} clauses or more`, this.#maxClauses);
  }

  /** Checks how many terms a pattern stands for, or may stand for. */
  checkExpansions(count: number, what: string): void {
    if (count > this.#maxExpansions) throw exceeded(`${what} expands to ${count} terms`, this.#maxExpansions);
  }

  checkDepth(depth: number): void {
    if (depth > MAX_DEPTH) throw exceeded(`the query is ${depth} levels deep or more`, MAX_DEPTH);
  }

  /** Counts working memory. */
  addBytes(bytes: number, what: string): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes)
      throw exceeded(`the search needs ${this.#bytes} bytes of memory with ${what}`, this.#maxBytes);
  }
}

function exceeded(what: string, limit: number): CoppiceError {
  return new CoppiceError('LIMIT_EXCEEDED', `${what}, the limit is ${limit}`, { details: { limit } });
}

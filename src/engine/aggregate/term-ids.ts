/**
 * Numbers for the terms of a keyword field that hold over all parts of a shard. A part's own term numbers are
 * translated when a term is first met in it, so that documents cost one look into an array.
 */
import type { IndexPart, InvertedField } from '../part/index-part.ts';
import type { Budget } from './budget.ts';
import type { TermFilter } from './term-filter.ts';

const UNKNOWN = -1;
/** What a term that is not taken has for a number. */
export const NOT_TAKEN = -2;
/** Bytes of a term and its entries, about. */
const TERM_BYTES = 96;

/** Terms by number, in the order in which they were met. */
export class TermIds {
  readonly #field: string;
  readonly #filter: TermFilter;
  readonly #budget: Budget;
  readonly #ids = new Map<string, number>();
  readonly #terms: string[] = [];
  #inverted: InvertedField | undefined;
  #local = new Int32Array(0);
  #taken: Uint8Array | undefined;

  constructor(field: string, filter: TermFilter, budget: Budget) {
    this.#field = field;
    this.#filter = filter;
    this.#budget = budget;
  }

  startPart(part: IndexPart): void {
    this.#inverted = part.inverted(this.#field);
    const termCount = this.#inverted?.termCount ?? 0;
    this.#local = new Int32Array(termCount).fill(UNKNOWN);
    this.#taken =
      this.#filter.takesAll || this.#inverted === undefined ? undefined : this.#filter.takenOf(this.#inverted);
  }

  get size(): number {
    return this.#terms.length;
  }

  term(id: number): string {
    return this.#terms[id] ?? '';
  }

  /** The number of a term by its number in the part; `NOT_TAKEN` for one that is not taken. */
  idOf(local: number): number {
    const id = this.#local[local]!;
    return id === UNKNOWN ? this.#learn(local) : id;
  }

  /** The number of a string that no part need have. */
  idOfTerm(term: string): number {
    const known = this.#ids.get(term);
    if (known !== undefined) return known;
    const id = this.#terms.length;
    this.#budget.takeBytes(TERM_BYTES);
    this.#ids.set(term, id);
    this.#terms.push(term);
    return id;
  }

  #learn(local: number): number {
    const isTaken = this.#taken === undefined || this.#taken[local] === 1;
    const id = isTaken ? this.idOfTerm(this.#inverted?.term(local) ?? '') : NOT_TAKEN;
    this.#local[local] = id;
    return id;
  }
}

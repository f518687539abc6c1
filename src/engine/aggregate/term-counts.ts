/**
 * Counts of the terms of a keyword field where nothing is below them and the level above has one bucket: by the part's
 * own term numbers, so that a document costs one addition. Strings are made only of terms that are to be sent, where
 * one part holds all that matched.
 */
import type { IndexPart, InvertedField } from '../part/index-part.ts';
import type { Budget } from './budget.ts';
import type { TermFilter } from './term-filter.ts';

type PartCounts = { readonly inverted: InvertedField; readonly counts: Uint32Array };

/** Counts by part. */
export class TermCounts {
  readonly #field: string;
  readonly #filter: TermFilter;
  readonly #budget: Budget;
  readonly #parts: PartCounts[] = [];
  #counts = new Uint32Array(0);

  constructor(field: string, filter: TermFilter, budget: Budget) {
    this.#field = field;
    this.#filter = filter;
    this.#budget = budget;
  }

  startPart(part: IndexPart): void {
    const inverted = part.inverted(this.#field);
    this.#counts = new Uint32Array(inverted?.termCount ?? 0);
    if (inverted === undefined) return;
    this.#budget.takeBytes(this.#counts.byteLength);
    this.#parts.push({ inverted, counts: this.#counts });
  }

  /** Counts terms of a document, without duplicates, by their numbers in the part. Negative ones do not count. */
  add(terms: Float64Array, from: number, to: number): void {
    const counts = this.#counts;
    for (let at = from; at < to; at++) if (terms[at]! >= 0) counts[terms[at]!]!++;
  }

  /** Calls `visit` for each term that is taken and was met, once for each part that has it. */
  forEach(visit: (docCount: number, term: number, inverted: InvertedField) => void): void {
    for (const { inverted, counts } of this.#parts) {
      const taken = this.#filter.takesAll ? undefined : this.#filter.takenOf(inverted);
      for (let term = 0; term < counts.length; term++) {
        if (counts[term]! > 0 && (taken === undefined || taken[term] === 1)) visit(counts[term]!, term, inverted);
      }
    }
  }

  /** Whether one part has all terms that were met: then no term comes twice. */
  get isOnePart(): boolean {
    return this.#parts.filter(({ counts }) => counts.some((count) => count > 0)).length <= 1;
  }
}

/** Runs of terms: where term numbers rise with terms, prefixes and ranges are found by halving. */

import type { TermBounds } from '../automata/range-automaton.ts';
import { compareStrings } from '../collect/compare-strings.ts';
import type { InvertedField } from '../part/index-part.ts';

/** A run of terms in the order of their bytes. */
export type TermRun = {
  isBefore(term: string): boolean;
  /** Asked of terms that are not before the run. */
  isAfter(term: string): boolean;
};

/** The terms that begin with a prefix. */
export function prefixRun(prefix: string): TermRun {
  return {
    isBefore: (term) => compareStrings(term, prefix) < 0,
    // Half of a pair of surrogates is no beginning of the pair.
    isAfter: (term) => !term.startsWith(prefix) || (term.codePointAt(prefix.length - 1) ?? 0) > 0xffff,
  };
}

/** The terms within bounds. */
export function boundedRun({ gte, gt, lte, lt }: TermBounds): TermRun {
  return {
    isBefore: (term) =>
      (gte !== undefined && compareStrings(term, gte) < 0) || (gt !== undefined && compareStrings(term, gt) <= 0),
    isAfter: (term) =>
      (lte !== undefined && compareStrings(term, lte) > 0) || (lt !== undefined && compareStrings(term, lt) >= 0),
  };
}

/** Numbers of a run in a sorted field: from `from` to `to` - 1. */
export function spanOf(inverted: InvertedField, run: TermRun): { readonly from: number; readonly to: number } {
  const from = firstOf(inverted, { low: 0, high: inverted.termCount }, (term) => !run.isBefore(term));
  let [low, step] = [from, 1];
  while (low + step < inverted.termCount && !run.isAfter(inverted.term(low + step - 1))) {
    low += step;
    step *= 2;
  }
  const high = Math.min(inverted.termCount, low + step);
  return { from, to: firstOf(inverted, { low, high }, (term) => run.isAfter(term)) };
}

/** The first number from `low` to `high` - 1 whose term passes a test that all later ones pass; `high` if none does. */
function firstOf(
  inverted: InvertedField,
  bounds: { readonly low: number; readonly high: number },
  passes: (term: string) => boolean,
): number {
  let { low, high } = bounds;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(inverted.term(middle))) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many optional clauses must match, from the notations of Elasticsearch. */
import { CoppiceError } from '../../../errors.ts';
import type { MinimumShouldMatch } from '../../query/query.ts';

/**
 * Clauses that must match of `clauseCount`: a number, or a percentage rounded down; negative ones tell how many may
 * be missing. May exceed `clauseCount`, then nothing matches. Throws CoppiceError `BAD_REQUEST` on another notation.
 */
export function minimumShouldMatch(clauseCount: number, wanted: MinimumShouldMatch): number {
  const notation = String(wanted).trim();
  const parts = /^([+-]?\d+)(%?)$/.exec(notation);
  if (parts === null)
    throw new CoppiceError(
      'BAD_REQUEST',
      `minimum_should_match expects a whole number or a percentage, got \`${notation}\``,
    );
  const value = Number(parts[1]);
  const count = parts[2] === '%' ? Math.trunc((clauseCount * value) / 100) : value;
  return Math.max(0, count < 0 ? clauseCount + count : count);
}

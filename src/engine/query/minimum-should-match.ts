/** How many optional clauses must match, from the notations of Elasticsearch. */
import { CoppiceError } from '../../errors.ts';
import type { MinimumShouldMatch } from './query.ts';

/**
 * Clauses that must match of `clauseCount`: a number, or a percentage rounded down; negative ones tell how many may be
 * missing. `3<90%` means: all up to 3 clauses, 90% of more; of several such the one with the highest bound below
 * `clauseCount` counts. May exceed `clauseCount`, then nothing matches. Throws CoppiceError `BAD_REQUEST` on another notation.
 */
export function minimumShouldMatch(clauseCount: number, wanted: MinimumShouldMatch): number {
  const notation = String(wanted).trim();
  if (!notation.includes('<')) return simpleMinimum(clauseCount, notation, notation);
  let minimum = clauseCount;
  for (const condition of notation.replace(/\s*<\s*/g, '<').split(/\s+/)) {
    const [bound = '', then = ''] = condition.split('<');
    if (!/^\d+$/.test(bound)) throw badNotation(notation);
    const count = simpleMinimum(clauseCount, then, notation);
    if (clauseCount <= Number(bound)) return minimum;
    minimum = count;
  }
  return minimum;
}

function simpleMinimum(clauseCount: number, part: string, notation: string): number {
  const parts = /^([+-]?\d+)(%?)$/.exec(part);
  if (parts === null) throw badNotation(notation);
  const value = Number(parts[1]);
  const count = parts[2] === '%' ? Math.trunc((clauseCount * value) / 100) : value;
  return Math.max(0, count < 0 ? clauseCount + count : count);
}

function badNotation(notation: string): CoppiceError {
  return new CoppiceError(
    'BAD_REQUEST',
    `minimum_should_match expects a whole number or a percentage, or these after \`3<\`, got \`${notation}\``,
  );
}

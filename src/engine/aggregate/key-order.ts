/** The order of bucket keys: numbers by value, strings by their code points, null first. */
import { compareStrings } from '../collect/compare-strings.ts';
import type { FieldValue } from '../query/query.ts';

/** Negative, 0 or positive as a key comes before another, is it, or comes after it. */
export function compareKeys(a: FieldValue | null, b: FieldValue | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (typeof a === 'string' || typeof b === 'string') return typeof a === 'string' ? 1 : -1;
  return Number(a) - Number(b) < 0 ? -1 : 1;
}

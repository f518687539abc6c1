/** The order of bucket keys: numbers by value, strings by their code points (which is that of their UTF-8 bytes), null first. */
import type { FieldValue } from '../query/query.ts';

/** Negative, 0 or positive as a key comes before another, is it, or comes after it. */
export function compareKeys(a: FieldValue | null, b: FieldValue | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === 'string' && typeof b === 'string') return compareTerms(a, b);
  if (typeof a === 'string' || typeof b === 'string') return typeof a === 'string' ? 1 : -1;
  return Number(a) - Number(b) < 0 ? -1 : 1;
}

/** Compares strings by code points. Surrogates, which stand for the greatest ones, come after all other units. */
export function compareTerms(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left === right) continue;
    if (left >= 0xd800 && right >= 0xd800) return codeRank(a, i) - codeRank(b, i);
    return left - right;
  }
  return a.length - b.length;
}

/** The code point that unit `at` is part of; of the second half of a pair, the half itself. */
function codeRank(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const isSecond = unit >= 0xdc00 && unit <= 0xdfff && at > 0 && isHigh(text.charCodeAt(at - 1));
  // The first halves are equal, so the second halves decide between pairs; they are above any unit that is no surrogate.
  return isSecond ? 0x10000 + unit : text.codePointAt(at)!;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

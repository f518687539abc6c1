/** Length factors remembered: 256 numbers for each set of statistics, which stay the same from query to query. */
import type { FieldStatistics } from '../engine.ts';
import { type Bm25Parameters, inverseLengthFactors } from './bm25.ts';

type Remembered = {
  readonly docCount: number;
  readonly totalTokens: number;
  readonly k1: number;
  readonly b: number;
  readonly factors: Float32Array;
};

const remembered: (Remembered | undefined)[] = Array.from({ length: 64 }, () => undefined);

/** What `inverseLengthFactors` gives; the same array again for the same statistics, mostly. Not to be changed. */
export function lengthFactors(statistics: FieldStatistics, parameters: Bm25Parameters): Float32Array {
  const { docCount, totalTokens } = statistics;
  const { k1, b } = parameters;
  const slot = (Math.imul(docCount, 0x2c1b3c6d) ^ Math.imul(totalTokens, 0x297a2d39)) >>> 26;
  const known = remembered[slot];
  if (known?.docCount === docCount && known.totalTokens === totalTokens && known.k1 === k1 && known.b === b)
    return known.factors;
  const factors = inverseLengthFactors(statistics, parameters);
  remembered[slot] = { docCount, totalTokens, k1, b, factors };
  return factors;
}

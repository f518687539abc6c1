/**
 * BM25 in the float32 steps of Lucene's `BM25Similarity` (9.x), so that equal statistics give bit-equal scores
 * whatever the order and history of an index.
 */
import type { FieldStatistics } from '../engine.ts';
import { LENGTHS } from './norms.ts';

/** Parameters of BM25: saturation of frequencies, and weight of the length. */
export type Bm25Parameters = { readonly k1: number; readonly b: number };

const { fround, log } = Math;

/** Inverse document frequency: `ln(1 + (N - n + 0.5) / (n + 0.5))`, N being the documents that have the field. */
export function inverseDocumentFrequency(docFrequency: number, docCount: number): number {
  const known = Math.max(docFrequency, docCount);
  return fround(log(1 + (known - docFrequency + 0.5) / (docFrequency + 0.5)));
}

/** For each length code, `1 / (k1 * (1 - b + b * length / average length))`. */
export function inverseLengthFactors(
  { docCount, totalTokens }: FieldStatistics,
  { k1, b }: Bm25Parameters,
): Float32Array {
  const factors = new Float32Array(256);
  const average = fround(totalTokens / Math.max(1, docCount)) || 1;
  const [saturation, weight] = [fround(k1), fround(b)];
  for (let code = 0; code < 256; code++) {
    const length = fround(fround(weight * fround(LENGTHS[code]!)) / average);
    factors[code] = fround(1 / fround(saturation * fround(fround(1 - weight) + length)));
  }
  return factors;
}

/** Score of one term in one document, 0 up to `weight` (boost times idf). */
export function termScore(weight: number, frequency: number, inverseLengthFactor: number): number {
  return fround(weight - fround(weight / fround(1 + fround(frequency * inverseLengthFactor))));
}

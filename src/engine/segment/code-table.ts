/**
 * Chooses what the one-byte codes of a field's postings stand for: see `CodeTable` in inverted-layout.ts.
 */
import type { Bm25Parameters } from '../score/bm25.ts';
import type { CodeTable } from './inverted-layout.ts';
import type { PairHistogram } from './pair-histogram.ts';

/**
 * Chooses the codes of a field: the commonest pairs, and pairs that bound the others.
 *
 * @param histogram Pairs of the postings to be written; those that come without being here are written as exceptions.
 * @param averageLength Tokens per document that has the field: what impact is measured by.
 */
export function chooseCodes(_histogram: PairHistogram, _averageLength: number, _parameters: Bm25Parameters): CodeTable {
  throw new Error('not written yet');
}

/**
 * Evaluates phrases from the rarest list, the lead, or from a sparse filter: in batches of documents that have all terms,
 * whose positions are then compared. Blocks of the lead are skipped by what they and the others can score there. Terms
 * stand in `order` by falling document frequency, so the lead is the last one.
 */
import { batchCount, docAt, frequencyAt, keepFrequency, resetBatches, takeBlock, takeFiltered } from './batch.ts';
import { mayHaveBits, setBit } from './filter.ts';
import { push, threshold } from './hits.ts';
import { intersect, keepCompeting } from './intersect.ts';
import { phraseFrequency } from './phrase.ts';
import { openBatch } from './positions.ts';
import { baseOf, blockBound, lastOf, setBound } from './postings.ts';
import { addMatches, bar, isCounting } from './progress.ts';
import { EXCEPTION, Query, termAt } from './records.ts';
import { factorOf, lowestCodeAbove, termScore } from './scores.ts';
import { mostSloppy, sloppyFrequency } from './sloppy.ts';

/** Evaluates all documents of the lead. */
export function searchPhrase(query: Query): void {
  const others = query.termCount - 1;
  const lead = termAt(query.order, others);
  resetBatches(query);
  for (let block = 0; block < lead.blockCount; block++) {
    const base = baseOf(lead, block);
    const end = lastOf(lead, block) + 1;
    const barNow = bar();
    if (!mayHaveBits(query, base, end)) continue;
    if (barNow > -Infinity && isHopeless(query, block, base, end, barNow)) continue;
    takeBlock(query, lead, block, min(lowestCodeAbove(lead, 0, barNow), <i32>EXCEPTION));
    settleBatch(query, others, barNow);
  }
}

/** Evaluates all documents of the filter. */
export function searchPhraseOfFilter(query: Query): void {
  resetBatches(query);
  for (let doc = 0; doc < query.endOrdinal; ) {
    doc = takeFiltered(query, doc);
    settleBatch(query, query.termCount, -Infinity);
  }
}

/** Whether a term keeps all documents of a block of the lead from scoring above the bar: a phrase scores no more than it. */
function isHopeless(query: Query, block: i32, base: i32, end: i32, barNow: f32): bool {
  const others = query.termCount - 1;
  if (<f32>blockBound(termAt(query.order, others), block) <= barNow) return true;
  for (let i = 0; i < others; i++) {
    const bound = setBound(termAt(query.order, i), base, end);
    if (bound == 0 || <f32>bound <= barNow) return true;
  }
  return false;
}

/** Looks for the documents of the batch in the first `others` terms, and for the phrase in those that have them. */
function settleBatch(query: Query, others: i32, barNow: f32): void {
  const count = query.termCount;
  for (let i = others - 1; i >= 0 && batchCount > 0; i--) intersect(query, i, count, barNow);
  if (batchCount > 0 && barNow > -Infinity) keepCompeting(query, threshold);
  if (batchCount == 0) return;
  for (let i = 0; i < count; i++) openBatch(termAt(query.order, i));
  const kept = query.slop > 0 ? keepSloppy(query, barNow) : keepExact(query);
  for (let i = 0; i < kept; i++) keep(query, docAt(query, i), frequencyAt(query, i));
  if (isCounting) addMatches(kept);
}

/** Keeps the documents of the batch that have the phrase; returns how many. */
function keepExact(query: Query): i32 {
  let kept = 0;
  for (let i = 0; i < batchCount; i++) kept = keepFrequency(query, i, <f32>phraseFrequency(query, i), kept);
  return kept;
}

/** The same if words may be moved. */
function keepSloppy(query: Query, barNow: f32): i32 {
  const term = termAt(query.order, 0);
  let kept = 0;
  for (let i = 0; i < batchCount; i++) {
    if (barNow > -Infinity) {
      const most = termScore(term.weight, mostSloppy(query, i), factorOf(term, docAt(query, i)));
      if (<f32>most <= threshold) continue;
    }
    kept = keepFrequency(query, i, sloppyFrequency(query, i), kept);
  }
  return kept;
}

/** Marks and keeps a match. */
function keep(query: Query, doc: i32, frequency: f32): void {
  if (query.target != 0) setBit(query.target, query.targetWords, doc);
  if (query.limit == 0) return;
  const term = termAt(query.order, 0);
  push(doc, termScore(term.weight, frequency, factorOf(term, doc)));
}

/**
 * Evaluates conjunctions from their rarest list, the lead, or from a sparse filter: whatever comes from
 * there is probed in the other lists. Blocks of the lead are skipped by what they and the others can score there.
 * Terms stand in `order` by falling document frequency, so the lead is the last one.
 */
import { bitsFrom, mayHaveBits, setBit } from './filter.ts';
import { push, threshold } from './hits.ts';
import {
  baseOf,
  blockBound,
  codesBelow64,
  codesFrom64,
  lastOf,
  lengthOf,
  ordinalAt,
  ordinalsOf,
  probe,
  scoreAt,
  scoreInOrder,
  selectCodes,
  setBound,
  widthOf,
} from './postings.ts';
import { addMatches, bar, isCounting } from './progress.ts';
import { EXCEPTION, Query, Term, termAt } from './records.ts';
import { lowestCodeAbove } from './scores.ts';
import { screened } from './screen.ts';

/** Whether documents may be skipped for their scores, `prefix` being filled. */
let skips: bool = false;

/** Evaluates all documents of the lead. */
export function searchConjunction(query: Query): void {
  const lead = termAt(query.order, query.termCount - 1);
  for (let block = 0; block < lead.blockCount; block++) {
    const base = baseOf(lead, block);
    const end = lastOf(lead, block) + 1;
    if (!mayHaveBits(query, base, end)) continue;
    skips = bar() > -Infinity;
    const rest = skips ? boundsBeside(query, lead, block, base, end) : Infinity;
    if (rest >= 0) searchBlock(query, lead, block, rest);
  }
}

/** Evaluates all documents of the filter. */
export function searchConjunctionOfFilter(query: Query): void {
  const count = query.termCount;
  skips = false;
  for (let doc = 0; doc < query.endOrdinal; doc += 64) {
    for (let bits = bitsFrom(query.filter, query.filterWords, doc); bits != 0; bits &= bits - 1) {
      settle(query, doc + <i32>ctz(bits), count, 0);
    }
  }
}

/**
 * What the other terms can score in a block of the lead, all together; negative if no document of the block can be kept.
 * Fills `prefix`.
 */
function boundsBeside(query: Query, lead: Term, block: i32, base: i32, end: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < query.termCount - 1; i++) {
    store<f64>(query.prefix + ((<usize>i) << 3), sum);
    const other = setBound(termAt(query.order, i), base, end);
    if (other == 0) return -1;
    sum += other;
  }
  store<f64>(query.prefix + ((<usize>(query.termCount - 1)) << 3), sum);
  return <f32>(blockBound(lead, block) + sum) <= threshold ? -1 : sum;
}

function searchBlock(query: Query, lead: Term, block: i32, rest: f64): void {
  const others = query.termCount - 1;
  const base = baseOf(lead, block);
  const last = lastOf(lead, block);
  const length = lengthOf(lead, block);
  const width = widthOf(lead, block);
  const ordinals = ordinalsOf(lead, block);
  const codes = ordinals + <usize>(length * width);
  selectCodes(lead, codes, length, min(lowestCodeAbove(lead, rest, skips ? bar() : -Infinity), EXCEPTION));
  const later = screened(query, codesFrom64, ordinals + ((<usize>width) << 6), width, base, last);
  let offset = 0;
  for (let bits = screened(query, codesBelow64, ordinals, width, base, last); ; bits = later, offset = 64) {
    for (; bits != 0; bits &= bits - 1) {
      const i = offset + <i32>ctz(bits);
      const doc = base + ordinalAt(ordinals, width, i);
      const score = scoreAt(lead, codes, length, i, doc);
      if (skips && <f32>(score + rest) <= bar()) continue;
      settle(query, doc, others, score);
    }
    if (offset > 0) break;
  }
}

/** Looks for a document in the first `others` terms; the rest of them have it, and give it `known`. */
function settle(query: Query, doc: i32, others: i32, known: f64): void {
  const barNow = skips ? bar() : -Infinity;
  let score = known;
  for (let i = others - 1; i >= 0; i--) {
    const value = probe(termAt(query.order, i), doc);
    if (value == 0) return;
    score += value;
    if (barNow > -Infinity && <f32>(score + load<f64>(query.prefix + ((<usize>i) << 3))) <= barNow) return;
  }
  keep(query, doc, query.isExact ? score : scoreInOrder(query, doc));
}

/** Counts, marks and keeps a match, whatever is asked for. */
function keep(query: Query, doc: i32, score: f64): void {
  if (isCounting) addMatches(1);
  if (query.target != 0) setBit(query.target, query.targetWords, doc);
  if (query.limit > 0) push(doc, score);
}

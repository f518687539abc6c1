/**
 * Evaluates a disjunction in which one list, the lead, has to be looked through and the others only lift its documents:
 * a single term, or what remains once the scores that are kept are above all others together. Blocks are skipped by
 * their bounds, postings by their codes, and the others are probed as long as a document can still be kept.
 */
import { bitsFrom, firstFiltered, hasBit, mayHaveBits, setBit } from './filter.ts';
import { push, threshold } from './hits.ts';
import {
  baseOf,
  blockBound,
  blockFrom,
  blockWithCode,
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
import { fillPrefix, sortByBound } from './term-order.ts';

/** Documents of a sparse filter that share bounds. */
const STRETCH: i32 = 16_384;

/** Evaluates documents from `start` on. The lead is the last term in order. Counts only if it is the only one. */
export function searchLead(query: Query, start: i32): void {
  const others = query.termCount - 1;
  const lead = termAt(query.order, others);
  let most: f64 = 0;
  for (let i = 0; i < others; i++) most += termAt(query.order, i).maximum;
  let raised = threshold;
  let lowest = lowestCodeAbove(lead, most, raised);
  for (let block = blockFrom(lead, lead.block, start); block < lead.blockCount; block++) {
    if (threshold > raised) {
      raised = threshold;
      lowest = lowestCodeAbove(lead, most, raised);
    }
    if (!isCounting) {
      if (lowest > <i32>EXCEPTION) return;
      block = blockWithCode(lead, block, lowest);
      if (block == lead.blockCount) return;
    }
    const bound = blockBound(lead, block);
    const isHopeless = <f32>(bound + most) <= threshold;
    const base = max(start, baseOf(lead, block));
    const end = lastOf(lead, block) + 1;
    if (!mayHaveBits(query, base, end)) continue;
    if (isCounting) countBlock(query, lead, block);
    if (isHopeless) continue;
    let rest: f64 = 0;
    for (let i = 0; i < others; i++) rest += setBound(termAt(query.order, i), base, end);
    if (<f32>(bound + rest) <= threshold) continue;
    sortByBound(query.order, others);
    fillPrefix(query, others);
    searchBlock(query, lead, block, start, rest);
  }
}

/** Evaluates all documents of the filter, which has few, by probing all terms. */
export function searchUnionOfFilter(query: Query): void {
  const count = query.termCount;
  for (let start = 0; start < query.endOrdinal; start += STRETCH) {
    const end = min(start + STRETCH, query.endOrdinal);
    const from = firstFiltered(query, start, end);
    if (from >= end) continue;
    for (let i = 0; i < count; i++) setBound(termAt(query.order, i), start, end);
    if (query.isExact) sortByBound(query.order, count);
    fillPrefix(query, count);
    for (let doc = from; doc < end; doc += 64) {
      for (let bits = bitsFrom(query.filter, query.filterWords, doc); bits != 0; bits &= bits - 1) {
        settleFiltered(query, doc + <i32>ctz(bits));
      }
    }
  }
}

function settleFiltered(query: Query, doc: i32): void {
  const barNow = bar();
  let score: f64 = 0;
  let matched = 0;
  for (let i = query.termCount - 1; i >= 0; i--) {
    if (barNow > -Infinity && <f32>(score + load<f64>(query.prefix + ((<usize>(i + 1)) << 3))) <= barNow) return;
    const value = probe(termAt(query.order, i), doc);
    score += value;
    matched += i32(value > 0);
  }
  if (matched < query.minimum) return;
  if (!query.isExact) score = scoreInOrder(query, doc);
  if (isCounting) addMatches(1);
  if (query.target != 0) setBit(query.target, query.targetWords, doc);
  if (query.limit > 0) push(doc, score);
}

function searchBlock(query: Query, lead: Term, block: i32, start: i32, rest: f64): void {
  const base = baseOf(lead, block);
  const length = lengthOf(lead, block);
  const width = widthOf(lead, block);
  const ordinals = ordinalsOf(lead, block);
  const codes = ordinals + <usize>(length * width);
  selectCodes(lead, codes, length, min(lowestCodeAbove(lead, rest, threshold), EXCEPTION));
  const later = codesFrom64;
  let offset = 0;
  for (let bits = codesBelow64; ; bits = later, offset = 64) {
    for (; bits != 0; bits &= bits - 1) {
      const i = offset + <i32>ctz(bits);
      const doc = base + ordinalAt(ordinals, width, i);
      const score = scoreAt(lead, codes, length, i, doc);
      if (<f32>(score + rest) <= threshold || doc < start) continue;
      if (query.filter != 0 && !hasBit(query.filter, query.filterWords, doc)) continue;
      settle(query, doc, score);
    }
    if (offset > 0) break;
  }
}

/** Adds what the other terms give to a document, those that may give most first, while it can be kept. */
function settle(query: Query, doc: i32, leadScore: f64): void {
  let score = leadScore;
  for (let i = query.termCount - 2; i >= 0; i--) {
    if (<f32>(score + load<f64>(query.prefix + ((<usize>(i + 1)) << 3))) <= threshold) return;
    score += probe(termAt(query.order, i), doc);
  }
  push(doc, score);
}

function countBlock(query: Query, lead: Term, block: i32): void {
  const length = lengthOf(lead, block);
  if (query.filter == 0) {
    addMatches(length);
    return;
  }
  const base = baseOf(lead, block);
  const width = widthOf(lead, block);
  const ordinals = ordinalsOf(lead, block);
  let matches = 0;
  for (let i = 0; i < length; i++) {
    matches += i32(hasBit(query.filter, query.filterWords, base + ordinalAt(ordinals, width, i)));
  }
  addMatches(matches);
}

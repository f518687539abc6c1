/**
 * Evaluates windows of documents: accumulates the lists that matter, then looks through the accumulators. Serves
 * disjunctions, those that ask for several of their terms, and dense conjunctions. Block-max MaxScore: lists whose
 * bounds add up to no more than the bar are not accumulated; they are only probed for the documents that the others
 * lift far enough. (Mallia, Suel and Tonellotto: "Faster Learned Sparse Retrieval with Block-Max Pruning", 2024, work
 * on ranges of documents alike; MaxScore is Turtle and Flood's, 1995.)
 */
import { LONGEST_WINDOW } from './accumulate.ts';
import { firstFiltered } from './filter.ts';
import { baseOf, blockFrom, setBound } from './postings.ts';
import { bar, isCounting } from './progress.ts';
import { Query, termAt } from './records.ts';
import { fillPrefix, sortByBound } from './term-order.ts';
import { scanWindow } from './window-scan.ts';

/** Fewest documents of a window. */
const SHORTEST_WINDOW: i32 = 8192;
/** Postings that a window should have of the densest list. */
const POSTINGS_PER_WINDOW: i64 = 1024;
/** Lists are probed if they have so many times the postings of those that are accumulated. */
const PROBE_COST: i64 = 24;
/** One list leads if the others have so many times its postings. */
const LEAD_COST: i64 = 12;

/**
 * Evaluates from a document on until the end, or until no more than one list has to be accumulated.
 *
 * @param fewest Lists, the first ones in `order`, that are not accumulated once matches are not counted; below `minimum`.
 * @param mayLeave Whether to stop when a single list is left.
 * @returns Where it stopped.
 */
export function searchWindows(query: Query, fewest: i32, mayLeave: bool): i32 {
  const count = query.termCount;
  const end = query.endOrdinal;
  let start = 0;
  let length = 0;
  let accumulated = -1;
  while ((start = firstWanted(query, start, end)) < end) {
    const unneeded = isCounting ? 0 : fewest;
    const skippable = max(unneeded, skippableEverywhere(query));
    if (skippable == count) return end;
    if (mayLeave && skippable == count - 1 && isLeadWorthwhile(query)) return start;
    if (skippable != accumulated) {
      accumulated = skippable;
      length = windowLength(query, skippable);
    }
    const stop = min(start + length, end);
    searchWindow(query, unneeded, start, stop);
    start = stop;
  }
  return end;
}

/** The first 64 documents from `start` on of which some may match; the end if none do. */
function firstWanted(query: Query, start: i32, end: i32): i32 {
  const order = query.order;
  const needsAll = query.minimum == query.termCount;
  let next = needsAll ? start : end;
  for (let i = query.termCount - 1; i >= 0; i--) {
    const term = termAt(order, i);
    const block = blockFrom(term, term.block, start);
    term.block = block;
    const from = block < term.blockCount ? max(start, baseOf(term, block)) : end;
    next = needsAll ? max(next, from) : min(next, from);
  }
  return next < end ? firstFiltered(query, next & ~63, end) : end;
}

/** How many of the first terms cannot lift any document over the bar, even together. */
function skippableEverywhere(query: Query): i32 {
  const barNow = bar();
  let sum: f64 = 0;
  let i = 0;
  for (; i < query.termCount; i++) {
    sum += termAt(query.order, i).maximum;
    if (<f32>sum > barNow) break;
  }
  return i;
}

/** Whether the lists that can be skipped are long enough, next to the last one, to probe them for its documents. */
function isLeadWorthwhile(query: Query): bool {
  const others = query.termCount - 1;
  let postings: i64 = 0;
  for (let i = 0; i < others; i++) postings += <i64>termAt(query.order, i).docFrequency;
  return postings >= LEAD_COST * <i64>termAt(query.order, others).docFrequency;
}

function windowLength(query: Query, from: i32): i32 {
  let densest = 0;
  for (let i = from; i < query.termCount; i++) densest = max(densest, termAt(query.order, i).docFrequency);
  let length = SHORTEST_WINDOW;
  const wanted = POSTINGS_PER_WINDOW * <i64>query.endOrdinal;
  while (length < LONGEST_WINDOW && <i64>densest * length < wanted) length <<= 1;
  return length;
}

function searchWindow(query: Query, fewest: i32, start: i32, stop: i32): void {
  const count = query.termCount;
  const order = query.order;
  const barNow = bar();
  let sumOfBounds: f64 = 0;
  if (query.limit > 0) {
    for (let i = 0; i < count; i++) sumOfBounds += setBound(termAt(order, i), start, stop);
    if (<f32>sumOfBounds <= barNow) return;
    if (query.minimum == 1 && query.isExact) sortByBound(order, count);
    fillPrefix(query, count);
  }
  scanWindow(query, max(fewest, probedFrom(query, barNow)), sumOfBounds, start, stop);
}

/**
 * How many of the first terms to probe rather than to accumulate: at most those whose bounds together are no more than
 * the bar, and no more than pays.
 */
function probedFrom(query: Query, barNow: f32): i32 {
  const count = query.termCount;
  let postings: i64 = 0;
  let probed: i64 = 0;
  let most = 0;
  while (most < count - 1 && <f32>load<f64>(query.prefix + ((<usize>(most + 1)) << 3)) <= barNow) {
    probed += <i64>termAt(query.order, most).docFrequency;
    most++;
  }
  for (let i = most; i < count; i++) postings += <i64>termAt(query.order, i).docFrequency;
  while (most > 0 && probed < postings * PROBE_COST) {
    most--;
    const frequency = <i64>termAt(query.order, most).docFrequency;
    probed -= frequency;
    postings += frequency;
  }
  return most;
}

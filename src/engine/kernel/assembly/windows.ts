/**
 * Evaluates windows of documents: accumulates the lists that matter, then looks through the accumulators. Serves
 * disjunctions, those that ask for several of their terms, and dense conjunctions. Block-max MaxScore: lists whose
 * bounds add up to no more than the bar are not accumulated; they are only probed for the documents that the others
 * lift far enough. (Mallia, Suel and Tonellotto: "Faster Learned Sparse Retrieval with Block-Max Pruning", 2024, work
 * on ranges of documents alike; MaxScore is Turtle and Flood's, 1995.)
 */
import { accumulate, accumulateListed, LONGEST_WINDOW } from './accumulate.ts';
import { bitsFrom, firstFiltered, hasBit, setBit, setBits } from './filter.ts';
import { push, threshold } from './hits.ts';
import { baseOf, blockFrom, probe, setBound } from './postings.ts';
import { addMatches, bar, isCounting } from './progress.ts';
import { leastSum, quantum, scoreOfSum, step } from './quanta.ts';
import { Query, Term, termAt } from './records.ts';

/** Fewest documents of a window. */
const SHORTEST_WINDOW: i32 = 8192;
/** Postings that a window should have of the densest list. */
const POSTINGS_PER_WINDOW: i64 = 1024;
/** Below one posting in so many documents, documents are listed instead of searched for. */
const SPARSE: i64 = 10;

/** Lists are probed if they have so many times the postings of those that are accumulated. */
const PROBE_COST: i64 = 24;

const LEAD_COST: i64 = 12;

/** Above every accumulator. */
const NONE: u32 = 0x1_0000;

/** How the terms of the window stand: from `first` on they are accumulated, those before are probed. */
let first: i32 = 0;
/** Bounds of all terms together. */
let sumOfBounds: f64 = 0;
/** Whether matches are counted by probing, since not all lists are accumulated. */
let countsByProbe: bool = false;
/** Accumulators below this need not be looked at. */
let least: u32 = 0;

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
  if (query.limit > 0) {
    sumOfBounds = 0;
    for (let i = 0; i < count; i++) sumOfBounds += setBound(termAt(order, i), start, stop);
    if (<f32>sumOfBounds <= barNow) return;
    if (query.minimum == 1 && query.isExact) sortByBound(order, count);
    fillPrefix(query, count);
  }
  first = max(fewest, probedFrom(query, barNow));
  countsByProbe = isCounting && first > 0;
  let postings: i64 = 0;
  for (let i = first; i < count; i++) postings += <i64>termAt(order, i).docFrequency;
  setLeast(query);
  if (postings * SPARSE < <i64>query.endOrdinal) searchListed(query, start, stop, barNow);
  else searchDense(query, start, stop, barNow);
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

/** Sorts the first terms in order by rising bounds: Shell's sort, which is quick where little changes. */
export function sortByBound(order: usize, count: i32): void {
  let gap = 1;
  while (gap < count / 3) gap = gap * 3 + 1;
  for (; gap > 0; gap /= 3) {
    for (let i = gap; i < count; i++) {
      const term = termAt(order, i);
      const bound = term.bound;
      let j = i - gap;
      for (; j >= 0 && termAt(order, j).bound > bound; j -= gap) {
        store<usize>(order + ((<usize>(j + gap)) << 2), load<usize>(order + ((<usize>j) << 2)));
      }
      store<usize>(order + ((<usize>(j + gap)) << 2), changetype<usize>(term));
    }
  }
}

/** Fills `prefix` up to `count`: item `i` is the bounds of the first `i` terms together. */
export function fillPrefix(query: Query, count: i32): void {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    store<f64>(query.prefix + ((<usize>i) << 3), sum);
    sum += termAt(query.order, i).bound;
  }
  store<f64>(query.prefix + ((<usize>count) << 3), sum);
}

/** Recomputes `least` after a change of the threshold. */
function setLeast(query: Query): void {
  const needed = max(1, query.minimum - first);
  if (query.limit == 0 && !countsByProbe) least = NONE;
  else if (settleBar(query) == -Infinity) least = leastSum(needed, -1);
  else least = leastSum(needed, <f64>threshold - load<f64>(query.prefix + ((<usize>first) << 3)));
}

/** What a document must score above to be worth a closer look. */
function settleBar(query: Query): f32 {
  return countsByProbe || !query.isExact ? -Infinity : threshold;
}

/** A document whose accumulator is not below this matches; `NONE` if that is not to be told from accumulators. */
function matchSum(query: Query): u32 {
  return isCounting && !countsByProbe ? <u32>max(1, query.minimum * step) : NONE;
}

/** Lists the documents of the accumulated terms, and looks at each. */
function searchListed(query: Query, start: i32, stop: i32, barNow: f32): void {
  const window = query.window;
  const list = query.list;
  let listed = 0;
  for (let i = first; i < query.termCount; i++) {
    const term = termAt(query.order, i);
    listed = accumulateListed(term, window, start, stop, sumOfBounds - term.bound, barNow, list, listed);
  }
  const counted = matchSum(query);
  const lowest = min(counted, least);
  let matches = 0;
  let kept = 0;
  for (let i = 0; i < listed; i++) {
    const doc = load<i32>(list + ((<usize>i) << 2));
    const at = window + ((<usize>doc) << 1);
    const sum = <u32>load<u16>(at);
    store<u16>(at, 0);
    if (sum < lowest) continue;
    if (query.filter != 0 && !hasBit(query.filter, query.filterWords, start + doc)) continue;
    if (sum >= counted) {
      matches++;
      if (query.target != 0) setBit(query.target, query.targetWords, start + doc);
    }
    if (sum < least) continue;
    store<u32>(list + ((<usize>kept) << 2), (doc << 16) | sum);
    kept++;
  }
  if (counted != NONE) addMatches(matches);
  sortNumbers(list, kept);
  for (let i = 0; i < kept; i++) {
    const entry = load<u32>(list + ((<usize>i) << 2));
    if ((entry & 0xffff) >= least) settle(query, start + <i32>(entry >>> 16), entry & 0xffff);
  }
}

/** Looks through all accumulators of the window, and clears them. */
function searchDense(query: Query, start: i32, stop: i32, barNow: f32): void {
  for (let i = first; i < query.termCount; i++) {
    const term = termAt(query.order, i);
    accumulate(term, query.window, start, stop, sumOfBounds - term.bound, barNow);
  }
  const counted = matchSum(query);
  const isCounted = counted != NONE;
  const wanted = i16x8.splat(<i16>counted);
  const zero = i64x2.splat(0);
  let lowest = i16x8.splat(<i16>least);
  let matches: u64 = 0;
  let at = query.window;
  for (let doc = start; doc < stop; doc += 64, at += 128) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const e = v128.load(at, 64);
    const f = v128.load(at, 80);
    const g = v128.load(at, 96);
    const h = v128.load(at, 112);
    if (isCounted) {
      let bits =
        bits16(a, b, wanted) |
        (bits16(c, d, wanted) << 16) |
        (bits16(e, f, wanted) << 32) |
        (bits16(g, h, wanted) << 48);
      if (query.filter != 0) bits &= bitsFrom(query.filter, query.filterWords, doc);
      matches += popcnt(bits);
      if (query.target != 0) setBits(query.target, query.targetWords, doc, bits);
    }
    const greatest = i16x8.max_u(
      i16x8.max_u(i16x8.max_u(a, b), i16x8.max_u(c, d)),
      i16x8.max_u(i16x8.max_u(e, f), i16x8.max_u(g, h)),
    );
    if (least < NONE && v128.any_true(i16x8.ge_u(greatest, lowest))) {
      let bits =
        bits16(a, b, lowest) |
        (bits16(c, d, lowest) << 16) |
        (bits16(e, f, lowest) << 32) |
        (bits16(g, h, lowest) << 48);
      if (query.filter != 0) bits &= bitsFrom(query.filter, query.filterWords, doc);
      for (; bits != 0; bits &= bits - 1) {
        const i = <i32>ctz(bits);
        const sum = <u32>load<u16>(at + ((<usize>i) << 1));
        if (sum >= least) settle(query, doc + i, sum);
      }
      lowest = i16x8.splat(<i16>least);
    }
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at, zero, 32);
    v128.store(at, zero, 48);
    v128.store(at, zero, 64);
    v128.store(at, zero, 80);
    v128.store(at, zero, 96);
    v128.store(at, zero, 112);
  }
  if (isCounted) addMatches(<u32>matches);
}

/** Which of 16 accumulators are not below `least`. */
function bits16(low: v128, high: v128, wanted: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.ge_u(low, wanted), i16x8.ge_u(high, wanted)));
}

/** Finds the exact score of a document whose accumulator is high enough, unless it turns out to be too low. */
function settle(query: Query, doc: i32, sum: u32): void {
  const barNow = settleBar(query);
  const order = query.order;
  let matched = step > 0 ? <i32>(sum / <u32>step) : query.minimum;
  let upper = scoreOfSum(sum, sumOfBounds - load<f64>(query.prefix + ((<usize>first) << 3)));
  let score: f64 = 0;
  for (let i = first - 1; i >= 0; i--) {
    if (matched + i + 1 < query.minimum) return;
    if (barNow > -Infinity && <f32>(upper + load<f64>(query.prefix + ((<usize>(i + 1)) << 3))) <= barNow) return;
    const value = probe(termAt(order, i), doc);
    if (value == 0) continue;
    matched++;
    score += value;
    upper += value;
  }
  if (matched < query.minimum) return;
  if (countsByProbe) {
    addMatches(1);
    if (query.target != 0) setBit(query.target, query.targetWords, doc);
  }
  if (query.limit == 0 || (query.isExact && <f32>upper <= threshold)) return;
  for (let i = first; i < query.termCount; i++) score += probe(termAt(order, i), doc);
  const before = threshold;
  push(doc, score);
  if (threshold != before) setLeast(query);
}

/** Sorts numbers of 32 bits: Shell's sort with the gaps 3n + 1. */
function sortNumbers(list: usize, count: i32): void {
  let gap = 1;
  while (gap < count / 3) gap = gap * 3 + 1;
  for (; gap > 0; gap /= 3) {
    for (let i = gap; i < count; i++) {
      const number = load<u32>(list + ((<usize>i) << 2));
      let j = i - gap;
      for (; j >= 0; j -= gap) {
        const other = load<u32>(list + ((<usize>j) << 2));
        if (other <= number) break;
        store<u32>(list + ((<usize>(j + gap)) << 2), other);
      }
      store<u32>(list + ((<usize>(j + gap)) << 2), number);
    }
  }
}

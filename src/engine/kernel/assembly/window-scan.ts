/**
 * Looks through one window of documents: accumulates the lists that matter there, counts and marks what matches, and
 * finds the exact scores of the documents that may be kept.
 */
import { accumulate, accumulateListed } from './accumulate.ts';
import { bitsFrom, setBit, setBits } from './filter.ts';
import { push, threshold } from './hits.ts';
import { probe } from './postings.ts';
import { addMatches, bar, isCounting } from './progress.ts';
import { leastSum, scoreOfSum, step } from './quanta.ts';
import { Query, termAt } from './records.ts';

/** Below one posting in so many documents, documents are listed instead of searched for. */
const SPARSE: i64 = 40;
/** The same if the filter has less than one in so many documents. */
const SELECTIVE: i64 = 16;

/** Above every accumulator. */
const NONE: u32 = 0x1_0000;

/** From this one on, terms in order are accumulated; those before are probed. */
let first: i32 = 0;
/** Bounds of all terms together. */
let sumOfBounds: f64 = 0;
/** Accumulators below this need no closer look. */
let least: u32 = 0;

/**
 * Evaluates documents `start` to `stop` - 1, `start` being a multiple of 64. Bounds of terms and `prefix` are set.
 *
 * @param probed Terms, the first ones in order, that are probed only; none while matches are counted.
 * @param sum Bounds of all terms together.
 */
export function scanWindow(query: Query, probed: i32, sum: f64, start: i32, stop: i32): void {
  first = probed;
  sumOfBounds = sum;
  let postings: i64 = 0;
  for (let i = first; i < query.termCount; i++) postings += <i64>termAt(query.order, i).docFrequency;
  setLeast(query);
  const end = <i64>query.endOrdinal;
  if (postings * SPARSE < end || isSelective(query)) searchListed(query, start, stop);
  else searchDense(query, start, stop);
}

/** Whether the filter has so few documents that those that match are better listed than searched for. */
export function isSelective(query: Query): bool {
  return <i64>query.filterCount * SELECTIVE < <i64>query.endOrdinal;
}

/** Recomputes `least` after a change of the threshold. */
function setLeast(query: Query): void {
  const needed = max(1, query.minimum - first);
  if (query.limit == 0) least = NONE;
  else if (!query.isExact) least = leastSum(needed, -1);
  else least = leastSum(needed, <f64>threshold - load<f64>(query.prefix + ((<usize>first) << 3)));
}

/** A document whose accumulator is not below this matches; `NONE` if matches need not be seen. */
function matchSum(query: Query): u32 {
  return isCounting ? <u32>max(1, query.minimum * step) : NONE;
}

/** Lists the documents of the accumulated terms, and looks at each. */
function searchListed(query: Query, start: i32, stop: i32): void {
  const window = query.window;
  const list = query.list;
  let listed = 0;
  for (let i = first; i < query.termCount; i++) {
    const term = termAt(query.order, i);
    listed = accumulateListed(query, term, start, stop, sumOfBounds - term.bound, bar(), listed);
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
function searchDense(query: Query, start: i32, stop: i32): void {
  for (let i = first; i < query.termCount; i++) {
    const term = termAt(query.order, i);
    accumulate(term, query.window, start, stop, sumOfBounds - term.bound, bar());
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

/**
 * Finds the exact score of a document whose accumulator is high enough, unless it turns out to be too low. Terms are
 * left out of the accumulators only where sums are exact in any order.
 */
function settle(query: Query, doc: i32, sum: u32): void {
  const order = query.order;
  let matched = step > 0 ? <i32>(sum / <u32>step) : query.minimum;
  let upper = scoreOfSum(sum, sumOfBounds - load<f64>(query.prefix + ((<usize>first) << 3)));
  let score: f64 = 0;
  for (let i = first - 1; i >= 0; i--) {
    if (matched + i + 1 < query.minimum) return;
    if (<f32>(upper + load<f64>(query.prefix + ((<usize>(i + 1)) << 3))) <= threshold) return;
    const value = probe(termAt(order, i), doc);
    if (value == 0) continue;
    matched++;
    score += value;
    upper += value;
  }
  if (matched < query.minimum) return;
  if (query.isExact && <f32>upper <= threshold) return;
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

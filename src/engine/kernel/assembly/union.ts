/**
 * Counts or marks the documents that have any of the terms: no scores, so no codes. A sparse list is marked bit by bit.
 * Of dense lists each posting sets a byte, in windows; sixteen bytes at once become bits.
 */
import { LONGEST_WINDOW } from './accumulate.ts';
import { bitsFrom, firstFiltered, hasBit, setBit, setBits } from './filter.ts';
import { baseOf, blockFrom, find, lastOf, lengthOf, lowerBound, ordinalAt, ordinalsOf, widthOf } from './postings.ts';
import { addMatches } from './progress.ts';
import { Query, Term, termAt } from './records.ts';
import { sortByBound } from './term-order.ts';

/** Documents of a window. */
const WINDOW: i32 = 32_768;
/** A list with less than one posting in so many documents is marked bit by bit. */
const SPARSE: i64 = 32;
/** A probe costs as much as so many postings that are scattered, and these as much as looking through so many bytes. */
const PROBE_COST: i64 = 16;
const SCAN_GAIN: i64 = 8;

/** Marks the documents of all terms in the target; those of dense terms are counted, too. */
export function markUnion(query: Query): void {
  let dense = 0;
  for (let i = 0; i < query.termCount; i++) {
    const term = termAt(query.terms, i);
    if (<i64>term.docFrequency * SPARSE < <i64>query.endOrdinal) {
      markTerm(query, term);
      continue;
    }
    store<usize>(query.order + ((<usize>dense) << 2), changetype<usize>(term));
    dense++;
  }
  if (dense > 0) scanUnion(query, dense);
}

/** Counts the documents that have any of the terms. */
export function countUnion(query: Query): void {
  if (query.filter == 0 && isOneDense(query)) countBeside(query);
  else scanUnion(query, query.termCount);
}

/** Whether all terms but one are so rare that they are better sought in the commoner ones. Puts them in order. */
function isOneDense(query: Query): bool {
  const count = query.termCount;
  let postings: i64 = 0;
  for (let i = 0; i < count; i++) {
    const term = termAt(query.order, i);
    term.bound = <f64>term.docFrequency;
    postings += <i64>term.docFrequency;
  }
  sortByBound(query.order, count);
  let probes: i64 = 0;
  for (let i = 0; i < count; i++) probes += <i64>termAt(query.order, i).docFrequency * (count - 1 - i);
  return probes * PROBE_COST < postings + <i64>query.endOrdinal / SCAN_GAIN;
}

/** Adds up the documents of each term that none of the commoner ones has. */
function countBeside(query: Query): void {
  const count = query.termCount;
  for (let i = 0; i < count - 1; i++) {
    for (let j = i + 1; j < count; j++) termAt(query.order, j).probeBlock = 0;
    addMatches(countMissing(query, i));
  }
  addMatches(termAt(query.order, count - 1).docFrequency);
}

/** Documents of a term in order that none of the later ones has. */
function countMissing(query: Query, index: i32): u32 {
  const term = termAt(query.order, index);
  let missing: u32 = 0;
  for (let block = 0; block < term.blockCount; block++) {
    const base = baseOf(term, block);
    const length = lengthOf(term, block);
    const width = widthOf(term, block);
    const ordinals = ordinalsOf(term, block);
    for (let i = 0; i < length; i++) {
      const doc = base + ordinalAt(ordinals, width, i);
      let other = index + 1;
      while (other < query.termCount && !find(termAt(query.order, other), doc)) other++;
      missing += u32(other == query.termCount);
    }
  }
  return missing;
}

function markTerm(query: Query, term: Term): void {
  const filter = query.filter;
  const end = query.endOrdinal;
  for (let block = 0; block < term.blockCount; block++) {
    const base = baseOf(term, block);
    const length = lengthOf(term, block);
    const width = widthOf(term, block);
    const ordinals = ordinalsOf(term, block);
    for (let i = 0; i < length; i++) {
      const doc = base + ordinalAt(ordinals, width, i);
      if (<u32>doc >= <u32>end || (filter != 0 && !hasBit(filter, query.filterWords, doc))) continue;
      setBit(query.target, query.targetWords, doc);
    }
  }
}

/** Goes through the windows with the first `count` terms in order. */
function scanUnion(query: Query, count: i32): void {
  const end = query.endOrdinal;
  for (let start = 0; (start = firstFiltered(query, start, end)) < end; start += WINDOW) {
    const stop = min(start + WINDOW, end);
    for (let i = 0; i < count; i++) scatter(termAt(query.order, i), query.window, start, stop);
    gather(query, start, stop);
  }
}

/** Sets the byte of each document of the window that a term occurs in. For what is not checked see `accumulate.ts`. */
function scatter(term: Term, window: usize, start: i32, stop: i32): void {
  let block = blockFrom(term, term.block, start);
  for (; block < term.blockCount; block++) {
    const base = baseOf(term, block);
    if (base >= stop) break;
    const last = lastOf(term, block);
    const length = lengthOf(term, block);
    const width = widthOf(term, block);
    const ordinals = ordinalsOf(term, block);
    const from = base < start ? lowerBound(ordinals, width, length, start - base) : 0;
    const to = last >= stop ? lowerBound(ordinals, width, length, stop - base) : length;
    const target = window + <usize>(base - start);
    if (width == 1) scatter8(ordinals + <usize>from, ordinals + <usize>to, target);
    else if (width == 2) scatter16(ordinals + ((<usize>from) << 1), ordinals + ((<usize>to) << 1), target);
    else scatter32(ordinals, from, to, base - start, window);
    if (last >= stop) break;
  }
  term.block = block;
}

function scatter8(from: usize, to: usize, target: usize): void {
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const four = load<u32>(at);
    store<u8>(target + (four & 0xff), 1);
    store<u8>(target + ((four >> 8) & 0xff), 1);
    store<u8>(target + ((four >> 16) & 0xff), 1);
    store<u8>(target + (four >> 24), 1);
  }
  for (; at < to; at++) store<u8>(target + <usize>load<u8>(at), 1);
}

function scatter16(from: usize, to: usize, target: usize): void {
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const four = load<u64>(at);
    store<u8>(target + (<usize>four & 0xffff), 1);
    store<u8>(target + (<usize>(four >> 16) & 0xffff), 1);
    store<u8>(target + (<usize>(four >> 32) & 0xffff), 1);
    store<u8>(target + <usize>(four >> 48), 1);
  }
  for (; at < to; at += 2) store<u8>(target + <usize>load<u16>(at), 1);
}

function scatter32(ordinals: usize, from: i32, to: i32, offset: i32, window: usize): void {
  for (let i = from; i < to; i++) {
    const doc = offset + load<i32>(ordinals + ((<usize>i) << 2));
    if (<u32>doc < <u32>LONGEST_WINDOW) store<u8>(window + <usize>doc, 1);
  }
}

/** Turns the bytes of the window into bits, counts or marks them, and clears them. */
function gather(query: Query, start: i32, stop: i32): void {
  const zero = i64x2.splat(0);
  let matches: u64 = 0;
  let at = query.window;
  for (let doc = start; doc < stop; doc += 64, at += 64) {
    let bits = bits16(at) | (bits16(at + 16) << 16) | (bits16(at + 32) << 32) | (bits16(at + 48) << 48);
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at, zero, 32);
    v128.store(at, zero, 48);
    if (bits == 0) continue;
    if (query.filter != 0) bits &= bitsFrom(query.filter, query.filterWords, doc);
    matches += popcnt(bits);
    if (query.target != 0) setBits(query.target, query.targetWords, doc, bits);
  }
  addMatches(<u32>matches);
}

function bits16(at: usize): u64 {
  return <u64>i8x16.bitmask(i8x16.neg(v128.load(at)));
}

/**
 * Which documents of a batch a term keeps: those it is in. Sixteen ordinals of a block are compared at once; which sixteen
 * they are, the last ones of all sixteens tell.
 */
import { batchCount, docAt, INDEX_BITS, leave, postingAt, SLOTS } from './batch.ts';
import {
  baseOf,
  blockBound,
  blockFrom,
  codesOf,
  lastOf,
  lengthOf,
  lowerBound,
  ordinalsOf,
  widthOf,
} from './postings.ts';
import { BLOCK, Query, Term, termAt } from './records.ts';
import { scoreOfCode } from './scores.ts';

/**
 * Keeps the documents of the batch that have term `i` in order and can score above `bar`. The terms after it, up to
 * `known`, have been asked before. Batches come by rising documents.
 */
export function intersect(query: Query, i: i32, known: i32, bar: f32): void {
  const term = termAt(query.order, i);
  const count = batchCount;
  let block = term.probeBlock;
  let kept = 0;
  for (let at = 0; at < count; ) {
    block = blockFrom(term, block, docAt(query, at));
    if (block >= term.blockCount) break;
    const before = kept;
    kept = probeBlock(query, term, block, at, kept);
    at = probed;
    if (bar > -Infinity && <f32>blockBound(term, block) <= bar) kept = before;
  }
  term.probeBlock = block;
  leave(kept);
  if (kept == count) return;
  for (let other = i + 1; other < known; other++) moveKept(query, termAt(query.order, other).found);
}

/** Keeps the documents of the batch in which each term can score above `bar`. */
export function keepCompeting(query: Query, bar: f32): void {
  const count = batchCount;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    store<u8>(query.list + SLOTS + <usize>kept, <u8>i);
    kept += i32(competes(query, i, bar));
  }
  leave(kept);
  if (kept == count) return;
  moveKept(query, query.list);
  for (let at = 0; at < query.termCount; at++) moveKept(query, termAt(query.order, at).found);
}

/** A phrase scores no more than any of its terms, which seem to score more than they do if a frequency has no code. */
function competes(query: Query, i: i32, bar: f32): bool {
  for (let at = 0; at < query.termCount; at++) {
    const term = termAt(query.order, at);
    const posting = postingAt(term, i);
    const code = <u32>load<u8>(codesOf(term, posting >> INDEX_BITS) + <usize>(posting & (BLOCK - 1)));
    if (<f32>scoreOfCode(term, code) <= bar) return false;
  }
  return true;
}

/** Where `probeBlock` has come to: the first document behind the block. */
let probed: i32 = 0;

/** Looks for documents of the batch, `from` and on, in a block; returns how many are kept if `kept` were before. */
function probeBlock(query: Query, term: Term, block: i32, from: i32, kept: i32): i32 {
  const width = widthOf(term, block);
  if (width == 1) return probe8(query, term, block, from, kept);
  return width == 2 ? probe16(query, term, block, from, kept) : probe32(query, term, block, from, kept);
}

function probe8(query: Query, term: Term, block: i32, from: i32, kept: i32): i32 {
  const base = baseOf(term, block);
  const last = lastOf(term, block);
  const length = lengthOf(term, block);
  const ordinals = ordinalsOf(term, block);
  let lasts = i16x8.splat(-1);
  if (length == BLOCK) {
    lasts = v128.load8_lane(ordinals + 15, lasts, 0);
    lasts = v128.load8_lane(ordinals + 31, lasts, 1);
    lasts = v128.load8_lane(ordinals + 47, lasts, 2);
    lasts = v128.load8_lane(ordinals + 63, lasts, 3);
    lasts = v128.load8_lane(ordinals + 79, lasts, 4);
    lasts = v128.load8_lane(ordinals + 95, lasts, 5);
    lasts = v128.load8_lane(ordinals + 111, lasts, 6);
    lasts = v128.load8_lane(ordinals + 127, lasts, 7);
  } else {
    for (let i = (length >>> 4) - 1; i >= 0; i--) lasts = shifted8(lasts, load<u8>(ordinals + 15 + ((<usize>i) << 4)));
  }
  let i = from;
  for (; i < batchCount; i++) {
    const doc = docAt(query, i);
    if (doc > last) break;
    const ordinal = doc - base;
    const wanted = i8x16.splat(<i8>ordinal);
    const group = popcnt(i8x16.bitmask(i8x16.lt_u(lasts, wanted)));
    const lanes = i8x16.bitmask(i8x16.eq(v128.load(ordinals + ((<usize>group) << 4)), wanted));
    kept = keepAt(query, term, i, doc, block, lanes != 0 ? (group << 4) + ctz(lanes) : BLOCK, length, kept);
  }
  probed = i;
  return kept;
}

function probe16(query: Query, term: Term, block: i32, from: i32, kept: i32): i32 {
  const base = baseOf(term, block);
  const last = lastOf(term, block);
  const length = lengthOf(term, block);
  const ordinals = ordinalsOf(term, block);
  let lasts = i16x8.splat(-1);
  if (length == BLOCK) {
    lasts = v128.load16_lane(ordinals + 30, lasts, 0);
    lasts = v128.load16_lane(ordinals + 62, lasts, 1);
    lasts = v128.load16_lane(ordinals + 94, lasts, 2);
    lasts = v128.load16_lane(ordinals + 126, lasts, 3);
    lasts = v128.load16_lane(ordinals + 158, lasts, 4);
    lasts = v128.load16_lane(ordinals + 190, lasts, 5);
    lasts = v128.load16_lane(ordinals + 222, lasts, 6);
    lasts = v128.load16_lane(ordinals + 254, lasts, 7);
  } else {
    for (let i = (length >>> 4) - 1; i >= 0; i--)
      lasts = shifted16(lasts, load<u16>(ordinals + 30 + ((<usize>i) << 5)));
  }
  let i = from;
  for (; i < batchCount; i++) {
    const doc = docAt(query, i);
    if (doc > last) break;
    const ordinal = doc - base;
    const wanted = i16x8.splat(<i16>ordinal);
    const group = popcnt(i16x8.bitmask(i16x8.lt_u(lasts, wanted)));
    const at = ordinals + ((<usize>group) << 5);
    const first = i16x8.eq(v128.load(at), wanted);
    const lanes = i8x16.bitmask(i8x16.narrow_i16x8_s(first, i16x8.eq(v128.load(at, 16), wanted)));
    kept = keepAt(query, term, i, doc, block, lanes != 0 ? (group << 4) + ctz(lanes) : BLOCK, length, kept);
  }
  probed = i;
  return kept;
}

function probe32(query: Query, term: Term, block: i32, from: i32, kept: i32): i32 {
  const base = baseOf(term, block);
  const last = lastOf(term, block);
  const length = lengthOf(term, block);
  const ordinals = ordinalsOf(term, block);
  let i = from;
  for (; i < batchCount; i++) {
    const doc = docAt(query, i);
    if (doc > last) break;
    const ordinal = doc - base;
    const index = lowerBound(ordinals, 4, length, ordinal);
    const isFound = index < length && load<i32>(ordinals + ((<usize>index) << 2)) == ordinal;
    kept = keepAt(query, term, i, doc, block, isFound ? index : length, length, kept);
  }
  probed = i;
  return kept;
}

/** Puts a value before the others. */
function shifted8(lanes: v128, value: u8): v128 {
  return i8x16.replace_lane(
    v128.shuffle<i8>(lanes, lanes, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
    0,
    <i8>value,
  );
}

function shifted16(lanes: v128, value: u16): v128 {
  return i16x8.replace_lane(v128.shuffle<i16>(lanes, lanes, 0, 0, 1, 2, 3, 4, 5, 6), 0, <i16>value);
}

/** Keeps a document if an index is one of the block's; there is always room to write, as no more are kept than were. */
function keepAt(query: Query, term: Term, i: i32, doc: i32, block: i32, index: i32, length: i32, kept: i32): i32 {
  store<i32>(query.list + ((<usize>kept) << 2), doc);
  store<u8>(query.list + SLOTS + <usize>kept, <u8>i);
  store<i32>(term.found + ((<usize>kept) << 2), (block << INDEX_BITS) | index);
  return kept + i32(index < length);
}

function moveKept(query: Query, numbers: usize): void {
  const slots = query.list + SLOTS;
  for (let i = 0; i < batchCount; i++) {
    const slot = <usize>load<u8>(slots + <usize>i);
    store<i32>(numbers + ((<usize>i) << 2), load<i32>(numbers + (slot << 2)));
  }
}

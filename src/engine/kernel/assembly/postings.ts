/**
 * Blocks of postings (see `segment/inverted-layout.ts`): finding the block and the posting of a document, and bounds of
 * scores over stretches of documents. The metadata of blocks was validated when the segment was opened; what the bytes
 * of a block say is only ever compared and looked up, never used as an address to write to.
 */
import { BLOCK, EXCEPTION, Query, Term, termAt, WIDTH_MASK } from './records.ts';
import { boundOf, factorOf, scoreOfCode, termScore } from './scores.ts';

/** Bytes of an exception: index and frequency. */
export const EXCEPTION_BYTES: usize = 5;

/** Sets the cursors of a term to its start. */
export function resetCursor(term: Term): void {
  term.block = 0;
  term.boundBlock = 0;
  term.probeBlock = 0;
  term.sumBlock = -1;
  term.bound = 0;
}

/** Last document of a block. */
export function lastOf(term: Term, block: i32): i32 {
  return load<i32>(term.blockLast + ((<usize>block) << 2));
}

/** First document that a block can hold, from which its ordinals count. */
export function baseOf(term: Term, block: i32): i32 {
  return block > 0 ? load<i32>(term.blockLast + ((<usize>(block - 1)) << 2)) + 1 : 0;
}

/** Postings of a block. */
export function lengthOf(term: Term, block: i32): i32 {
  return block + 1 < term.blockCount ? BLOCK : term.docFrequency - (term.blockCount - 1) * BLOCK;
}

/** Bytes of an ordinal in a block. */
export function widthOf(term: Term, block: i32): i32 {
  return <i32>load<u8>(term.blockWidth + <usize>block) & WIDTH_MASK;
}

/** Address of the ordinals of a block; its codes follow them. */
export function ordinalsOf(term: Term, block: i32): usize {
  return term.postings + <usize>load<u32>(term.blockPostings + ((<usize>block) << 2));
}

/** Address of the codes of a block. */
export function codesOf(term: Term, block: i32): usize {
  return ordinalsOf(term, block) + <usize>(lengthOf(term, block) * widthOf(term, block));
}

/** Greatest score of a block. */
export function blockBound(term: Term, block: i32): f64 {
  return boundOf(term, <u32>load<u8>(term.blockMax + <usize>block));
}

/** The first block from `from` on whose code of the greatest score is not below one; `blockCount` if there is none. */
export function blockWithCode(term: Term, from: i32, lowest: i32): i32 {
  const count = term.blockCount;
  const wanted = i8x16.splat(<i8>lowest);
  let block = from;
  for (; block + 16 <= count; block += 16) {
    const lanes = i8x16.bitmask(i8x16.ge_u(v128.load(term.blockMax + <usize>block), wanted));
    if (lanes != 0) return block + ctz(lanes);
  }
  while (block < count && <i32>load<u8>(term.blockMax + <usize>block) < lowest) block++;
  return block;
}

/** Ordinal `i` of a block, less its base. */
export function ordinalAt(ordinals: usize, width: i32, i: i32): i32 {
  if (width == 1) return <i32>load<u8>(ordinals + <usize>i);
  if (width == 2) return <i32>load<u16>(ordinals + ((<usize>i) << 1));
  return load<i32>(ordinals + ((<usize>i) << 2));
}

/** The first block from `from` on that ends at a document or after it; `blockCount` if none does. */
export function blockFrom(term: Term, from: i32, doc: i32): i32 {
  const last = term.blockLast;
  const count = term.blockCount;
  if (from >= count || load<i32>(last + ((<usize>from) << 2)) >= doc) return from;
  let below = from;
  let step = 1;
  while (below + step < count && load<i32>(last + ((<usize>(below + step)) << 2)) < doc) {
    below += step;
    step <<= 1;
  }
  let low = below + 1;
  let high = min(below + step, count);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i32>(last + ((<usize>middle) << 2)) < doc) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sets the cursor of probes to where a document is to be sought that may lie before the one before. */
export function probeFrom(term: Term, doc: i32): void {
  let low = 0;
  for (let rest = term.blockCount; rest > 1; ) {
    const half = rest >>> 1;
    low = load<i32>(term.blockLast + ((<usize>(low + half - 1)) << 2)) < doc ? low + half : low;
    rest -= half;
  }
  term.probeBlock = low;
}

/** Index of the first of `length` ordinals that is not below `ordinal` (less the base). */
export function lowerBound(ordinals: usize, width: i32, length: i32, ordinal: i32): i32 {
  let low = 0;
  let rest = length;
  while (rest > 0) {
    const half = rest >>> 1;
    const isBelow = ordinalAt(ordinals, width, low + half) < ordinal;
    low = isBelow ? low + half + 1 : low;
    rest = isBelow ? rest - half - 1 : half;
  }
  return low;
}

/** Where the last successful `find` was: address and number of the codes of the block. */
let foundCodes: usize = 0;
let foundLength: i32 = 0;

/** Whether a term occurs in a document. Documents are asked for by rising ordinals; leaves `probeBlock` and `index`. */
export function find(term: Term, doc: i32): bool {
  const block = blockFrom(term, term.probeBlock, doc);
  term.probeBlock = block;
  if (block >= term.blockCount) return false;
  const ordinal = doc - baseOf(term, block);
  if (ordinal < 0) return false;
  const length = lengthOf(term, block);
  const width = widthOf(term, block);
  const ordinals = ordinalsOf(term, block);
  let index = 0;
  if (width == 1) index = indexOf8(ordinals, length, ordinal);
  else if (width == 2) index = indexOf16(ordinals, length, ordinal);
  else index = indexOf(ordinals, width, length, ordinal);
  if (index < 0) return false;
  term.index = index;
  foundCodes = ordinals + <usize>(length * width);
  foundLength = length;
  return true;
}

/** Score of a document for a term, 0 if it does not occur there; else like `find`. */
export function probe(term: Term, doc: i32): f64 {
  return find(term, doc) ? scoreAt(term, foundCodes, foundLength, term.index, doc) : 0;
}

/** The sum of all terms' scores, added in the plan's order. */
export function scoreInOrder(query: Query, doc: i32): f64 {
  let score: f64 = 0;
  for (let i = 0; i < query.termCount; i++) score += probe(termAt(query.terms, i), doc);
  return score;
}

/** Score of the posting `index` of a block, whose codes and document are given. */
export function scoreAt(term: Term, codes: usize, length: i32, index: i32, doc: i32): f64 {
  if (!term.hasCodes) return scoreOfCode(term, 0);
  const code = <u32>load<u8>(codes + <usize>index);
  if (code != EXCEPTION) return scoreOfCode(term, code);
  return termScore(term.weight, exceptionAt(codes + <usize>length, index), factorOf(term, doc));
}

/** The exceptions that were looked into last, and the one that was found. */
let lastExceptions: usize = 0;
let lastException: usize = 0;

/** The frequency that the exceptions of a block, sorted by index, have for a posting. */
export function exceptionAt(exceptions: usize, index: i32): u32 {
  const first = exceptions + 1;
  const end = first + EXCEPTION_BYTES * <usize>load<u8>(exceptions);
  // Mostly the next one.
  let at = lastException + EXCEPTION_BYTES;
  if (lastExceptions != exceptions || at >= end || <i32>load<u8>(at) != index) {
    let low: usize = 0;
    for (let rest = <usize>load<u8>(exceptions); rest > 1; ) {
      const half = rest >>> 1;
      low = <i32>load<u8>(first + EXCEPTION_BYTES * (low + half)) <= index ? low + half : low;
      rest -= half;
    }
    at = first + EXCEPTION_BYTES * low;
  }
  lastExceptions = exceptions;
  lastException = at;
  return load<u32>(at, 1);
}

/** Sets a term's bound to the greatest score it has in documents `start` to `end` - 1. `start` never falls. */
export function setBound(term: Term, start: i32, end: i32): f64 {
  const count = term.blockCount;
  let block = blockFrom(term, term.boundBlock, start);
  term.boundBlock = block;
  let bound: f64 = 0;
  if (block < count && baseOf(term, block) < end) {
    let code = load<u8>(term.blockMax + <usize>block);
    while (lastOf(term, block) < end - 1 && ++block < count) code = max(code, load<u8>(term.blockMax + <usize>block));
    bound = boundOf(term, <u32>code);
  }
  term.bound = bound;
  return bound;
}

/** Postings of a block whose code is not below one: bit `i & 63` of `codesBelow64` (of `codesFrom64` from 64 on). */
export let codesBelow64: u64 = 0;
export let codesFrom64: u64 = 0;

/** Fills `codesBelow64` and `codesFrom64`. Without codes all postings are selected. `lowest` is at most 255. */
export function selectCodes(term: Term, codes: usize, length: i32, lowest: i32): void {
  if (!term.hasCodes) {
    codesBelow64 = length < 64 ? ((<u64>1) << length) - 1 : ~(<u64>0);
    codesFrom64 = length < BLOCK ? (length <= 64 ? 0 : ((<u64>1) << (length - 64)) - 1) : ~(<u64>0);
    return;
  }
  if (length == BLOCK) {
    const wanted = i8x16.splat(<i8>lowest);
    codesBelow64 = select64(codes, wanted);
    codesFrom64 = select64(codes + 64, wanted);
    return;
  }
  codesBelow64 = selectFew(codes, min(length, 64), lowest);
  codesFrom64 = selectFew(codes + 64, length - 64, lowest);
}

/** How many of some codes are not below one. */
export function countFrom(codes: usize, length: i32, lowest: i32): i32 {
  const wanted = i8x16.splat(<i8>lowest);
  let count = 0;
  let i = 0;
  for (; i + 16 <= length; i += 16) {
    count += popcnt(i8x16.bitmask(i8x16.ge_u(v128.load(codes + <usize>i), wanted)));
  }
  for (; i < length; i++) count += i32(<i32>load<u8>(codes + <usize>i) >= lowest);
  return count;
}

function selectFew(codes: usize, length: i32, lowest: i32): u64 {
  let bits: u64 = 0;
  for (let i = 0; i < length; i++) bits |= (<u64>(<i32>load<u8>(codes + <usize>i) >= lowest)) << i;
  return bits;
}

function select64(codes: usize, wanted: v128): u64 {
  const a = <u64>i8x16.bitmask(i8x16.ge_u(v128.load(codes), wanted));
  const b = <u64>i8x16.bitmask(i8x16.ge_u(v128.load(codes, 16), wanted));
  const c = <u64>i8x16.bitmask(i8x16.ge_u(v128.load(codes, 32), wanted));
  const d = <u64>i8x16.bitmask(i8x16.ge_u(v128.load(codes, 48), wanted));
  return a | (b << 16) | (c << 32) | (d << 48);
}

/** Greatest score of a term in any document. */
export function maximumOf(term: Term): f64 {
  const end = term.blockMax + <usize>term.blockCount;
  let at = term.blockMax;
  let code: u8 = 0;
  if (at + 16 <= end) {
    let codes = v128.load(at);
    for (at += 16; at + 16 <= end; at += 16) codes = i8x16.max_u(codes, v128.load(at));
    codes = i8x16.max_u(codes, v128.shuffle<i64>(codes, codes, 1, 1));
    codes = i8x16.max_u(codes, v128.shuffle<i32>(codes, codes, 1, 1, 1, 1));
    for (let lanes = i32x4.extract_lane(codes, 0), i = 0; i < 4; i++) code = max(code, <u8>(lanes >>> (i << 3)));
  }
  for (; at < end; at++) code = max(code, load<u8>(at));
  return boundOf(term, <u32>code);
}

function indexOf8(ordinals: usize, length: i32, ordinal: i32): i32 {
  if (length < 16) return indexOf(ordinals, 1, length, ordinal);
  let low = 0;
  for (let rest = length; rest > 16; ) {
    const half = rest >>> 1;
    low = <i32>load<u8>(ordinals + <usize>(low + half - 1)) < ordinal ? low + half : low;
    rest -= half;
  }
  low = min(low, length - 16);
  const equal = i8x16.eq(v128.load(ordinals + <usize>low), i8x16.splat(<i8>ordinal));
  const lanes = i8x16.bitmask(equal);
  return lanes == 0 || ordinal > 0xff ? -1 : low + ctz(lanes);
}

function indexOf16(ordinals: usize, length: i32, ordinal: i32): i32 {
  if (length < 16) return indexOf(ordinals, 2, length, ordinal);
  let low = 0;
  for (let rest = length; rest > 16; ) {
    const half = rest >>> 1;
    low = <i32>load<u16>(ordinals + ((<usize>(low + half - 1)) << 1)) < ordinal ? low + half : low;
    rest -= half;
  }
  low = min(low, length - 16);
  const at = ordinals + ((<usize>low) << 1);
  const wanted = i16x8.splat(<i16>ordinal);
  const first = i16x8.eq(v128.load(at), wanted);
  const lanes = i8x16.bitmask(i8x16.narrow_i16x8_s(first, i16x8.eq(v128.load(at, 16), wanted)));
  return lanes == 0 || ordinal > 0xffff ? -1 : low + ctz(lanes);
}

function indexOf(ordinals: usize, width: i32, length: i32, ordinal: i32): i32 {
  const index = lowerBound(ordinals, width, length, ordinal);
  return index < length && ordinalAt(ordinals, width, index) == ordinal ? index : -1;
}

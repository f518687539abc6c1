/**
 * Positions of a posting, read where they are packed. What comes before a posting in its block is added up once for
 * each block, as far as it is needed.
 */
import { batchCount, INDEX_BITS, openedAt, postingAt } from './batch.ts';
import { codesOf, EXCEPTION_BYTES, lengthOf } from './postings.ts';
import { BLOCK, EXCEPTION, Positions, Term } from './records.ts';
import { frequencyOfCode } from './scores.ts';

/** Positions up to so many bits, and differences up to so much, are compared as 16 bits, and none of them is `ABSENT`. */
const COMPARED_BITS: u32 = 14;
const FAR: i32 = 8192;
/** A posting has fewer positions. */
const MOST_POSITIONS: u32 = 1 << 28;
/** Positions of a posting that one vector holds. */
export const MOST_FEW: u32 = 8;
/** Numbers of up to so many bits lie in two bytes, wherever they begin. */
const NARROW_BITS: u32 = 9;
const ABSENT: i16 = -0x8000;

/** Finds the positions of a term in all documents of the batch. */
export function openBatch(term: Term): void {
  for (let from = 0; from < batchCount; ) {
    const block = postingAt(term, from) >> INDEX_BITS;
    let to = from + 1;
    while (to < batchCount && postingAt(term, to) >> INDEX_BITS == block) to++;
    openBlock(term, block);
    const last = postingAt(term, to - 1) & (BLOCK - 1);
    if (last >= term.sumIndex) addFrequencies(term, last);
    openPostings(term, block, from, to);
    from = to;
  }
}

/** Goes to a block and its codes. */
function openBlock(term: Term, block: i32): void {
  if (term.sumBlock == block) return;
  term.sumBlock = block;
  term.sumIndex = 0;
  store<u32>(term.sums, 0);
  term.codes = codesOf(term, block);
  term.exception = term.codes + <usize>lengthOf(term, block) + 1;
}

function openPostings(term: Term, block: i32, from: i32, to: i32): void {
  const bytes = term.positions + <usize>load<u32>(term.blockPositions + ((<usize>block) << 2));
  const bits = <u32>load<u8>(term.blockPositionBits + <usize>block);
  const places = i16x8.mul(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>bits));
  const mask = i16x8.splat(<i16>maskOf(bits));
  for (let i = from; i < to; i++) {
    const sums = term.sums + ((<usize>(postingAt(term, i) & (BLOCK - 1))) << 2);
    const before = load<u32>(sums);
    const frequency = load<u32>(sums, 4) - before;
    const firstBit = <u64>before * <u64>bits;
    const at = bytes + <usize>(firstBit >> 3);
    const bit = <u32>firstBit & 7;
    const opened = openedAt(term, i);
    opened.bytes = at;
    opened.frequency = frequency;
    opened.bit = bit;
    opened.bits = bits;
    const begins = i16x8.add(places, i16x8.splat(<i16>bit));
    const lanes = bits > NARROW_BITS ? unpackEight(at, bit, bits) : unpackNarrowly(v128.load(at), begins, mask);
    v128.store(changetype<usize>(opened), firstLanes(lanes, frequency));
  }
}

/** Whether up to `most` positions may be compared as 16 bits each, also with others that are `apart`. */
export function areCompared(positions: Positions, apart: i32, most: u32): bool {
  return positions.frequency <= most && positions.bits <= COMPARED_BITS && <u32>(apart + FAR) <= 2 * FAR;
}

/** Up to 8 positions as 16 bits each; other lanes are `ABSENT`. */
export function fewOf(positions: Positions): v128 {
  return v128.load(changetype<usize>(positions));
}

/** All positions, 16 bits each, in whole vectors; what is left of the last one is `ABSENT`. */
export function unpackAll(positions: Positions, into: usize): void {
  const bits = positions.bits;
  const count = positions.frequency;
  let bit = positions.bit;
  for (let i: u32 = 0; i < count; i += 8, bit += 8 * bits) {
    const lanes = unpackEight(positions.bytes + <usize>(bit >>> 3), bit & 7, bits);
    v128.store(into + ((<usize>i) << 1), firstLanes(lanes, min(count - i, 8)));
  }
}

/** Position `i`. */
export function positionAt(positions: Positions, i: u32): i32 {
  const bit = positions.bit + i * positions.bits;
  return <i32>((load<u32>(positions.bytes + <usize>(bit >>> 3)) >>> (bit & 7)) & maskOf(positions.bits));
}

function firstLanes(lanes: v128, count: u32): v128 {
  const isPresent = i16x8.gt_s(i16x8.splat(<i16>count), i16x8(0, 1, 2, 3, 4, 5, 6, 7));
  return v128.bitselect(lanes, i16x8.splat(ABSENT), isPresent);
}

function maskOf(bits: u32): u32 {
  return ((<u32>1) << bits) - 1;
}

/**
 * Eight numbers of up to 9 bits. The two bytes in which each begins go to a lane of its own, which is multiplied so that the
 * number begins at bit 7, wherever it began.
 */
function unpackNarrowly(packed: v128, begins: v128, mask: v128): v128 {
  const taken = i16x8.add(i16x8.mul(i16x8.shr_u(begins, 3), i16x8.splat(0x0101)), i16x8.splat(0x0100));
  const shift = v128.or(v128.and(begins, i16x8.splat(7)), i16x8.splat(-0x100));
  const product = i16x8.mul(i8x16.swizzle(packed, taken), i8x16.swizzle(powers(), shift));
  return v128.and(i16x8.shr_u(product, 7), mask);
}

/** Eight numbers of up to 14 bits that are packed from a bit of the first byte on. */
function unpackEight(bytes: usize, bit: u32, bits: u32): v128 {
  const packed = v128.load(bytes);
  const places = i16x8.mul(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>bits));
  const begins = i16x8.add(places, i16x8.splat(<i16>bit));
  const mask = i32x4.splat(maskOf(bits));
  const low = unpackFour(packed, i32x4.extend_low_i16x8_u(begins), mask);
  return i16x8.narrow_i32x4_u(low, unpackFour(packed, i32x4.extend_high_i16x8_u(begins), mask));
}

/** Four of them, as `unpackNarrowly` does it, in lanes of four bytes. */
function unpackFour(packed: v128, begins: v128, mask: v128): v128 {
  const taken = i32x4.add(i32x4.mul(i32x4.shr_u(begins, 3), i32x4.splat(0x01010101)), i32x4.splat(0x03020100));
  const shift = v128.or(v128.and(begins, i32x4.splat(7)), i32x4.splat(-0x100));
  const product = i32x4.mul(i8x16.swizzle(packed, taken), i8x16.swizzle(powers(), shift));
  return v128.and(i32x4.shr_u(product, 7), mask);
}

/** Byte `i` is 2 to the power of 7 - `i`. */
function powers(): v128 {
  return i8x16(-128, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** Adds up frequencies of the block up to that of a posting, eight at a time. */
function addFrequencies(term: Term, index: i32): void {
  const profile = term.profile;
  let at = term.sumIndex;
  let sums = term.sums + ((<usize>at) << 2);
  let sum = load<u32>(sums);
  for (; at <= index; at += 8, sums += 32) {
    const codes = load<u64>(term.codes + <usize>at);
    if (hasException(codes)) {
      sum = addExceptional(term, at, sum);
      continue;
    }
    sum += <u32>load<u16>(profile + <usize>((codes << 1) & 0x1fe));
    store<u32>(sums, sum, 4);
    sum += <u32>load<u16>(profile + <usize>((codes >> 7) & 0x1fe));
    store<u32>(sums, sum, 8);
    sum += <u32>load<u16>(profile + <usize>((codes >> 15) & 0x1fe));
    store<u32>(sums, sum, 12);
    sum += <u32>load<u16>(profile + <usize>((codes >> 23) & 0x1fe));
    store<u32>(sums, sum, 16);
    sum += <u32>load<u16>(profile + <usize>((codes >> 31) & 0x1fe));
    store<u32>(sums, sum, 20);
    sum += <u32>load<u16>(profile + <usize>((codes >> 39) & 0x1fe));
    store<u32>(sums, sum, 24);
    sum += <u32>load<u16>(profile + <usize>((codes >> 47) & 0x1fe));
    store<u32>(sums, sum, 28);
    sum += <u32>load<u16>(profile + <usize>((codes >> 55) & 0x1fe));
    store<u32>(sums, sum, 32);
  }
  term.sumIndex = at;
}

/** Whether one of eight codes has all bits set. */
function hasException(codes: u64): bool {
  return ((~codes - 0x0101010101010101) & codes & 0x8080808080808080) != 0;
}

/** The same for eight postings some of which have no code; returns the sum of all before and these. */
function addExceptional(term: Term, from: i32, before: u32): u32 {
  const end = min(from + 8, lengthOf(term, term.sumBlock));
  let sum = before;
  for (let at = from; at < end; at++) {
    const code = <u32>load<u8>(term.codes + <usize>at);
    if (code == EXCEPTION) {
      const frequency = load<u32>(term.exception, 1);
      // No document has so many positions; to go through them would take seconds.
      if (frequency > MOST_POSITIONS) unreachable();
      sum += frequency;
      term.exception += EXCEPTION_BYTES;
    } else {
      sum += frequencyOfCode(term, code);
    }
    store<u32>(term.sums + ((<usize>at) << 2), sum, 4);
  }
  return sum;
}

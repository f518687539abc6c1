/**
 * How often a phrase stands in a document: the positions of its terms, read where they are packed. Documents are asked
 * for by rising ordinals, so what comes before a posting in its block is added up once.
 */
import { EXCEPTION_BYTES, lengthOf, ordinalsOf, widthOf } from './postings.ts';
import { EXCEPTION, Query, Term, termAt } from './records.ts';
import { frequencyOfCode } from './scores.ts';

/** Occurrences of a term in a document that are compared all at once. */
const MOST_COMPARED: u32 = 64;
/** Occurrences of two terms together that are merged. */
const FEW: u32 = 6;
/** Positions up to so many bits, and places up to so far from 0, differ in their lower 16 bits if they differ. */
const COMPARED_BITS: u32 = 15;
const FAR: i32 = 16_384;

/** Counts the positions at which the phrase begins in the document that the last `find` of each term has found. */
export function phraseFrequency(query: Query): u32 {
  const others = query.termCount - 1;
  const lead = termAt(query.order, others);
  openPositions(lead);
  const starts = query.list;
  const positions = starts + MOST_COMPARED * 2;
  let count = lead.frequency;
  if (!isCompared(lead)) return mergedFrequency(query);
  for (let i = others - 1; i >= 0 && count > 0; i--) {
    const term = termAt(query.order, i);
    openPositions(term);
    if (others == 1 && count + term.frequency <= FEW) return pairFrequency(lead, term);
    if (!isCompared(term)) return mergedFrequency(query);
    if (i == others - 1) unpackAll(lead, starts);
    unpackAll(term, positions);
    count = keepFollowed(starts, count, positions, term.frequency, term.place - lead.place);
  }
  return count;
}

function isCompared(term: Term): bool {
  const isNear = <u32>(term.place + FAR) <= 2 * FAR;
  return term.frequency - 1 < MOST_COMPARED && term.positionBits <= COMPARED_BITS && isNear;
}

/** Unpacks positions as 16 bits each. The rest of the last 128 bits repeats the first of them. */
function unpackAll(term: Term, into: usize): void {
  const count = term.frequency;
  const bits = term.positionBits;
  const mask = term.positionMask;
  const bytes = term.positionBytes;
  let bit = term.positionBit;
  v128.store(into + ((<usize>(count - 1) & ~7) << 1), i16x8.splat(<i16>unpack(bytes, bit, mask)));
  for (let i: usize = 0; i < count; i++, bit += bits) store<u16>(into + (i << 1), <u16>unpack(bytes, bit, mask));
}

/** Keeps the starts at `apart` before one of the positions; returns how many they are. */
function keepFollowed(starts: usize, startCount: u32, positions: usize, count: u32, apart: i32): u32 {
  const end = positions + ((<usize>count) << 1);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < startCount; i++) {
    const start = load<u16>(starts + ((<usize>i) << 1));
    const wanted = i16x8.splat(<i16>(start + apart));
    let found = i16x8.eq(v128.load(positions), wanted);
    for (let at = positions + 16; at < end; at += 16) found = v128.or(found, i16x8.eq(v128.load(at), wanted));
    store<u16>(starts + ((<usize>kept) << 1), start);
    kept += u32(v128.any_true(found));
  }
  return kept;
}

/** The same by going through the positions of all terms together. */
function mergedFrequency(query: Query): u32 {
  const others = query.termCount - 1;
  for (let i = 0; i <= others; i++) openPositions(termAt(query.order, i));
  const lead = termAt(query.order, others);
  let matches: u32 = 0;
  for (; lead.read < lead.frequency; lead.read++) {
    const start = positionOf(lead) - lead.place;
    let i = others - 1;
    for (; i >= 0; i--) {
      const term = termAt(query.order, i);
      const wanted = start + term.place;
      while (term.read < term.frequency && positionOf(term) < wanted) term.read++;
      if (term.read == term.frequency) return matches;
      if (positionOf(term) != wanted) break;
    }
    matches += u32(i < 0);
  }
  return matches;
}

/** Counts the positions of two terms that differ as their places do. */
function pairFrequency(lead: Term, other: Term): u32 {
  const apart = other.place - lead.place;
  const bytes = lead.positionBytes;
  const bits = lead.positionBits;
  const mask = lead.positionMask;
  const otherBytes = other.positionBytes;
  const otherBits = other.positionBits;
  const otherMask = other.positionMask;
  let bit = lead.positionBit;
  let otherBit = other.positionBit;
  let wanted = unpack(bytes, bit, mask) + apart;
  let found = unpack(otherBytes, otherBit, otherMask);
  let left = lead.frequency;
  let otherLeft = other.frequency;
  let matches: u32 = 0;
  while (left > 0 && otherLeft > 0) {
    matches += u32(wanted == found);
    if (wanted <= found) {
      left--;
      bit += bits;
      wanted = unpack(bytes, bit, mask) + apart;
    } else {
      otherLeft--;
      otherBit += otherBits;
      found = unpack(otherBytes, otherBit, otherMask);
    }
  }
  return matches;
}

/** The position that is read next. */
function positionOf(term: Term): i32 {
  return unpack(term.positionBytes, term.positionBit + term.read * term.positionBits, term.positionMask);
}

function unpack(bytes: usize, bit: u32, mask: u32): i32 {
  return <i32>((load<u32>(bytes + <usize>(bit >>> 3)) >>> (bit & 7)) & mask);
}

/** Goes to the positions of the found posting. Those before it in its block are counted on from the last time. */
function openPositions(term: Term): void {
  const block = term.probeBlock;
  const index = term.index;
  const length = lengthOf(term, block);
  const codes = ordinalsOf(term, block) + <usize>(length * widthOf(term, block));
  if (term.sumBlock != block) {
    term.sumBlock = block;
    term.sumIndex = 0;
    term.sum = 0;
    term.exception = codes + <usize>length + 1;
  }
  let sum = term.sum;
  let exception = term.exception;
  for (let code = codes + <usize>term.sumIndex, end = codes + <usize>index; code < end; code++) {
    const value = <u32>load<u8>(code);
    if (value == EXCEPTION) {
      sum += <u64>load<u32>(exception, 1);
      exception += EXCEPTION_BYTES;
    } else {
      sum += <u64>frequencyOfCode(term, value);
    }
  }
  term.sum = sum;
  term.sumIndex = index;
  term.exception = exception;
  const code = <u32>load<u8>(codes + <usize>index);
  term.frequency = code == EXCEPTION ? load<u32>(exception, 1) : frequencyOfCode(term, code);
  term.read = 0;
  const bits = <u32>load<u8>(term.blockPositionBits + <usize>block);
  const bit = sum * bits;
  const bytes = term.positions + <usize>load<u32>(term.blockPositions + ((<usize>block) << 2));
  term.positionBytes = bytes + <usize>(bit >> 3);
  term.positionBit = <u32>bit & 7;
  term.positionBits = bits;
  term.positionMask = (1 << bits) - 1;
}

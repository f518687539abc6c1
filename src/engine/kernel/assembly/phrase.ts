/**
 * How often a phrase stands in a document: the positions of its terms, read where they are packed. Documents are asked
 * for by rising ordinals, so what comes before a posting in its block is added up once.
 */
import { lengthOf, ordinalsOf, widthOf } from './postings.ts';
import { EXCEPTION, Query, Term, termAt } from './records.ts';
import { frequencyOfCode } from './scores.ts';

/** Bytes of an exception. */
const EXCEPTION_BYTES: usize = 5;

/** Counts the positions at which the phrase begins in the document that the last `find` of each term has found. */
export function phraseFrequency(query: Query): u32 {
  const count = query.termCount;
  for (let i = 0; i < count; i++) openPositions(termAt(query.order, i));
  const lead = termAt(query.order, count - 1);
  if (count == 2) return pairFrequency(lead, termAt(query.order, 0));
  let matches: u32 = 0;
  for (; lead.read < lead.frequency; lead.read++) {
    const start = positionOf(lead) - lead.place;
    let i = count - 2;
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

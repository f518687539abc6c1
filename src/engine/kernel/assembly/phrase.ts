/** How often a phrase stands in a document: the positions of its terms, read where they are packed. */
import { frequencyAt, lengthOf, ordinalsOf, widthOf } from './postings.ts';
import { EXCEPTION, Query, Term, termAt } from './records.ts';
import { frequencyOfCode } from './scores.ts';

/** Counts the positions at which the phrase begins in the document that the last probe of each term has found. */
export function phraseFrequency(query: Query): u32 {
  const count = query.termCount;
  for (let i = 0; i < count; i++) openPositions(termAt(query.order, i));
  const lead = termAt(query.order, count - 1);
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

/** The position that is read next. */
function positionOf(term: Term): i32 {
  const bit = term.positionBit + <u64>term.read * term.positionBits;
  const at = term.positionBytes + <usize>(bit >> 3);
  return <i32>((load<u32>(at) >>> (<u32>bit & 7)) & term.positionMask);
}

/** Goes to the positions of the found posting. Those before it in its block are counted on from the last time. */
function openPositions(term: Term): void {
  const block = term.probeBlock;
  const index = term.index;
  const length = lengthOf(term, block);
  const codes = ordinalsOf(term, block) + <usize>(length * widthOf(term, block));
  if (term.sumBlock != block || term.sumIndex > index) {
    term.sumBlock = block;
    term.sumIndex = 0;
    term.sum = 0;
  }
  let sum = term.sum;
  for (let i = term.sumIndex; i < index; i++) {
    const code = <u32>load<u8>(codes + <usize>i);
    sum += code == EXCEPTION ? frequencyAt(term, codes, length, i) : frequencyOfCode(term, code);
  }
  term.sum = sum;
  term.sumIndex = index;
  term.frequency = frequencyAt(term, codes, length, index);
  term.read = 0;
  const bits = <u32>load<u8>(term.blockPositionBits + <usize>block);
  term.positionBytes = term.positions + <usize>load<u32>(term.blockPositions + ((<usize>block) << 2));
  term.positionBit = <u64>sum * bits;
  term.positionBits = bits;
  term.positionMask = (1 << bits) - 1;
}

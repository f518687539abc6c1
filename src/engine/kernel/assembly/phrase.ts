/** How often a phrase stands in a document, all its words in their places. */
import { COMPARED, openedAt } from './batch.ts';
import { areCompared, fewOf, MOST_FEW, positionAt, unpackAll } from './positions.ts';
import { Query, termAt } from './records.ts';

/** Occurrences of a term in a document that are compared all at once. */
const MOST_COMPARED: u32 = 64;

/** Counts the positions at which the phrase begins in document `i` of the batch. */
export function phraseFrequency(query: Query, i: i32): u32 {
  const others = query.termCount - 1;
  const lead = termAt(query.order, others);
  const leading = openedAt(lead, i);
  if (!areCompared(leading, 0, MOST_FEW)) return frequencyOfMany(query, i);
  const starts = fewOf(leading);
  let kept = i16x8.splat(-1);
  for (let other = others - 1; other >= 0; other--) {
    const term = termAt(query.order, other);
    const apart = term.place - lead.place;
    const positions = openedAt(term, i);
    if (!areCompared(positions, apart, MOST_FEW)) return frequencyOfMany(query, i);
    const wanted = i16x8.add(starts, i16x8.splat(<i16>apart));
    kept = v128.and(kept, present(wanted, fewOf(positions), positions.frequency));
    if (other > 0 && !v128.any_true(kept)) return 0;
  }
  return popcnt(i16x8.bitmask(kept) & ((1 << leading.frequency) - 1));
}

/** Which lanes of `wanted` are among the first `count` of `positions`. */
function present(wanted: v128, positions: v128, count: u32): v128 {
  let found = i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 0, 0, 0, 0, 0, 0, 0, 0));
  found = v128.or(found, i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 1, 1, 1, 1, 1, 1, 1, 1)));
  found = v128.or(found, i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 2, 2, 2, 2, 2, 2, 2, 2)));
  found = v128.or(found, i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 3, 3, 3, 3, 3, 3, 3, 3)));
  if (count <= 4) return found;
  found = v128.or(found, i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 4, 4, 4, 4, 4, 4, 4, 4)));
  found = v128.or(found, i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 5, 5, 5, 5, 5, 5, 5, 5)));
  found = v128.or(found, i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 6, 6, 6, 6, 6, 6, 6, 6)));
  return v128.or(found, i16x8.eq(wanted, v128.shuffle<i16>(positions, positions, 7, 7, 7, 7, 7, 7, 7, 7)));
}

/** The same for any number of positions. */
function frequencyOfMany(query: Query, i: i32): u32 {
  const lead = termAt(query.order, query.termCount - 1);
  for (let at = 0; at < query.termCount; at++) {
    const term = termAt(query.order, at);
    if (!areCompared(openedAt(term, i), term.place - lead.place, MOST_COMPARED)) return mergedFrequency(query, i);
  }
  return comparedFrequency(query, i);
}

/** Looks for each position of the lead among those of the others. */
function comparedFrequency(query: Query, i: i32): u32 {
  const others = query.termCount - 1;
  const lead = termAt(query.order, others);
  const starts = query.list + COMPARED;
  const positions = starts + MOST_COMPARED * 2;
  let count = openedAt(lead, i).frequency;
  unpackAll(openedAt(lead, i), starts);
  for (let other = others - 1; other >= 0 && count > 0; other--) {
    const term = termAt(query.order, other);
    unpackAll(openedAt(term, i), positions);
    count = keepFollowed(starts, count, positions, openedAt(term, i).frequency, term.place - lead.place);
  }
  return count;
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

/** Goes through the positions of all terms together. */
function mergedFrequency(query: Query, i: i32): u32 {
  const others = query.termCount - 1;
  const lead = termAt(query.order, others);
  const leading = openedAt(lead, i);
  for (let at = 0; at < others; at++) termAt(query.order, at).read = 0;
  let matches: u32 = 0;
  for (let read: u32 = 0; read < leading.frequency; read++) {
    const start = positionAt(leading, read) - lead.place;
    let at = others - 1;
    for (; at >= 0; at--) {
      const term = termAt(query.order, at);
      const positions = openedAt(term, i);
      const wanted = start + term.place;
      while (term.read < positions.frequency && positionAt(positions, term.read) < wanted) term.read++;
      if (term.read == positions.frequency) return matches;
      if (positionAt(positions, term.read) != wanted) break;
    }
    matches += u32(at < 0);
  }
  return matches;
}

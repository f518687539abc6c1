/**
 * How often a phrase stands in a document if its words may be moved: as `query/sloppy-phrase.ts` counts it, for phrases in
 * which no word comes twice. Each match counts 1 / (1 + distance), added up in float32 in the order of the matches.
 */
import { openedAt } from './batch.ts';
import { areCompared, fewOf, MOST_FEW, positionAt } from './positions.ts';
import { Positions, Query, Term, termAt } from './records.ts';

/** Distances up to so much are compared as 16 bits. */
const FAR: i32 = 8192;

/** The frequency in document `i` of the batch; 0 if the phrase is not there. */
export function sloppyFrequency(query: Query, i: i32): f32 {
  if (query.termCount > 2) return frequencyOfSeveral(query, i);
  const second = termAt(query.terms, 1);
  const gap = second.place - termAt(query.terms, 0).place;
  const left = openedAt(termAt(query.terms, 0), i);
  const right = openedAt(second, i);
  return areApart(left, right, gap, query.slop) ? 0 : frequencyOfTwo(left, right, gap, query.slop);
}

/**
 * Bounds the frequency in document `i` of the batch. A match is found once, and once more for each step from a position to
 * the next. Exactly the phrase stands no more often than its rarest word; all else counts half at most.
 */
export function mostSloppy(query: Query, i: i32): f64 {
  let rarest: f64 = Infinity;
  let found: f64 = 1;
  for (let at = 0; at < query.termCount; at++) {
    const frequency = <f64>openedAt(termAt(query.terms, at), i).frequency;
    rarest = min(rarest, frequency);
    found += frequency - 1;
  }
  // Two words pass each other twice for each position of the rarer one.
  if (query.termCount == 2) found = min(found, 2 * rarest);
  return found <= rarest ? found : rarest + (found - rarest) / 2;
}

/** How many times as often as any of its terms the phrase stands in a document, at most; rounded up. */
export function frequencyScale(query: Query): f32 {
  if (query.slop == 0) return 1;
  return query.termCount == 2 ? <f32>1.500002 : Infinity;
}

/** Whether no positions of two words are near enough; in doubt false. */
function areApart(left: Positions, right: Positions, gap: i32, slop: i32): bool {
  if (slop > FAR || !areCompared(left, gap, MOST_FEW) || !areCompared(right, 0, MOST_FEW)) return false;
  const starts = i16x8.add(fewOf(left), i16x8.splat(<i16>gap));
  const near = within(starts, fewOf(right), right.frequency, i16x8.splat(<i16>slop));
  return (i16x8.bitmask(near) & ((1 << left.frequency) - 1)) == 0;
}

/** Which lanes of `starts` are near one of the first `count` of `positions`. */
function within(starts: v128, positions: v128, count: u32, slop: v128): v128 {
  let near = isNear(starts, v128.shuffle<i16>(positions, positions, 0, 0, 0, 0, 0, 0, 0, 0), slop);
  near = v128.or(near, isNear(starts, v128.shuffle<i16>(positions, positions, 1, 1, 1, 1, 1, 1, 1, 1), slop));
  near = v128.or(near, isNear(starts, v128.shuffle<i16>(positions, positions, 2, 2, 2, 2, 2, 2, 2, 2), slop));
  near = v128.or(near, isNear(starts, v128.shuffle<i16>(positions, positions, 3, 3, 3, 3, 3, 3, 3, 3), slop));
  if (count <= 4) return near;
  near = v128.or(near, isNear(starts, v128.shuffle<i16>(positions, positions, 4, 4, 4, 4, 4, 4, 4, 4), slop));
  near = v128.or(near, isNear(starts, v128.shuffle<i16>(positions, positions, 5, 5, 5, 5, 5, 5, 5, 5), slop));
  near = v128.or(near, isNear(starts, v128.shuffle<i16>(positions, positions, 6, 6, 6, 6, 6, 6, 6, 6), slop));
  return v128.or(near, isNear(starts, v128.shuffle<i16>(positions, positions, 7, 7, 7, 7, 7, 7, 7, 7), slop));
}

function isNear(starts: v128, positions: v128, slop: v128): v128 {
  return i16x8.le_u(i16x8.abs(i16x8.sub(starts, positions)), slop);
}

/** Two words: the lesser one moves on until it has passed the other, and the nearest it came to it is counted. */
function frequencyOfTwo(left: Positions, right: Positions, gap: i32, slop: i32): f32 {
  let leftAt = positionAt(left, 0) + gap;
  let rightAt = positionAt(right, 0);
  let leftRead: u32 = 0;
  let rightRead: u32 = 0;
  let movesLeft = leftAt <= rightAt;
  let length = abs(leftAt - rightAt);
  let frequency: f32 = 0;
  while (movesLeft ? ++leftRead < left.frequency : ++rightRead < right.frequency) {
    if (movesLeft) leftAt = positionAt(left, leftRead) + gap;
    else rightAt = positionAt(right, rightRead);
    const distance = movesLeft ? rightAt - leftAt : leftAt - rightAt;
    if (distance >= 0) {
      length = min(length, distance);
      continue;
    }
    frequency = counted(frequency, length, slop);
    movesLeft = !movesLeft;
    length = -distance;
  }
  return counted(frequency, length, slop);
}

/** Any words: the one that starts first moves on until it has passed the next, and what it came to is counted. */
function frequencyOfSeveral(query: Query, i: i32): f32 {
  const slop = query.slop;
  let end = i32.MIN_VALUE;
  for (let at = 0; at < query.termCount; at++) {
    const term = termAt(query.terms, at);
    term.read = 0;
    term.start = startOf(term, i);
    term.isQueued = 1;
    end = max(end, term.start);
  }
  let frequency: f32 = 0;
  let moving = firstQueued(query);
  moving.isQueued = 0;
  let next = firstQueued(query).start;
  let length = end - moving.start;
  while (++moving.read < openedAt(moving, i).frequency) {
    moving.start = startOf(moving, i);
    end = max(end, moving.start);
    if (moving.start > next) {
      frequency = counted(frequency, length, slop);
      moving.isQueued = 1;
      moving = firstQueued(query);
      moving.isQueued = 0;
      next = firstQueued(query).start;
      length = end - moving.start;
    } else {
      length = min(length, end - moving.start);
    }
  }
  return counted(frequency, length, slop);
}

function startOf(term: Term, i: i32): i32 {
  return positionAt(openedAt(term, i), term.read) - term.place;
}

/** Of the terms in the queue the one that starts first; of equal ones the first in the phrase. */
function firstQueued(query: Query): Term {
  let first = termAt(query.terms, 0);
  let start = first.isQueued ? first.start : i32.MAX_VALUE;
  for (let at = 1; at < query.termCount; at++) {
    const term = termAt(query.terms, at);
    if (!term.isQueued || term.start >= start) continue;
    first = term;
    start = term.start;
  }
  return first;
}

function counted(frequency: f32, length: i32, slop: i32): f32 {
  if (length > slop) return frequency;
  const distance = <f32>(length + 1);
  return frequency + <f32>1 / distance;
}

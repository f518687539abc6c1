/**
 * The first matches by the values of a column, which has one for each document. Values are numbers of 0, 1, 2 or 4 bytes
 * that rise with what they stand for; a key is such a number, or its complement, so that the greatest keys come first.
 */
import { bitsFrom } from './filter.ts';
import { leastKey, pushKey } from './hits.ts';
import { baseOf, lastOf, lengthOf, ordinalAt, ordinalsOf, widthOf } from './postings.ts';
import { BLOCK, Query, Term, termAt } from './records.ts';
import { screened } from './screen.ts';

let values: usize = 0;
let valueWidth: i32 = 0;
let flip: u32 = 0;
let greatest: i64 = 0;
/** Only keys from this one on are kept. Above all keys once none can be. */
let least: i64 = 0;

function begin(query: Query): void {
  values = query.values;
  valueWidth = query.valueWidth;
  flip = query.flip;
  least = <i64>query.leastKey;
  greatest = <i64>query.greatestKey;
}

/** Keeps the first documents of the only term, and counts those in the filter. */
export function sortTerm(query: Query): u32 {
  begin(query);
  const term = termAt(query.terms, 0);
  let total: u32 = 0;
  for (let block = 0; block < term.blockCount; block++) {
    if (query.filter == 0) total += offerBlock(term, block);
    else total += offerScreened(query, term, block);
  }
  return total;
}

/** Keeps the first documents of the target, and counts all. */
export function sortMarked(query: Query): u32 {
  begin(query);
  const end = query.endOrdinal;
  let total: u64 = 0;
  for (let doc = 0; doc < end; doc += 64) {
    let bits = bitsFrom(query.target, query.targetWords, doc);
    if (end - doc < 64) bits &= ((<u64>1) << (end - doc)) - 1;
    total += popcnt(bits);
    for (; bits != 0; bits &= bits - 1) offer(doc + <i32>ctz(bits));
  }
  return <u32>total;
}

/** Documents above the last one of a block, which are damaged, count as that one: columns reach no further. */
function offerBlock(term: Term, block: i32): i32 {
  const base = baseOf(term, block);
  const last = lastOf(term, block);
  const length = lengthOf(term, block);
  const width = widthOf(term, block);
  const ordinals = ordinalsOf(term, block);
  if (width == 2 && valueWidth == 2) offer16(ordinals, length, base, last);
  else for (let i = 0; i < length; i++) offer(min(base + ordinalAt(ordinals, width, i), last));
  return length;
}

/** The same for ordinals and values of two bytes, four at once: most keys are too low. */
function offer16(ordinals: usize, length: i32, base: i32, last: i32): void {
  const from = values;
  const mask = flip;
  let lowest = least;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const four = load<u64>(ordinals + ((<usize>i) << 1));
    const a = min(base + <i32>(four & 0xffff), last);
    const b = min(base + <i32>((four >> 16) & 0xffff), last);
    const c = min(base + <i32>((four >> 32) & 0xffff), last);
    const d = min(base + <i32>(four >> 48), last);
    const keyA = <i64>(<u32>load<u16>(from + ((<usize>a) << 1)) ^ mask);
    const keyB = <i64>(<u32>load<u16>(from + ((<usize>b) << 1)) ^ mask);
    const keyC = <i64>(<u32>load<u16>(from + ((<usize>c) << 1)) ^ mask);
    const keyD = <i64>(<u32>load<u16>(from + ((<usize>d) << 1)) ^ mask);
    if (!(i32(keyA >= lowest) | i32(keyB >= lowest) | i32(keyC >= lowest) | i32(keyD >= lowest))) continue;
    offer(a);
    offer(b);
    offer(c);
    offer(d);
    lowest = least;
  }
  for (; i < length; i++) offer(min(base + <i32>load<u16>(ordinals + ((<usize>i) << 1)), last));
}

function offerScreened(query: Query, term: Term, block: i32): i32 {
  const base = baseOf(term, block);
  const last = lastOf(term, block);
  const length = lengthOf(term, block);
  const width = widthOf(term, block);
  const ordinals = ordinalsOf(term, block);
  let found = 0;
  for (let first = 0; first < length; first += BLOCK / 2) {
    const from = ordinals + <usize>(first * width);
    const asked = ~(<u64>0) >>> (64 - min(64, length - first));
    let bits = screened(query, asked, from, width, base, last);
    found += <i32>popcnt(bits);
    for (; bits != 0; bits &= bits - 1) offer(min(base + ordinalAt(from, width, <i32>ctz(bits)), last));
  }
  return found;
}

function offer(doc: i32): void {
  const key = <i64>(valueOf(doc) ^ flip);
  if (key < least || key > greatest) return;
  pushKey(doc, <u32>key);
  // A later document of the same key comes after those that are kept.
  least = max(least, leastKey());
}

function valueOf(doc: i32): u32 {
  if (valueWidth == 2) return <u32>load<u16>(values + ((<usize>doc) << 1));
  if (valueWidth == 4) return load<u32>(values + ((<usize>doc) << 2));
  return valueWidth == 1 ? <u32>load<u8>(values + <usize>doc) : 0;
}

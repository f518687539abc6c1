/**
 * Adds up what postings are worth, over the documents of one window. A window has one accumulator of 16 bits for each
 * document; what a posting adds is looked up by its code in the term's `quanta` (see `quanta.ts`).
 *
 * The bytes of postings are not checked one by one. An ordinal of one or two bytes reaches at most 65,535 documents
 * beyond the base of its block, which lies at most as far before or behind the window: the accumulators have room for
 * so many on both sides, and nothing else lies there. Ordinals of four bytes are compared with the window's length.
 */
import { baseOf, blockFrom, lastOf, lengthOf, lowerBound, ordinalAt, ordinalsOf, widthOf } from './postings.ts';
import { Query, Term } from './records.ts';
import { boundOf } from './scores.ts';
import { listScreened } from './screen.ts';

/** Bytes before and behind the accumulators of the longest window. */
export const WINDOW_MARGIN: usize = 131_072;

/** Documents of the longest window. */
export const LONGEST_WINDOW: i32 = 65_536;

/**
 * Adds the postings of a term in documents `start` to `end` - 1 to the accumulators of the window that begins at
 * `start`. Blocks whose bound with `rest` added is rounded to no more than `bar` are left out.
 */
export function accumulate(term: Term, window: usize, start: i32, end: i32, rest: f64, bar: f32): void {
  const count = term.blockCount;
  let block = blockFrom(term, term.block, start);
  for (; block < count; block++) {
    const base = baseOf(term, block);
    if (base >= end) break;
    const last = lastOf(term, block);
    if (<f32>(boundOf(term, <u32>load<u8>(term.blockMax + <usize>block)) + rest) > bar) {
      const length = lengthOf(term, block);
      const width = widthOf(term, block);
      const ordinals = ordinalsOf(term, block);
      const from = base < start ? lowerBound(ordinals, width, length, start - base) : 0;
      const to = last >= end ? lowerBound(ordinals, width, length, end - base) : length;
      const codes = ordinals + <usize>(length * width);
      const target = window + ((<usize>(base - start)) << 1);
      if (!term.hasCodes) addConstant(term, ordinals, width, from, to, target, window, end - start);
      else if (width == 1) add8(term.quanta, ordinals + <usize>from, codes + <usize>from, to - from, target);
      else if (width == 2) add16(term.quanta, ordinals + ((<usize>from) << 1), codes + <usize>from, to - from, target);
      else add32(term.quanta, ordinals, codes, from, to, base - start, window, end - start);
    }
    if (last >= end) break;
  }
  term.block = block;
}

/**
 * The same for documents of the filter only, and notes the offset of each that had nothing yet in the list of the query,
 * from index `listed` on.
 *
 * @returns The next index.
 */
export function accumulateListed(
  query: Query,
  term: Term,
  start: i32,
  end: i32,
  rest: f64,
  bar: f32,
  listed: i32,
): i32 {
  const window = query.window;
  const list = query.list;
  const isScreened = query.filter != 0;
  const count = term.blockCount;
  let next = listed;
  let block = blockFrom(term, term.block, start);
  for (; block < count; block++) {
    const base = baseOf(term, block);
    if (base >= end) break;
    const last = lastOf(term, block);
    if (<f32>(boundOf(term, <u32>load<u8>(term.blockMax + <usize>block)) + rest) > bar) {
      const length = lengthOf(term, block);
      const width = widthOf(term, block);
      const ordinals = ordinalsOf(term, block);
      const from = base < start ? lowerBound(ordinals, width, length, start - base) : 0;
      const to = last >= end ? lowerBound(ordinals, width, length, end - base) : length;
      const codes = ordinals + <usize>(length * width);
      // No more than there are documents, unless the postings are damaged.
      next = min(next, LONGEST_WINDOW);
      const offset = base - start;
      if (isScreened) next = listScreened(query, term, ordinals, width, codes, from, to, base, last, start, next);
      else if (width == 2) next = list16(term, ordinals, codes, from, to, offset, window, list, next);
      else next = listAny(term, ordinals, width, codes, from, to, offset, window, list, next);
    }
    if (last >= end) break;
  }
  term.block = block;
  return next;
}

function add8(quanta: usize, ordinals: usize, codes: usize, count: i32, target: usize): void {
  let at = ordinals;
  let code = codes;
  const end = codes + <usize>count;
  for (; code + 4 <= end; code += 4, at += 4) {
    const four = load<u32>(at);
    const values = load<u32>(code);
    let sum = target + ((four & 0xff) << 1);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values & 0xff) << 1)));
    sum = target + ((four >> 7) & 0x1fe);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values >> 7) & 0x1fe)));
    sum = target + ((four >> 15) & 0x1fe);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values >> 15) & 0x1fe)));
    sum = target + ((four >> 23) & 0x1fe);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values >> 23) & 0x1fe)));
  }
  for (; code < end; code++, at++) {
    const sum = target + ((<usize>load<u8>(at)) << 1);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((<usize>load<u8>(code)) << 1)));
  }
}

function add16(quanta: usize, ordinals: usize, codes: usize, count: i32, target: usize): void {
  let at = ordinals;
  let code = codes;
  const end = codes + <usize>count;
  for (; code + 4 <= end; code += 4, at += 8) {
    const four = load<u64>(at);
    const values = load<u32>(code);
    let sum = target + ((<usize>four & 0xffff) << 1);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values & 0xff) << 1)));
    sum = target + ((<usize>four >> 15) & 0x1fffe);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values >> 7) & 0x1fe)));
    sum = target + (<usize>(four >> 31) & 0x1fffe);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values >> 15) & 0x1fe)));
    sum = target + (<usize>(four >> 47) & 0x1fffe);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((values >> 23) & 0x1fe)));
  }
  for (; code < end; code++, at += 2) {
    const sum = target + ((<usize>load<u16>(at)) << 1);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((<usize>load<u8>(code)) << 1)));
  }
}

function add32(
  quanta: usize,
  ordinals: usize,
  codes: usize,
  from: i32,
  to: i32,
  offset: i32,
  window: usize,
  length: i32,
): void {
  for (let i = from; i < to; i++) {
    const doc = offset + load<i32>(ordinals + ((<usize>i) << 2));
    if (<u32>doc >= <u32>length) continue;
    const sum = window + ((<usize>doc) << 1);
    store<u16>(sum, load<u16>(sum) + load<u16>(quanta + ((<usize>load<u8>(codes + <usize>i)) << 1)));
  }
}

function addConstant(
  term: Term,
  ordinals: usize,
  width: i32,
  from: i32,
  to: i32,
  target: usize,
  window: usize,
  length: i32,
): void {
  const value = load<u16>(term.quanta);
  const end = window + ((<usize>length) << 1);
  for (let i = from; i < to; i++) {
    const sum = target + ((<usize>ordinalAt(ordinals, width, i)) << 1);
    if (sum >= window && sum < end) store<u16>(sum, load<u16>(sum) + value);
  }
}

function list16(
  term: Term,
  ordinals: usize,
  codes: usize,
  from: i32,
  to: i32,
  offset: i32,
  window: usize,
  list: usize,
  listed: i32,
): i32 {
  if (!term.hasCodes) return listAny(term, ordinals, 2, codes, from, to, offset, window, list, listed);
  const quanta = term.quanta;
  let next = list + ((<usize>listed) << 2);
  for (let i = from; i < to; i++) {
    const doc = (offset + <i32>load<u16>(ordinals + ((<usize>i) << 1))) & 0xffff;
    const sum = window + ((<usize>doc) << 1);
    const before = load<u16>(sum);
    store<i32>(next, doc);
    next += (<usize>(before == 0)) << 2;
    store<u16>(sum, before + load<u16>(quanta + ((<usize>load<u8>(codes + <usize>i)) << 1)));
  }
  return <i32>((next - list) >> 2);
}

function listAny(
  term: Term,
  ordinals: usize,
  width: i32,
  codes: usize,
  from: i32,
  to: i32,
  offset: i32,
  window: usize,
  list: usize,
  listed: i32,
): i32 {
  const hasCodes = term.hasCodes;
  let next = listed;
  for (let i = from; i < to; i++) {
    const doc = (offset + ordinalAt(ordinals, width, i)) & 0xffff;
    const sum = window + ((<usize>doc) << 1);
    const before = load<u16>(sum);
    store<i32>(list + ((<usize>next) << 2), doc);
    next += i32(before == 0);
    const code: usize = hasCodes ? <usize>load<u8>(codes + <usize>i) : 0;
    store<u16>(sum, before + load<u16>(term.quanta + (code << 1)));
  }
  return next;
}

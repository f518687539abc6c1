/** Postings of documents that a filter has: where it has few, most others go without a further look. */
import { LONGEST_WINDOW } from './accumulate.ts';
import { hasBit } from './filter.ts';
import { ordinalAt } from './postings.ts';
import { Query, Term } from './records.ts';

/** With more postings asked for, all of them are looked at, four at once, */
const MANY: i32 = 32;
/** if the filter has less than one in so many documents: most often it has none of the four. */
const RARE: i64 = 4;

/**
 * Which of some postings have documents in the filter.
 *
 * @param bits Those that are asked for: bit `i` is the posting `i` of the ordinals.
 * @param last Last document of the block. Greater ones, which are damaged, count as this one.
 */
export function screened(query: Query, bits: u64, ordinals: usize, width: i32, base: i32, last: i32): u64 {
  if (query.filter == 0 || bits == 0) return bits;
  const isRare = <i64>query.filterCount * RARE < <i64>query.endOrdinal;
  if (isRare && width == 2 && <i32>popcnt(bits) > MANY) {
    return bits & screened16(query.filter, ordinals, 64 - <i32>clz(bits), base, last);
  }
  let found: u64 = 0;
  for (let rest = bits; rest != 0; rest &= rest - 1) {
    const i = <i32>ctz(rest);
    found |= (<u64>hasBit(query.filter, query.filterWords, base + ordinalAt(ordinals, width, i))) << i;
  }
  return found;
}

/** Which of up to 64 ordinals of two bytes have documents in a filter, which has a bit for `last`. Four at once. */
function screened16(filter: usize, ordinals: usize, count: i32, base: i32, last: i32): u64 {
  let found: u64 = 0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const four = load<u64>(ordinals + ((<usize>i) << 1));
    const a = bitOf(filter, min(base + <i32>(four & 0xffff), last));
    const b = bitOf(filter, min(base + <i32>((four >> 16) & 0xffff), last));
    const c = bitOf(filter, min(base + <i32>((four >> 32) & 0xffff), last));
    const d = bitOf(filter, min(base + <i32>(four >> 48), last));
    if (((a | b | c | d) & 1) == 0) continue;
    found |= (<u64>((a & 1) | ((b & 1) << 1) | ((c & 1) << 2) | ((d & 1) << 3))) << i;
  }
  for (; i < count; i++) {
    const doc = min(base + <i32>load<u16>(ordinals + ((<usize>i) << 1)), last);
    found |= (<u64>(bitOf(filter, doc) & 1)) << i;
  }
  return found;
}

/** The bit of a document, below others. */
function bitOf(filter: usize, doc: i32): u32 {
  return load<u32>(filter + ((<usize>doc >> 3) & ~3)) >>> doc;
}

/**
 * Adds what postings of a block are worth to the accumulators of the query's window, as far as their documents are in the
 * filter, and notes the offset of each document that had nothing yet in the list, from index `listed` on.
 *
 * @param from First posting.
 * @param to One past the last posting; `to - from` is at most 128.
 * @returns The next index.
 */
export function listScreened(
  query: Query,
  term: Term,
  ordinals: usize,
  width: i32,
  codes: usize,
  from: i32,
  to: i32,
  base: i32,
  last: i32,
  start: i32,
  listed: i32,
): i32 {
  let next = listed;
  for (let first = from; first < to; first += 64) {
    const count = min(64, to - first);
    const asked = ~(<u64>0) >>> (64 - count);
    for (
      let bits = screened(query, asked, ordinals + <usize>(first * width), width, base, last);
      bits != 0;
      bits &= bits - 1
    ) {
      const i = first + <i32>ctz(bits);
      const doc = (base - start + ordinalAt(ordinals, width, i)) & (LONGEST_WINDOW - 1);
      const sum = query.window + ((<usize>doc) << 1);
      const before = load<u16>(sum);
      store<i32>(query.list + ((<usize>next) << 2), doc);
      next += i32(before == 0);
      const code: usize = term.hasCodes ? <usize>load<u8>(codes + <usize>i) : 0;
      store<u16>(sum, before + load<u16>(term.quanta + (code << 1)));
    }
  }
  return next;
}

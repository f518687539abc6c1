/** Bitmaps of documents: ordinal `o` is bit `o & 31` of word `o >>> 5`, so 64 of them are one number of 64 bits. */
import { Query } from './records.ts';

/** Whether a document has its bit. A document behind the end of the bitmap has none. */
export function hasBit(words: usize, count: i32, doc: i32): bool {
  const word = doc >>> 5;
  return word < count && ((load<u32>(words + ((<usize>word) << 2)) >>> (doc & 31)) & 1) != 0;
}

/** The bits of 64 documents from `doc` on, a multiple of 64. */
export function bitsFrom(words: usize, count: i32, doc: i32): u64 {
  const word = doc >>> 5;
  const at = words + ((<usize>word) << 2);
  if (word + 1 < count) return load<u64>(at);
  return word < count ? <u64>load<u32>(at) : 0;
}

/** Sets the bit of a document, unless it lies behind the end of the bitmap. */
export function setBit(words: usize, count: i32, doc: i32): void {
  const word = doc >>> 5;
  const at = words + ((<usize>word) << 2);
  if (word < count) store<u32>(at, load<u32>(at) | (1 << (doc & 31)));
}

/** Sets those bits of 64 documents from `doc` on that are set in `bits`. */
export function setBits(words: usize, count: i32, doc: i32, bits: u64): void {
  const word = doc >>> 5;
  const at = words + ((<usize>word) << 2);
  if (word + 1 < count) store<u64>(at, load<u64>(at) | bits);
  else if (word < count) store<u32>(at, load<u32>(at) | <u32>bits);
}

/** The first multiple of 64 from `doc` on, itself one, with a bit among its 64; `end` or more if there is none before. */
export function firstFiltered(query: Query, doc: i32, end: i32): i32 {
  const words = query.filter;
  if (words == 0) return doc;
  const count = query.filterWords;
  let at = doc;
  while (at < end && bitsFrom(words, count, at) == 0) at += 64;
  return at;
}

/** Whether one of the documents `from` to `to` - 1 has its bit; in doubt true. */
export function mayHaveBits(query: Query, from: i32, to: i32): bool {
  const words = query.filter;
  if (words == 0) return true;
  const count = query.filterWords;
  for (let at = from & ~63; at < to; at += 64) if (bitsFrom(words, count, at) != 0) return true;
  return false;
}

/** Documents of the filter. */
export function countFilter(query: Query): i32 {
  const words = query.filter;
  const count = query.filterWords;
  let sum: u64 = 0;
  for (let word = 0; word < count; word += 2) sum += popcnt(bitsFrom(words, count, word << 5));
  return <i32>sum;
}

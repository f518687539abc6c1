/**
 * Batches of documents that may have a phrase: up to 128 of them, and for each term where its posting is. Terms take
 * turns: each one keeps the documents it is in, so lists are intersected a block at a time and not document by document.
 *
 * A batch lies in `query.list`:
 *
 * | byte | what |
 * | --- | --- |
 * | 0 | documents, rising, i32 × 128 |
 * | 512 | for the documents that a term keeps: which of those before they were, u8 × 128 |
 * | 640 | positions that are compared, see `phrase.ts` |
 * | 1024 | frequencies of the phrase, f32 × 128 |
 * | 1536 | for each term 5248 bytes: |
 * | + 0 | — numbers of its postings, i32 × 128: 128 times the block, plus the index there |
 * | + 512 | — their positions, 32 bytes × 128 |
 * | + 4608 | — positions before each posting of a block and behind the last, u32 × 129 |
 */
import { bitsFrom, hasBit } from './filter.ts';
import {
  baseOf,
  codesBelow64,
  codesFrom64,
  lengthOf,
  ordinalAt,
  ordinalsOf,
  selectCodes,
  widthOf,
} from './postings.ts';
import { BLOCK, Positions, Query, Term, termAt } from './records.ts';

/** Offset in a batch of room for a byte for each document. */
export const SLOTS: usize = 512;
const FREQUENCIES: usize = 1024;
const TERMS: usize = 1536;
const TERM_BYTES: usize = 5248;
const OPENED: usize = 512;
const SUMS: usize = 4608;

/** Bits of the index of a posting in its number. */
export const INDEX_BITS: i32 = 7;
/** Offset in a batch of room for compared positions, 384 bytes. */
export const COMPARED: usize = 640;

/** Documents of the batch. */
export let batchCount: i32 = 0;

/** Tells that only the first documents of the batch are left. */
export function leave(count: i32): void {
  batchCount = count;
}

/** Gives each term its part of the room for batches. */
export function resetBatches(query: Query): void {
  for (let i = 0; i < query.termCount; i++) {
    const term = termAt(query.order, i);
    term.found = query.list + TERMS + <usize>i * TERM_BYTES;
    term.opened = term.found + OPENED;
    term.sums = term.found + SUMS;
  }
}

/** Document `i` of the batch. */
export function docAt(query: Query, i: i32): i32 {
  return load<i32>(query.list + ((<usize>i) << 2));
}

/** Frequency of the phrase in document `i` of those that have it. */
export function frequencyAt(query: Query, i: i32): f32 {
  return load<f32>(query.list + FREQUENCIES + ((<usize>i) << 2));
}

/** Keeps document `i` of the batch if a frequency is not 0, as the next after `kept` others; returns how many are kept. */
export function keepFrequency(query: Query, i: i32, frequency: f32, kept: i32): i32 {
  store<i32>(query.list + ((<usize>kept) << 2), docAt(query, i));
  store<f32>(query.list + FREQUENCIES + ((<usize>kept) << 2), frequency);
  return kept + i32(frequency > 0);
}

/** Number of a term's posting of document `i` of the batch. */
export function postingAt(term: Term, i: i32): i32 {
  return load<i32>(term.found + ((<usize>i) << 2));
}

/** Positions of a term in document `i` of the batch, once they are opened. */
export function openedAt(term: Term, i: i32): Positions {
  return changetype<Positions>(term.opened + ((<usize>i) << 5));
}

/** Makes a batch of those documents of a block that the filter has and whose code is not below one, which is at most 255. */
export function takeBlock(query: Query, term: Term, block: i32, lowestCode: i32): void {
  const base = baseOf(term, block);
  const length = lengthOf(term, block);
  const width = widthOf(term, block);
  const ordinals = ordinalsOf(term, block);
  batchCount = 0;
  if (lowestCode == 0 && query.filter == 0 && length == BLOCK && width < 4) {
    takeWhole(query, term, block, base, ordinals, width);
    return;
  }
  selectCodes(term, ordinals + <usize>(length * width), length, lowestCode);
  const later = codesFrom64;
  let offset = 0;
  for (let bits = codesBelow64; ; bits = later, offset = 64) {
    for (; bits != 0; bits &= bits - 1) {
      const index = offset + <i32>ctz(bits);
      const doc = base + ordinalAt(ordinals, width, index);
      const at = (<usize>batchCount) << 2;
      store<i32>(query.list + at, doc);
      store<i32>(term.found + at, (block << INDEX_BITS) | index);
      batchCount += i32(query.filter == 0 || hasBit(query.filter, query.filterWords, doc));
    }
    if (offset > 0) break;
  }
}

/** Makes a batch of a block of 128 documents. */
function takeWhole(query: Query, term: Term, block: i32, base: i32, ordinals: usize, width: i32): void {
  const bases = i32x4.splat(base);
  let numbers = i32x4.add(i32x4.splat(block << INDEX_BITS), i32x4(0, 1, 2, 3));
  for (let i: usize = 0; i < <usize>BLOCK; i += 4) {
    const few =
      width == 1 ? i16x8.extend_low_i8x16_u(v128.load32_zero(ordinals + i)) : v128.load64_zero(ordinals + (i << 1));
    v128.store(query.list + (i << 2), i32x4.add(bases, i32x4.extend_low_i16x8_u(few)));
    v128.store(term.found + (i << 2), numbers);
    numbers = i32x4.add(numbers, i32x4.splat(4));
  }
  batchCount = BLOCK;
}

/** Makes a batch of the documents of the filter from `doc` on, a multiple of 64; returns where the next one begins. */
export function takeFiltered(query: Query, doc: i32): i32 {
  batchCount = 0;
  let from = doc;
  for (; from < query.endOrdinal && batchCount <= BLOCK - 64; from += 64) {
    for (let bits = bitsFrom(query.filter, query.filterWords, from); bits != 0; bits &= bits - 1) {
      store<i32>(query.list + ((<usize>batchCount) << 2), from + <i32>ctz(bits));
      batchCount++;
    }
  }
  return from;
}

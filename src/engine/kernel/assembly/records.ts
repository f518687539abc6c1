/**
 * What the driver writes for a call, and what a call keeps while it runs. All of it lies in the scratch region of this
 * instance: other threads run their own instances over the same memory, so the module itself has no data. The fields
 * up to `filledByDriver` are written by the driver (`plan-writer.ts`), 32 bits each, in this order.
 */

/** One call. */
@unmanaged
export class Query {
  /** Addresses of the terms' records, `termCount` of them, in the plan's order. */
  terms: usize;
  termCount: i32;
  /** `KIND_OR`, `KIND_AND` or `KIND_PHRASE`. */
  kind: i32;
  minimum: i32;
  endOrdinal: i32;
  /** 0 if all documents count. */
  filter: usize;
  /** 32-bit words of `filter`. */
  filterWords: i32;
  /** Documents of `filter`; negative if that is not known. All documents without one. */
  filterCount: i32;
  /** Bitmap to mark; 0 if none. */
  target: usize;
  /** 32-bit words of `target`. */
  targetWords: i32;
  /** Hits to keep; 0 to count or mark only. */
  limit: i32;
  /** Matches to count before skipping; all ones to count all. */
  countLimit: u32;
  floor: f32;
  /** Whether sums of scores are exact in any order, so that lists may be skipped and taken in another order. */
  isExact: i32;
  /** How far words of a phrase may be moved, all together. */
  slop: i32;
  /** Room for `limit` hits of 8 bytes. */
  hits: usize;
  /** Room for `termCount` addresses. */
  order: usize;
  /** Room for `termCount + 1` float64. */
  prefix: usize;
  /** Accumulators of a window; see `windows.ts`. */
  window: usize;
  /** Room for `LONGEST_WINDOW + BLOCK` numbers of 32 bits; of phrases, for a batch. */
  list: usize;
  /** Documents in `list`, where those are to be looked at. */
  listed: i32;
  /** Values of a column to sort by, bytes of each, and what makes keys of them; see `sorted.ts`. */
  values: usize;
  valueWidth: i32;
  flip: u32;
  /** Keys that may be kept. */
  leastKey: u32;
  greatestKey: u32;
  filledByDriver: i32;
  /** Matches seen. */
  total: u32;
  hitCount: i32;
}

/** One term of a call. Fields of blocks are addresses of the value of the term's first block. */
@unmanaged
export class Term {
  blockLast: usize;
  blockPostings: usize;
  blockPositions: usize;
  blockPositionBits: usize;
  blockMax: usize;
  blockWidth: usize;
  postings: usize;
  positions: usize;
  norms: usize;
  blockCount: i32;
  docFrequency: i32;
  /** Whether postings have codes of (frequency, norm); else all score as frequency 1 in length 1. */
  hasCodes: i32;
  /** See `scores.ts`. */
  profile: usize;
  /** Score, bound (greatest score up to this code) and window value by code: 256 float64, float64 and u16. */
  scores: usize;
  bounds: usize;
  quanta: usize;
  weight: f32;
  /** Place in a phrase. */
  place: i32;
  /** Whether the tables are this term's; else they are those of one before, of the same profile and weight. */
  ownsTables: i32;
  /** A code that at least `limit` postings have, with a filter 100 postings, or a higher one; 0 if unknown. */
  kthCode: i32;
  filledByDriver: i32;
  /** Whether `scores` and `bounds` are filled; else they are worked out as they are needed. */
  hasTables: i32;
  /** No posting of the term scores more. */
  maximum: f64;
  /** No posting of the term scores more in the stretch that is looked at. */
  bound: f64;
  /** Cursors: of accumulation, of bounds, of probes. They only move forward. */
  block: i32;
  boundBlock: i32;
  probeBlock: i32;
  /** Index in `probeBlock` of the posting that the last successful probe found. */
  index: i32;
  /** In a batch, for each document the number of its posting; see `batch.ts`. */
  found: usize;
  /** The same: where its positions are, a `Positions` each. */
  opened: usize;
  /** Block whose frequencies are added up, and its codes. */
  sumBlock: i32;
  codes: usize;
  /** Room for positions before each of its postings; how many postings are added up, and the first exception from there on. */
  sums: usize;
  sumIndex: i32;
  exception: usize;
  /** Of a document: positions that are read; place of the phrase's start by the one at hand, and whether it waits its turn. */
  read: u32;
  start: i32;
  isQueued: i32;
}

/** Positions of a posting: behind 16 bytes for 8 of them, where they are packed. */
@unmanaged
export class Positions {
  few0: u64;
  few1: u64;
  bytes: usize;
  frequency: u32;
  bit: u32;
  bits: u32;
}

/** Documents with `minimum` of the terms. */
export const KIND_OR: i32 = 0;
/** Documents with all terms; `minimum` is their number. */
export const KIND_AND: i32 = 1;
/** Documents with the phrase; `minimum` is the number of its terms. */
export const KIND_PHRASE: i32 = 2;

/** Most postings of a block. */
export const BLOCK: i32 = 128;

/** Code of a posting whose frequency stands among the exceptions of its block. */
export const EXCEPTION: u32 = 255;

/** Bits of `blockWidth` that tell the bytes of an ordinal; the bit above tells of exceptions. */
export const WIDTH_MASK: i32 = 0x7f;

/** Term `i` of an array of addresses. */
export function termAt(terms: usize, i: i32): Term {
  return changetype<Term>(load<usize>(terms + ((<usize>i) << 2)));
}

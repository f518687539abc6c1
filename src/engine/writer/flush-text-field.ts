/**
 * Writes a text field of a frozen head into a segment, in slices: its terms are sorted, its tokens are brought into the
 * order of the terms by a counting sort, and each term's tokens become postings.
 */
import type { HeadTextField } from '../head/head-text-field.ts';
import { STEP_BACK } from '../head/token-log.ts';
import type { Bm25Parameters } from '../score/bm25.ts';
import { encodeLength } from '../score/norms.ts';
import { chooseCodes } from '../segment/code-table.ts';
import { PairHistogram } from '../segment/pair-histogram.ts';
import type { FieldTarget } from './flush-columns.ts';
import type { OrdinalMap } from './ordinal-map.ts';
import { BATCH, PostingsBatch, TermWriter } from './postings-batch.ts';
import { SLICE_UNITS, type Slices } from './slices.ts';
import { sortTerms } from './sort-terms.ts';

const COUNT_UNITS = 2;
const SCATTER_UNITS = 4;
const TOKEN_UNITS = 4;
const TERM_UNITS = 40;
/** Tokens written before a slice may end. */
const TOKENS_AT_ONCE = 1 << 14;
/** Postings counted between two slices. */
const POSTINGS_AT_ONCE = 1 << 16;

/**
 * Tokens by term; those of the term of rank `r` end before `ends[r]`. A token is one number if ordinal and place fit into
 * it, which saves a good part of the time; else they are apart.
 */
type SortedTokens = {
  /** Ordinals times 2^`placeBits`, plus places; or ordinals. */
  readonly tokens: Uint32Array;
  readonly placeBits: number;
  /** Places, if `placeBits` is 0. */
  readonly places: Uint32Array;
  /** UTF-16 starts and ends, where the field keeps offsets. */
  readonly offsets: Uint32Array;
  readonly ends: Uint32Array;
};

/** Writes the dictionary and the postings of a text field. */
export function* flushTextField(
  field: HeadTextField,
  { map, writer, parameters }: FieldTarget & { readonly parameters: Bm25Parameters },
): Slices {
  const lengths = new Uint32Array(map.newCount);
  for (let old = 0; old < map.oldCount; old++) if (map.has(old)) lengths[map.ordinals[old]!] = field.length(old);
  yield map.oldCount;
  const counts = yield* countTokens(field, map);
  const order = yield* sortedTerms(field, counts);
  if (order.length === 0) return;
  const sorted = yield* sortTokens(field, { map, order, counts });
  const histogram = yield* countPairs(field, map, lengths);
  const { hasOffsets } = field.log;
  const fieldWriter = writer.field({
    field: field.field,
    type: 'text',
    lengths,
    codes: chooseCodes(histogram, averageLength(lengths), parameters),
    hasPositions: true,
    hasOffsets,
  });
  const termWriter = new TermWriter(fieldWriter);
  const batch = new PostingsBatch(termWriter, hasOffsets);
  let from = 0;
  let cost = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const term = order[rank]!;
    const to = sorted.ends[rank]!;
    termWriter.begin(field.terms.bytes, field.terms.from(term), field.terms.to(term));
    cost += TERM_UNITS + (to - from) * TOKEN_UNITS;
    while (from < to) {
      from = addPostings(batch, sorted, { from, to });
      if (cost < SLICE_UNITS) continue;
      yield SLICE_UNITS;
      cost -= SLICE_UNITS;
    }
  }
  fieldWriter.finish();
  yield cost;
}

/** Tokens of each term in documents that are kept. */
function* countTokens({ log, terms }: HeadTextField, map: OrdinalMap): Slices<Uint32Array> {
  const counts = new Uint32Array(terms.count);
  const { entries, starts } = log;
  let cost = 0;
  for (let old = 0; old < Math.min(log.rowCount, map.oldCount); old++) {
    if (!map.has(old)) continue;
    const end = starts[old + 1]!;
    for (let i = starts[old]!; i < end; i++) if (entries[i]! >= 0) counts[entries[i]!]!++;
    cost += (end - starts[old]!) * COUNT_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
  return counts;
}

/** The terms that are counted, sorted by their bytes. */
function* sortedTerms({ terms }: HeadTextField, counts: Uint32Array): Slices<Int32Array> {
  const numbers = new Int32Array(terms.count);
  let size = 0;
  for (let term = 0; term < counts.length; term++) if (counts[term]! > 0) numbers[size++] = term;
  const order = numbers.subarray(0, size);
  yield* sortTerms(terms, order);
  return order;
}

/** Brings the tokens of documents that are kept into the order of their terms; within a term, of the log. */
function* sortTokens(
  { log }: HeadTextField,
  { map, order, counts }: { readonly map: OrdinalMap; readonly order: Int32Array; readonly counts: Uint32Array },
): Slices<SortedTokens> {
  // From here on, `counts` holds where the next token of each term goes.
  const next = counts;
  let sum = 0;
  for (const term of order) {
    const count = next[term]!;
    next[term] = sum;
    sum += count;
  }
  const bits = bitsOf(log.greatestPlace);
  const placeBits = bits + bitsOf(map.newCount) <= 32 ? bits : 0;
  const tokens = new Uint32Array(sum);
  const places = new Uint32Array(placeBits === 0 ? sum : 0);
  const sortedOffsets = new Uint32Array(log.hasOffsets ? sum * 2 : 0);
  const { entries, starts, offsets } = log;
  let cost = order.length;
  for (let old = 0; old < Math.min(log.rowCount, map.oldCount); old++) {
    if (!map.has(old)) continue;
    const ordinal = map.ordinals[old]!;
    const base = placeBits === 0 ? ordinal : ordinal << placeBits;
    const end = starts[old + 1]!;
    let place = 0;
    for (let i = starts[old]!; i < end; i++) {
      const entry = entries[i]!;
      if (entry < 0) {
        place = entry === STEP_BACK ? place - 1 : place - entry;
        continue;
      }
      const at = next[entry]!++;
      if (placeBits > 0) tokens[at] = base | place;
      else {
        tokens[at] = base;
        places[at] = place;
      }
      place++;
      if (!log.hasOffsets) continue;
      sortedOffsets[at * 2] = offsets[i * 2]!;
      sortedOffsets[at * 2 + 1] = offsets[i * 2 + 1]!;
    }
    cost += (end - starts[old]!) * SCATTER_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  const ends = new Uint32Array(order.length);
  for (let rank = 0; rank < order.length; rank++) ends[rank] = next[order[rank]!]!;
  yield cost;
  return { tokens, placeBits, places, offsets: sortedOffsets, ends };
}

/** How often each pair of frequency and length code comes among the documents that are kept. */
function* countPairs({ chains }: HeadTextField, map: OrdinalMap, lengths: Uint32Array): Slices<PairHistogram> {
  const histogram = new PairHistogram();
  const norms = new Uint8Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) norms[i] = encodeLength(lengths[i]!);
  const { ordinals } = map;
  const visit = (old: number, frequency: number): void => {
    const ordinal = ordinals[old]!;
    if (ordinal >= 0) histogram.add(frequency, norms[ordinal]!);
  };
  for (let from = 0; from < chains.count; from += POSTINGS_AT_ONCE) {
    chains.forEach(from, Math.min(chains.count, from + POSTINGS_AT_ONCE), visit);
    yield POSTINGS_AT_ONCE;
  }
  return histogram;
}

/** Adds postings that tokens `from` to `to` - 1, all of one term, make. Returns the token to go on from. */
function addPostings(
  batch: PostingsBatch,
  { tokens, placeBits, places, offsets }: SortedTokens,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const { ordinals, frequencies } = batch;
  const enough = Math.min(to, from + TOKENS_AT_ONCE);
  let count = 0;
  let at = from;
  while (at < enough && count < BATCH) {
    const ordinal = tokens[at]! >>> placeBits;
    const start = at++;
    while (at < to && tokens[at]! >>> placeBits === ordinal) at++;
    ordinals[count] = ordinal;
    frequencies[count++] = at - start;
  }
  batch.reservePositions(at - from);
  const { positions } = batch;
  const mask = (1 << placeBits) - 1;
  if (placeBits > 0) for (let i = from; i < at; i++) positions[i - from] = tokens[i]! & mask;
  else for (let i = from; i < at; i++) positions[i - from] = places[i]!;
  if (batch.hasOffsets) copyOffsets(batch, offsets, from, at);
  batch.handOver(count);
  return at;
}

/** Copies the offsets of tokens `from` to `to` - 1. */
function copyOffsets({ starts, ends }: PostingsBatch, offsets: Uint32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    starts[i - from] = offsets[i * 2]!;
    ends[i - from] = offsets[i * 2 + 1]!;
  }
}

/** Bits of a number. */
function bitsOf(number: number): number {
  return 32 - Math.clz32(number);
}

/** Tokens per document that has any. */
export function averageLength(lengths: Uint32Array): number {
  let documents = 0;
  let tokens = 0;
  for (const length of lengths) {
    if (length > 0) documents++;
    tokens += length;
  }
  return tokens / Math.max(1, documents);
}

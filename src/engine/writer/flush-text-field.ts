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
import { PostingsBatch } from './postings-batch.ts';
import { SLICE_UNITS, type Slices } from './slices.ts';
import { sortTerms } from './sort-terms.ts';

const COUNT_UNITS = 2;
const SCATTER_UNITS = 4;
const TOKEN_UNITS = 4;
const TERM_UNITS = 40;
/** Tokens written before a slice may end. */
const TOKENS_AT_ONCE = 1 << 14;

/** Numbers per token that is sorted: ordinal and position, and where it stands in the text if offsets are kept. */
const PLAIN = 2;
const WITH_OFFSETS = 4;

/** Tokens by term; those of the term of rank `r` end before `ends[r]`. */
type SortedTokens = { readonly tokens: Uint32Array; readonly ends: Uint32Array; readonly stride: number };

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
  const histogram = yield* countPairs(sorted, lengths);
  const { hasOffsets } = field.log;
  const fieldWriter = writer.field({
    field: field.field,
    type: 'text',
    lengths,
    codes: chooseCodes(histogram, averageLength(lengths), parameters),
    hasPositions: true,
    hasOffsets,
  });
  const batch = new PostingsBatch(fieldWriter, hasOffsets);
  let from = 0;
  let cost = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const term = order[rank]!;
    const to = sorted.ends[rank]!;
    batch.beginTerm(field.terms.bytes, field.terms.from(term), field.terms.to(term));
    cost += TERM_UNITS + (to - from) * TOKEN_UNITS;
    while (from < to) {
      from = addPostings(batch, sorted, { from, to });
      if (cost < SLICE_UNITS) continue;
      yield SLICE_UNITS;
      cost -= SLICE_UNITS;
    }
    batch.endTerm();
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
  const stride = log.hasOffsets ? WITH_OFFSETS : PLAIN;
  // From here on, `counts` holds where the next token of each term goes.
  const next = counts;
  let sum = 0;
  for (const term of order) {
    const count = next[term]!;
    next[term] = sum;
    sum += count;
  }
  const tokens = new Uint32Array(sum * stride);
  const { entries, starts, offsets } = log;
  let cost = order.length;
  for (let old = 0; old < Math.min(log.rowCount, map.oldCount); old++) {
    if (!map.has(old)) continue;
    const ordinal = map.ordinals[old]!;
    const end = starts[old + 1]!;
    let place = 0;
    for (let i = starts[old]!; i < end; i++) {
      const entry = entries[i]!;
      if (entry < 0) {
        place = entry === STEP_BACK ? place - 1 : place - entry;
        continue;
      }
      const at = next[entry]!++ * stride;
      tokens[at] = ordinal;
      tokens[at + 1] = place++;
      if (stride === PLAIN) continue;
      tokens[at + 2] = offsets[i * 2]!;
      tokens[at + 3] = offsets[i * 2 + 1]!;
    }
    cost += (end - starts[old]!) * SCATTER_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  const ends = new Uint32Array(order.length);
  for (let rank = 0; rank < order.length; rank++) ends[rank] = next[order[rank]!]!;
  yield cost;
  return { tokens, ends, stride };
}

function* countPairs({ tokens, ends, stride }: SortedTokens, lengths: Uint32Array): Slices<PairHistogram> {
  const histogram = new PairHistogram();
  const norms = new Uint8Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) norms[i] = encodeLength(lengths[i]!);
  let at = 0;
  let cost = 0;
  for (const termEnd of ends) {
    const end = termEnd * stride;
    const start = at;
    while (at < end) {
      const ordinal = tokens[at]!;
      let frequency = 1;
      for (at += stride; at < end && tokens[at] === ordinal; at += stride) frequency++;
      histogram.add(frequency, norms[ordinal]!);
    }
    cost += at - start;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
  return histogram;
}

/** Adds postings that tokens `from` to `to` - 1, all of one term, make. Returns the token to go on from. */
function addPostings(
  batch: PostingsBatch,
  { tokens, stride }: SortedTokens,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const end = to * stride;
  const enough = (from + TOKENS_AT_ONCE) * stride;
  let at = from * stride;
  while (at < end && at < enough) {
    const ordinal = tokens[at]!;
    let after = at + stride;
    while (after < end && tokens[after] === ordinal) after += stride;
    const frequency = (after - at) / stride;
    batch.reservePositions(frequency);
    for (; at < after; at += stride) {
      const position = batch.positionCount++;
      batch.positions[position] = tokens[at + 1]!;
      if (stride === PLAIN) continue;
      batch.starts[position] = tokens[at + 2]!;
      batch.ends[position] = tokens[at + 3]!;
    }
    batch.add(ordinal, frequency);
  }
  return at / stride;
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

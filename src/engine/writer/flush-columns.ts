/** Writes columns and keyword fields of a frozen head into a segment, in slices. */
import type { HeadColumn } from '../head/head-column.ts';
import type { HeadKeywordField } from '../head/head-keyword-field.ts';
import type { SegmentWriter } from '../segment/segment-writer.ts';
import type { OrdinalMap } from './ordinal-map.ts';
import { BATCH, PostingsBatch, TermWriter } from './postings-batch.ts';
import { inSlices, SLICE_UNITS, type Slices } from './slices.ts';
import { sortTerms } from './sort-terms.ts';

/** Where a field is written to, and which of its documents. */
export type FieldTarget = { readonly map: OrdinalMap; readonly writer: SegmentWriter };

const VALUE_UNITS = 3;
const POSTING_UNITS = 4;
const TERM_UNITS = 30;

/** Writes a column of numbers. */
export function* flushColumn(column: HeadColumn, target: FieldTarget): Slices {
  yield* writeColumn(column, target, undefined);
}

/** Writes the dictionary, the postings and the column of a keyword field. */
export function* flushKeywordField(field: HeadKeywordField, target: FieldTarget): Slices {
  const { map, writer } = target;
  const { column, terms } = field;
  const lengths = new Uint32Array(map.newCount);
  const ends = new Uint32Array(terms.count);
  let cost = 0;
  for (let old = 0; old < map.oldCount; old++) {
    if (!map.has(old)) continue;
    const [start, end] = [column.start(old), column.end(old)];
    lengths[map.ordinals[old]!] = end - start;
    for (let i = start; i < end; i++) ends[column.at(i)]!++;
    cost += (end - start + 1) * VALUE_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  const order = yield* sortedTerms(field, ends);
  if (order.length === 0) return;
  const ranks = new Float64Array(terms.count);
  let sum = 0;
  order.forEach((term, rank) => {
    ranks[term] = rank;
    const count = ends[term]!;
    ends[term] = sum;
    sum += count;
  });
  const ordinals = new Uint32Array(sum);
  for (let old = 0; old < map.oldCount; old++) {
    if (!map.has(old)) continue;
    const [start, end] = [column.start(old), column.end(old)];
    for (let i = start; i < end; i++) ordinals[ends[column.at(i)]!++] = map.ordinals[old]!;
    cost += (end - start + 1) * VALUE_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
  yield* writeTerms(field, { order, ends, ordinals, lengths }, writer);
  yield* writeColumn(column, target, ranks);
}

/** Documents by term: those of the term of rank `r` end before `ends[order[r]]`. */
type SortedDocuments = {
  readonly order: Int32Array;
  readonly ends: Uint32Array;
  readonly ordinals: Uint32Array;
  readonly lengths: Uint32Array;
};

function* writeTerms(
  { field, terms }: HeadKeywordField,
  { order, ends, ordinals, lengths }: SortedDocuments,
  writer: SegmentWriter,
): Slices {
  const fieldWriter = writer.field({ field, type: 'keyword', lengths, hasPositions: false, hasOffsets: false });
  const termWriter = new TermWriter(fieldWriter);
  const batch = new PostingsBatch(termWriter, false);
  let from = 0;
  let cost = 0;
  for (const term of order) {
    const to = ends[term]!;
    termWriter.begin(terms.bytes, terms.from(term), terms.to(term));
    cost += TERM_UNITS;
    while (from < to) {
      const count = Math.min(BATCH, to - from);
      batch.ordinals.set(ordinals.subarray(from, from + count));
      batch.handOver(count);
      from += count;
      cost += count * POSTING_UNITS;
      if (cost < SLICE_UNITS) continue;
      yield cost;
      cost = 0;
    }
  }
  fieldWriter.finish();
  yield cost;
}

/** The terms that are counted, sorted by their bytes. */
function* sortedTerms({ terms }: HeadKeywordField, counts: Uint32Array): Slices<Int32Array> {
  const numbers = new Int32Array(terms.count);
  let size = 0;
  for (let term = 0; term < numbers.length; term++) if (counts[term]! > 0) numbers[size++] = term;
  const order = numbers.subarray(0, size);
  yield* sortTerms(terms, order);
  return order;
}

/** Writes the values of a column that are kept; with `ranks`, these are what values stand for. */
function* writeColumn(column: HeadColumn, { map, writer }: FieldTarget, ranks: Float64Array | undefined): Slices {
  const starts = new Uint32Array(map.newCount + 1);
  const values = new Float64Array(column.valueCount);
  let next = 0;
  let size = 0;
  let isDense = true;
  let cost = 0;
  for (let old = 0; old < map.oldCount; old++) {
    if (!map.has(old)) continue;
    const [start, end] = [column.start(old), column.end(old)];
    for (let i = start; i < end; i++) values[size++] = ranks === undefined ? column.at(i) : ranks[column.at(i)]!;
    if (end - start !== 1) isDense = false;
    starts[++next] = size;
    cost += (end - start + 1) * VALUE_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  const written = { field: column.field, type: column.type, values: values.subarray(0, size) };
  yield cost;
  if (size === 0) return;
  yield* inSlices(writer.columnInSlices(isDense ? written : { ...written, starts }), map.newCount);
}

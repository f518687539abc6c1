/** Merges the dictionaries and postings of a field of several segments, in slices. */

import type { Bm25Parameters } from '../score/bm25.ts';
import { chooseCodes } from '../segment/code-table.ts';
import type { FieldWriter, NewField, PostingsBuffer } from '../segment/field-writer.ts';
import { PairHistogram } from '../segment/pair-histogram.ts';
import type { SegmentField } from '../segment/segment-field.ts';
import type { PostingsBlocks } from '../segment/segment-postings.ts';
import type { SegmentWriter } from '../segment/segment-writer.ts';
import { averageLength } from '../writer/flush-text-field.ts';
import type { OrdinalMap } from '../writer/ordinal-map.ts';
import { TermWriter } from '../writer/postings-batch.ts';
import { SLICE_UNITS, type Slices } from '../writer/slices.ts';
import type { MergeInput } from './merge-segments.ts';
import { TermMerger } from './term-merger.ts';

/** What a field is merged from, and into. */
export type FieldMerge = {
  readonly inputs: readonly MergeInput[];
  readonly writer: SegmentWriter;
  readonly docCount: number;
  readonly parameters: Bm25Parameters;
};

/** A segment that has the field. */
type Source = {
  readonly input: number;
  readonly field: SegmentField;
  readonly map: OrdinalMap;
  readonly blocks: PostingsBlocks;
};

const TERM_UNITS = 60;
/** Documents whose lengths are read between two slices. */
const DOCUMENTS_AT_ONCE = 1 << 16;
/** With its positions. */
const POSTING_UNITS = 4;

/**
 * Writes a field.
 *
 * @returns By segment, the number of each of its terms in the merged dictionary. A term that no live document has gets
 *   none, and its entry means nothing.
 */
export function* mergeInvertedField(name: string, merge: FieldMerge): Slices<readonly Float64Array[]> {
  const sources = merge.inputs.flatMap(({ segment, map }, input): Source[] => {
    const field = segment.inverted(name);
    return field === undefined ? [] : [{ input, field, map, blocks: field.blocks() }];
  });
  const ranks = merge.inputs.map(({ segment }) => new Float64Array(segment.inverted(name)?.termCount ?? 0));
  const newField = yield* describe(name, sources, merge);
  const fieldWriter = merge.writer.field(newField);
  yield* mergeTerms(sources, { newField, fieldWriter, ranks });
  fieldWriter.finish();
  return ranks;
}

/** Lengths of the documents, and codes for their postings. */
function* describe(name: string, sources: readonly Source[], merge: FieldMerge): Slices<NewField> {
  const lengths = new Uint32Array(merge.docCount);
  const type = sources[0]?.field.type ?? 'text';
  const histogram = new PairHistogram();
  for (const { field, map } of sources) {
    for (let old = 0; old < map.oldCount; old++) {
      if (map.has(old)) lengths[map.ordinals[old]!] = field.length(old);
      if (old % DOCUMENTS_AT_ONCE === DOCUMENTS_AT_ONCE - 1) yield SLICE_UNITS;
    }
    if (type === 'text') histogram.addAll(field.histogram());
  }
  const hasOffsets = sources.every(({ field }) => field.hasOffsets);
  if (type === 'keyword') return { field: name, type, lengths, hasPositions: false, hasOffsets: false };
  const codes = chooseCodes(histogram, averageLength(lengths), merge.parameters);
  return { field: name, type, lengths, codes, hasPositions: true, hasOffsets };
}

function* mergeTerms(
  sources: readonly Source[],
  {
    newField,
    fieldWriter,
    ranks,
  }: { readonly newField: NewField; readonly fieldWriter: FieldWriter; readonly ranks: readonly Float64Array[] },
): Slices {
  const terms = new TermMerger(sources.map(({ field }) => field));
  const writer = new TermWriter(fieldWriter);
  let rank = 0;
  let cost = 0;
  while (terms.next()) {
    writer.begin(terms.bytes, terms.from, terms.to);
    for (let i = 0; i < terms.count; i++) {
      const source = sources[terms.sources[i]!]!;
      const term = terms.terms[i]!;
      ranks[source.input]![term] = rank;
      source.blocks.open(term);
      for (let count = source.blocks.next(); count > 0; count = source.blocks.next()) {
        cost += writeBlock(source, count, { writer, newField });
        if (cost < SLICE_UNITS) continue;
        yield cost;
        cost = 0;
      }
    }
    if (writer.isWritten) rank++;
    cost += terms.count * TERM_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
}

/** Writes those postings of a decoded block that are kept. Returns what it cost. */
function writeBlock(
  { blocks, map }: Source,
  count: number,
  { writer, newField }: { readonly writer: TermWriter; readonly newField: NewField },
): number {
  const { ordinals } = blocks;
  let kept = count;
  if (map.isWhole) for (let i = 0; i < count; i++) ordinals[i]! += map.base;
  else kept = newField.hasPositions ? keepLiveWithPlaces(blocks, map, count) : keepLive(blocks, map, count);
  if (kept > 0) writer.add(new KeptPostings(blocks, kept));
  return count * POSTING_UNITS;
}

/** Moves the postings of a block that are kept to its front, under their new ordinals. Returns how many there are. */
function keepLive({ ordinals }: PostingsBlocks, map: OrdinalMap, count: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const ordinal = map.ordinals[ordinals[i]!]!;
    if (ordinal >= 0) ordinals[kept++] = ordinal;
  }
  return kept;
}

/** The same with frequencies, positions and offsets. */
function keepLiveWithPlaces(blocks: PostingsBlocks, map: OrdinalMap, count: number): number {
  const { ordinals, frequencies, positions, starts, ends } = blocks;
  const hasOffsets = starts.length > 0;
  let kept = 0;
  let from = 0;
  let to = 0;
  for (let i = 0; i < count; i++) {
    const frequency = frequencies[i]!;
    const ordinal = map.ordinals[ordinals[i]!]!;
    if (ordinal >= 0) {
      ordinals[kept] = ordinal;
      frequencies[kept++] = frequency;
      for (let j = 0; j < frequency; j++) positions[to + j] = positions[from + j]!;
      if (hasOffsets) {
        for (let j = 0; j < frequency; j++) {
          starts[to + j] = starts[from + j]!;
          ends[to + j] = ends[from + j]!;
        }
      }
      to += frequency;
    }
    from += frequency;
  }
  return kept;
}

/** The first postings of a decoded block. */
class KeptPostings implements PostingsBuffer {
  readonly count: number;
  readonly ordinals: Uint32Array;
  readonly frequencies: Uint32Array;
  readonly positions: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;

  constructor({ ordinals, frequencies, positions, starts, ends }: PostingsBlocks, count: number) {
    this.count = count;
    this.ordinals = ordinals;
    this.frequencies = frequencies;
    this.positions = positions;
    this.starts = starts;
    this.ends = ends;
  }
}

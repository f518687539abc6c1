/** Merges the dictionaries and postings of a field of several segments, in slices. */

import type { Bm25Parameters } from '../score/bm25.ts';
import { chooseCodes } from '../segment/code-table.ts';
import type { FieldWriter, NewField } from '../segment/field-writer.ts';
import { PairHistogram } from '../segment/pair-histogram.ts';
import type { SegmentField } from '../segment/segment-field.ts';
import type { PostingsBlocks } from '../segment/segment-postings.ts';
import type { SegmentWriter } from '../segment/segment-writer.ts';
import { averageLength } from '../writer/flush-text-field.ts';
import type { OrdinalMap } from '../writer/ordinal-map.ts';
import { PostingsBatch } from '../writer/postings-batch.ts';
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
/** Blocks of postings copied before a slice may end. */
const BLOCKS_AT_ONCE = 64;
const POSTING_UNITS = 3;
const POSITION_UNITS = 1;

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
    for (let old = 0; old < map.oldCount; old++) if (map.has(old)) lengths[map.ordinals[old]!] = field.length(old);
    yield map.oldCount * 2;
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
  const batch = new PostingsBatch(fieldWriter, newField.hasOffsets);
  const copyBlocks = newField.hasPositions ? copyTextBlocks : copyKeywordBlocks;
  let rank = 0;
  let cost = 0;
  while (terms.next()) {
    batch.beginTerm(terms.bytes, terms.from, terms.to);
    for (let i = 0; i < terms.count; i++) {
      const source = sources[terms.sources[i]!]!;
      const term = terms.terms[i]!;
      ranks[source.input]![term] = rank;
      source.blocks.open(term);
      for (let copied = copyBlocks(source, batch); copied > 0; copied = copyBlocks(source, batch)) {
        cost += copied;
        if (cost < SLICE_UNITS) continue;
        yield cost;
        cost = 0;
      }
    }
    if (batch.endTerm()) rank++;
    cost += terms.count * TERM_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
}

/** Adds the postings of the next blocks of a term that are kept. Returns what it cost; 0 at the end. */
function copyTextBlocks({ blocks, map, field }: Source, batch: PostingsBatch): number {
  const { ordinals } = map;
  const withOffsets = field.hasOffsets && batch.hasOffsets;
  let cost = 0;
  for (let block = 0; block < BLOCKS_AT_ONCE; block++) {
    const count = blocks.next();
    if (count === 0) return cost;
    let position = 0;
    for (let i = 0; i < count; i++) {
      const frequency = blocks.frequencies[i]!;
      const ordinal = ordinals[blocks.ordinals[i]!]!;
      if (ordinal >= 0) {
        batch.reservePositions(frequency);
        const to = batch.positionCount;
        for (let j = 0; j < frequency; j++) batch.positions[to + j] = blocks.positions[position + j]!;
        if (withOffsets) {
          for (let j = 0; j < frequency; j++) {
            batch.starts[to + j] = blocks.starts[position + j]!;
            batch.ends[to + j] = blocks.ends[position + j]!;
          }
        }
        batch.positionCount += frequency;
        batch.add(ordinal, frequency);
      }
      position += frequency;
    }
    cost += count * POSTING_UNITS + position * POSITION_UNITS;
  }
  return cost;
}

/** The same for keywords. */
function copyKeywordBlocks({ blocks, map }: Source, batch: PostingsBatch): number {
  const { ordinals } = map;
  let cost = 0;
  for (let block = 0; block < BLOCKS_AT_ONCE; block++) {
    const count = blocks.next();
    if (count === 0) return cost;
    for (let i = 0; i < count; i++) {
      const ordinal = ordinals[blocks.ordinals[i]!]!;
      if (ordinal >= 0) batch.add(ordinal, 1);
    }
    cost += count * POSTING_UNITS;
  }
  return cost;
}

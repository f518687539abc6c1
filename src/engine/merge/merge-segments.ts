/**
 * Merges neighbouring segments into one, in slices: dictionaries and postings are written anew without deleted documents,
 * stored sources are copied as they lie. The segments can be searched meanwhile, and documents deleted in them: the
 * caller deletes those in the merged segment at the end.
 */
import type { Segment } from '../segment/segment.ts';
import { SegmentWriter } from '../segment/segment-writer.ts';
import { copySources } from '../writer/copy-sources.ts';
import type { SegmentTarget } from '../writer/flush-head.ts';
import { OrdinalMap } from '../writer/ordinal-map.ts';
import { inSlices, SLICE_UNITS, type Slices } from '../writer/slices.ts';
import { mergeColumn } from './merge-column.ts';
import { mergeInvertedField } from './merge-inverted-field.ts';

/** A segment that goes into another, and where its documents go. */
export type MergeInput = { readonly segment: Segment; readonly map: OrdinalMap };

const DOCUMENT_UNITS = 150;

/**
 * Writes the live documents of segments, in their order.
 *
 * @returns Where the documents went, by segment.
 */
export function* mergeSegments(segments: readonly Segment[], target: SegmentTarget): Slices<readonly MergeInput[]> {
  const inputs: MergeInput[] = [];
  let docCount = 0;
  for (const segment of segments) {
    const map = OrdinalMap.ofLive(segment, docCount);
    inputs.push({ segment, map });
    docCount += map.newCount;
    yield segment.endOrdinal;
  }
  const writer = new SegmentWriter({ store: target.store, name: target.name, docCount });
  try {
    for (const input of inputs) yield* mergeDocuments(input, writer);
    for (const { segment, map } of inputs) yield* copySources(segment, map, writer);
    const ranks = new Map<string, readonly Float64Array[]>();
    for (const field of namesOf(segments, (segment) => segment.invertedFields)) {
      ranks.set(field, yield* mergeInvertedField(field, { inputs, writer, docCount, parameters: target.parameters }));
    }
    for (const field of namesOf(segments, (segment) => segment.columnFields)) {
      yield* mergeColumn(field, { inputs, writer, docCount, ranks: ranks.get(field) });
    }
    yield* inSlices(writer.finish(), docCount);
  } finally {
    writer.abort();
  }
  return inputs;
}

function namesOf(segments: readonly Segment[], names: (segment: Segment) => readonly string[]): ReadonlySet<string> {
  return new Set(segments.flatMap(names));
}

function* mergeDocuments({ segment, map }: MergeInput, writer: SegmentWriter): Slices {
  const { documents } = segment;
  let cost = 0;
  for (let old = 0; old < map.oldCount; old++) {
    if (!map.has(old)) continue;
    writer.addDocument({
      id: segment.idBytes(old),
      version: documents.version(old),
      seqNo: documents.seqNo(old),
      primaryTerm: documents.primaryTerm(old),
      position: documents.position(old),
    });
    cost += DOCUMENT_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
}

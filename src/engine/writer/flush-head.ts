/**
 * Writes a frozen head as a segment, in slices. The head can be searched meanwhile, and documents deleted: those that are
 * deleted after the start are in the segment, and the caller deletes them there.
 */
import type { Head } from '../head/head.ts';
import { HeadColumn } from '../head/head-column.ts';
import { HeadKeywordField } from '../head/head-keyword-field.ts';
import type { Bm25Parameters } from '../score/bm25.ts';
import { SegmentWriter } from '../segment/segment-writer.ts';
import type { Store } from '../store/store.ts';
import { copySources } from './copy-sources.ts';
import { flushColumn, flushKeywordField } from './flush-columns.ts';
import { flushTextField } from './flush-text-field.ts';
import { OrdinalMap } from './ordinal-map.ts';
import { inSlices, SLICE_UNITS, type Slices } from './slices.ts';

/** Where a segment is written to. */
export type SegmentTarget = { readonly store: Store; readonly name: string; readonly parameters: Bm25Parameters };

const DOCUMENT_UNITS = 150;

/**
 * Writes the live documents of a head.
 *
 * @returns Where each document went: the ordinal in the segment by that in the head.
 */
export function* flushHead(head: Head, target: SegmentTarget): Slices<OrdinalMap> {
  const map = OrdinalMap.ofLive(head);
  // It is merged before long: deflating its postings would be for nothing.
  const writer = new SegmentWriter({ store: target.store, name: target.name, docCount: map.newCount, deflates: false });
  try {
    yield* flushDocuments(head, map, writer);
    yield* copySources(head.documents.sources, map, writer);
    for (const field of head.fields.values()) {
      if (field instanceof HeadColumn) yield* flushColumn(field, { map, writer });
      else if (field instanceof HeadKeywordField) yield* flushKeywordField(field, { map, writer });
      else yield* flushTextField(field, { map, writer, parameters: target.parameters });
    }
    yield* inSlices(writer.finish(), map.newCount);
  } finally {
    writer.abort();
  }
  return map;
}

function* flushDocuments({ documents }: Head, map: OrdinalMap, writer: SegmentWriter): Slices {
  let cost = 0;
  for (let ordinal = 0; ordinal < map.oldCount; ordinal++) {
    if (!map.has(ordinal)) continue;
    writer.addDocument({
      id: documents.idBytes(ordinal),
      version: documents.version(ordinal),
      seqNo: documents.seqNo(ordinal),
      primaryTerm: documents.primaryTerm(ordinal),
      position: documents.position(ordinal),
    });
    cost += DOCUMENT_UNITS;
    if (cost < SLICE_UNITS) continue;
    yield cost;
    cost = 0;
  }
  yield cost;
}

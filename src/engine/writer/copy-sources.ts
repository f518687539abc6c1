/** Copies the stored sources of a part into a segment, in slices: whole blocks as they are where all documents are kept. */
import type { SegmentWriter } from '../segment/segment-writer.ts';
import type { BlockSource } from '../segment/source-block.ts';
import type { OrdinalMap } from './ordinal-map.ts';
import { SLICE_UNITS, type Slices } from './slices.ts';

const SOURCE_UNITS = 20;
const CALL_UNITS = 2000;

/** Copies the sources of one run of documents that are kept after the other. */
export function* copySources(sources: BlockSource, map: OrdinalMap, writer: SegmentWriter): Slices {
  let cost = 0;
  for (let from = 0; from < map.oldCount; from++) {
    if (!map.has(from)) continue;
    let to = from + 1;
    while (to < map.oldCount && map.has(to)) to++;
    for (let at = from; at < to; ) {
      const next = writer.copySources(sources, at, to);
      cost += (next - at) * SOURCE_UNITS + CALL_UNITS;
      at = next;
      if (cost < SLICE_UNITS) continue;
      yield cost;
      cost = 0;
    }
    from = to;
  }
  yield cost;
}

/** Merges a column of several segments, in slices. */
import type { Column } from '../part/index-part.ts';
import type { SegmentWriter } from '../segment/segment-writer.ts';
import { inSlices, SLICE_UNITS, type Slices } from '../writer/slices.ts';
import type { MergeInput } from './merge-segments.ts';

/** What a column is merged from, and into. */
export type ColumnMerge = {
  readonly inputs: readonly MergeInput[];
  readonly writer: SegmentWriter;
  readonly docCount: number;
  /** Of keywords: by segment, the number of each of its terms in the merged dictionary. */
  readonly ranks: readonly Float64Array[] | undefined;
};

/** Values read at once. */
const STEP = 1 << 12;

/** Values and where those of each document begin. */
type Merged = { readonly values: Float64Array; readonly starts: Uint32Array; size: number; isDense: boolean };

/** Writes a column. */
export function* mergeColumn(field: string, { inputs, writer, docCount, ranks }: ColumnMerge): Slices {
  const columns = inputs.map(({ segment }) => segment.column(field));
  const type = columns.find((column) => column !== undefined)?.type;
  const valueCount = columns.reduce((sum, column) => sum + (column?.valueCount ?? 0), 0);
  if (type === undefined || valueCount === 0) return;
  const merged: Merged = {
    values: new Float64Array(valueCount),
    starts: new Uint32Array(docCount + 1),
    size: 0,
    isDense: true,
  };
  for (let i = 0; i < inputs.length; i++) yield* copyColumn(columns[i], inputs[i]!, { merged, ranks: ranks?.[i] });
  const values = merged.values.subarray(0, merged.size);
  if (merged.size === 0) return;
  const { starts, isDense } = merged;
  const column = { field, type, values, ...(isDense ? {} : { starts }) };
  yield* inSlices(writer.columnInSlices(column), docCount);
}

function* copyColumn(
  column: Column | undefined,
  { map }: MergeInput,
  { merged, ranks }: { readonly merged: Merged; readonly ranks: Float64Array | undefined },
): Slices {
  const { values, starts } = merged;
  const all = new Float64Array(column?.valueCount ?? 0);
  for (let from = 0; from < all.length; from += STEP) {
    column?.read(from, Math.min(all.length, from + STEP), all.subarray(from));
    if ((from / STEP) % 16 === 15) yield SLICE_UNITS;
  }
  for (let old = 0; old < map.oldCount; old++) {
    if (!map.has(old)) continue;
    const [start, end] = column === undefined ? [0, 0] : [column.start(old), column.end(old)];
    for (let i = start; i < end; i++) values[merged.size++] = ranks === undefined ? all[i]! : ranks[all[i]!]!;
    if (end - start !== 1) merged.isDense = false;
    starts[map.ordinals[old]! + 1] = merged.size;
    if ((old & 0x3fff) === 0x3fff) yield SLICE_UNITS / 2;
  }
  yield map.oldCount;
}

/** Writes one column of a segment: see `Column` in part/index-part.ts. */
import { COLUMN_BLOCK, type Column } from '../part/index-part.ts';
import { writePacked } from './packed-writer.ts';
import { PackingChooser } from './packing.ts';
import type { SegmentFile } from './segment-file.ts';
import type { ColumnEntry } from './table-of-contents.ts';

/** A column to be written. The arrays are not kept. */
export type NewColumn = {
  readonly field: string;
  readonly type: Column['type'];
  /** Index of each ordinal's first value, and one more: the count. Absent: every ordinal has exactly one. */
  readonly starts?: Uint32Array;
  /** Sorted within a document. Of keywords: numbers of terms, by the order in which they are written. */
  readonly values: Float64Array;
};

/** Values that are worked on between two yields. */
const SLICE = 1 << 15;

/** Writes a column, a slice at a time; gives what the table of contents says of it. */
export function* writeColumn(
  file: SegmentFile,
  owner: number,
  column: NewColumn,
  docCount: number,
): Generator<void, ColumnEntry> {
  const { field, type, starts, values } = column;
  const valueCount = starts === undefined ? docCount : starts[docCount];
  if (valueCount === undefined || values.length < valueCount) throw new Error(`column \`${field}\` has too few values`);
  const chooser = new PackingChooser();
  for (let from = 0; from < valueCount; from += SLICE) {
    if (from > 0) yield;
    chooser.add(values, from, Math.min(valueCount, from + SLICE));
  }
  const packing = chooser.packing();
  const section = file.section(owner, 'columnValues');
  for (let from = 0; from < valueCount; from += SLICE) {
    if (from > 0) yield;
    writePacked(section, packing, values, from, Math.min(valueCount, from + SLICE));
  }
  if (starts !== undefined) yield* writeStarts(file, owner, starts, docCount);
  yield* writeBounds(file, owner, column, docCount);
  return { field, type, isDense: starts === undefined, valueCount, values: packing };
}

function* writeStarts(file: SegmentFile, owner: number, starts: Uint32Array, docCount: number): Generator<void, void> {
  const section = file.section(owner, 'columnStarts');
  if (starts[0] !== 0) throw new Error('the values of a column begin above 0');
  for (let ordinal = 0; ordinal <= docCount; ordinal++) {
    section.rising(starts[ordinal]!);
    if (ordinal % SLICE === SLICE - 1) yield;
  }
}

/** Writes the least and the greatest value of each block of ordinals. */
function* writeBounds(file: SegmentFile, owner: number, column: NewColumn, docCount: number): Generator<void, void> {
  const { starts, values } = column;
  const least = file.section(owner, 'columnBlockMin');
  const greatest = file.section(owner, 'columnBlockMax');
  const one = new Float64Array(1);
  const bytes = new Uint8Array(one.buffer);
  for (let ordinal = 0; ordinal < docCount; ordinal += COLUMN_BLOCK) {
    const end = Math.min(docCount, ordinal + COLUMN_BLOCK);
    const [from, to] = starts === undefined ? [ordinal, end] : [starts[ordinal]!, starts[end]!];
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = from; i < to; i++) {
      if (values[i]! < min) min = values[i]!;
      if (values[i]! > max) max = values[i]!;
    }
    one[0] = min;
    least.bytes(bytes, 0, 8);
    one[0] = max;
    greatest.bytes(bytes, 0, 8);
    if (end % SLICE === 0) yield;
  }
}

/**
 * Writes a segment in one pass: flushes and merges feed it. Documents, sources, fields and columns may come in any order
 * and interleaved, but documents, sources and the terms of a field come in theirs. Everything goes to the file in chunks
 * as it comes, so that the memory of a writer does not grow with the segment but for hashes of ids and terms.
 */
import type { Column } from '../part/index-part.ts';
import type { Store } from '../store/store.ts';
import type { FieldWriter, NewField } from './field-writer.ts';
import type { Segment } from './segment.ts';

/** The document of the next ordinal. */
export type NewDocument = {
  /** Bytes of the id (`termBytes`), free again after the call. */
  readonly id: Uint8Array;
  readonly version: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
  readonly position: number;
};

/** A column to be written. The arrays are not kept. */
export type NewColumn = {
  readonly field: string;
  readonly type: Column['type'];
  /** Index of each ordinal's first value, and one more: the count. Absent: every ordinal has exactly one. */
  readonly starts?: Uint32Array;
  /** Sorted within a document. Of keywords: numbers of terms, by the order in which they are written. */
  readonly values: Float64Array;
};

/** Writes one segment. Every call but `column` and `field` takes about a millisecond or less. */
export class SegmentWriter {
  /** @param options `docCount`: as many documents and sources follow. */
  constructor(_options: { readonly store: Store; readonly name: string; readonly docCount: number }) {
    throw new Error('not written yet');
  }

  /** Bytes that the segment will take in memory so far; past `MAX_HOT_BYTES` the calls fail with LIMIT_EXCEEDED. */
  get hotBytes(): number {
    throw new Error('not written yet');
  }

  /** Adds the document of the next ordinal. */
  addDocument(_document: NewDocument): void {
    throw new Error('not written yet');
  }

  /** Adds the source of the next ordinal: JSON as UTF-8. */
  addSource(_json: Uint8Array): void {
    throw new Error('not written yet');
  }

  /**
   * Copies sources of another segment, as many as can be done at once: to be called until it gives `toOrdinal`.
   *
   * @param fromOrdinal The first document in `from`; all up to `toOrdinal` - 1 are kept.
   * @returns The ordinal to go on from.
   */
  copySources(_from: Segment, _fromOrdinal: number, _toOrdinal: number): number {
    throw new Error('not written yet');
  }

  /** Begins a field; the one before must be finished. */
  field(_field: NewField): FieldWriter {
    throw new Error('not written yet');
  }

  /** Adds a column. */
  column(_column: NewColumn): void {
    throw new Error('not written yet');
  }

  /** Writes what is left, a slice at a time, and gives the file its name. */
  *finish(): Generator<void, void> {
    yield;
    throw new Error('not written yet');
  }

  /** Drops what was written. Harmless after `finish`. */
  abort(): void {
    throw new Error('not written yet');
  }
}

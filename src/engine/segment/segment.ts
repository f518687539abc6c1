/**
 * An immutable part of a shard, read from a file into a region of shared memory and used there in place.
 */

import type { RegionPool } from '../memory/region.ts';
import type { IndexPart, InvertedField } from '../part/index-part.ts';
import type { Store } from '../store/store.ts';
import type { PairHistogram } from './pair-histogram.ts';

/** Where a segment is opened from. */
export type SegmentPlace = {
  readonly store: Store;
  readonly name: string;
  readonly regions: RegionPool;
  /** For people: names the part. */
  readonly number: number;
};

/** Decodes whole blocks of a term, for merges: the postings of a term with their positions, 128 at a time. */
export interface PostingsBlocks {
  readonly ordinals: Uint32Array;
  readonly frequencies: Uint32Array;
  /** All postings' positions one after another. Another array after a `next` that needed more room. */
  readonly positions: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Begins with the first block of a term. */
  open(term: number): void;
  /** Decodes the next block; gives the number of postings, 0 at the end. */
  next(): number;
}

/** A field of a segment: what merges need besides `InvertedField`. */
export interface SegmentField extends InvertedField {
  readonly hasOffsets: boolean;
  /** Bytes of term `t`: `termBytes` from `termOffsets[t]` to `termOffsets[t + 1]` - 1. */
  readonly termBytes: Uint8Array;
  readonly termOffsets: Uint32Array;
  /** Pairs of all postings, deleted documents included. Empty for keywords. */
  histogram(): PairHistogram;
  /** A new reader of whole blocks. */
  blocks(): PostingsBlocks;
}

/** A segment. */
export interface Segment extends IndexPart {
  readonly number: number;
  readonly fileName: string;
  /** Bytes of its file, and in memory. */
  readonly fileBytes: number;
  readonly hotBytes: number;
  /** Names of the fields that `inverted` and `column` have. */
  readonly invertedFields: readonly string[];
  readonly columnFields: readonly string[];
  inverted(field: string): SegmentField | undefined;
  /** Marks a document as deleted; tells whether it was live. */
  delete(ordinal: number): boolean;
  /** Bytes of an id. */
  idBytes(ordinal: number): Uint8Array;
  /** Ordinal of a live document by the bytes of its id and their hash (`hashBytes`); -1 if there is none. */
  findBytes(bytes: Uint8Array, from: number, to: number, hash: number): number;
  /** The stored JSON of a document. */
  sourceBytes(ordinal: number): Uint8Array;
  /** Writes which documents are live into a small file of its own. */
  saveLive(name: string): void;
  /** Deletes what a file of `saveLive` says is deleted. */
  loadLive(name: string): void;
  /** Gives the memory back; twice is harmless. */
  close(): void;
}

/** Opens a segment. */
export function openSegment(place: SegmentPlace): Segment {
  const opening = openSegmentInSlices(place);
  for (;;) {
    const step = opening.next();
    if (step.done) return step.value;
  }
}

/**
 * Opens a segment, a slice of about a millisecond at a time.
 *
 * @throws CoppiceError `CORRUPT_SEGMENT` or `UNSUPPORTED_FORMAT`
 */
export function* openSegmentInSlices(_place: SegmentPlace): Generator<void, Segment> {
  yield;
  throw new Error('not written yet');
}

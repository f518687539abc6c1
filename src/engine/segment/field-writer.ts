/**
 * Writes the dictionary and postings of one field into a segment, term by term in the order of their bytes.
 */
import type { CodeTable } from './inverted-layout.ts';

/** Postings handed to a writer. The arrays may be longer than what is used, and are free again after the call. */
export type PostingsBuffer = {
  /** Postings. */
  readonly count: number;
  /** Rising. */
  readonly ordinals: Uint32Array;
  /** 1 or more; all 1 for keywords. */
  readonly frequencies: Uint32Array;
  /** All postings' positions one after another, as many as their frequencies say, rising within a posting. */
  readonly positions: Uint32Array;
  /** UTF-16 offsets, one for each position; only where the field keeps them. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
};

/** A field to be written. */
export type NewField = {
  readonly field: string;
  readonly type: 'text' | 'keyword';
  /**
   * Tokens of the field by ordinal (for keywords: distinct values); 0 for documents without it. Norms are made from
   * them when the segment is opened (`encodeLength`). Not kept.
   */
  readonly lengths: Uint32Array;
  /** What `chooseCodes` chose; not for keywords. */
  readonly codes?: CodeTable;
  readonly hasPositions: boolean;
  readonly hasOffsets: boolean;
};

/** Takes the terms of one field. */
export interface FieldWriter {
  /**
   * Begins a term and adds its (first) postings.
   *
   * @param bytes The term's bytes `from` to `to` - 1; above those of the term before.
   */
  term(bytes: Uint8Array, from: number, to: number, postings: PostingsBuffer): void;
  /** Adds more postings to the last term, with higher ordinals: so that a long list need not be handed over at once. */
  more(postings: PostingsBuffer): void;
  /** Ends the field. */
  finish(): void;
}

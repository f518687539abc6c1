/**
 * A part of a shard's index: the head, which takes writes, or a segment, which is immutable but for deletes. Queries,
 * sorts and aggregations read parts through this interface alone. Documents of a part are numbered from 0 by ordinals,
 * in the order of the log; parts follow each other in that order too.
 */

import type { Automaton } from '../automata/automaton.ts';
import type { CloseWord } from '../automata/close-word.ts';
import type { FieldType } from '../engine.ts';
import type { Bitmap } from '../kernel/plan.ts';
import type { Region } from '../memory/region.ts';
import type { InvertedLayout } from '../segment/inverted-layout.ts';
import type { Packing } from '../segment/packing.ts';
import type { SignatureScan } from './term-signature.ts';

/** What a cursor gives at its end; above every ordinal. */
export const NO_MORE = 0xffffffff;

/** Ordinals that are worked on together; parts pad `live` to a whole number of windows. */
export const WINDOW = 2048;

/** Ordinals that share a minimum and a maximum in a column. */
export const COLUMN_BLOCK = 1024;

/** A part of an index. */
export interface IndexPart {
  /** For people: `head`, `segment 12`. */
  readonly name: string;
  /** One past the last ordinal. */
  readonly endOrdinal: number;
  /** Documents that are not deleted. */
  readonly liveCount: number;
  /** One bit per ordinal: not deleted. Bits past the end are 0. */
  readonly live: Uint32Array;
  /** Rises with every delete in this part and with every write to the head: what was cached for another is stale. */
  readonly generation: number;
  /** The dictionary and postings of a text or keyword field; undefined if no document here has it. */
  inverted(field: string): InvertedField | undefined;
  /** The values of a number, date, boolean or keyword field; undefined if no document here has it. */
  column(field: string): Column | undefined;
  readonly documents: PartDocuments;
  /** What the kernel needs; undefined for the head. */
  readonly kernelPart: KernelPart | undefined;
}

/** A part as the kernel sees it. */
export interface KernelPart {
  /** Where the part lies; bitmaps for its plans are allocated near it. */
  readonly region: Region;
  /** The live documents; undefined while none is deleted. */
  readonly live: Bitmap | undefined;
  /** Addresses of a field that `inverted` has. */
  layout(field: string): InvertedLayout | undefined;
}

/** Stored documents of a part. */
export interface PartDocuments {
  /** Ordinal of the live document with this id; -1 if there is none. */
  find(id: string): number;
  id(ordinal: number): string;
  /** Parsed JSON. @throws CoppiceError `CORRUPT_SEGMENT` if what is on disk is damaged. */
  source(ordinal: number): unknown;
  version(ordinal: number): number;
  seqNo(ordinal: number): number;
  primaryTerm(ordinal: number): number;
  /** Place in the log; rises with ordinals. */
  position(ordinal: number): number;
}

/** Terms of one field and where they occur. Terms are numbered from 0; see `isSorted`. */
export interface InvertedField {
  readonly field: string;
  readonly type: 'text' | 'keyword';
  /** Whether postings have positions (text). Keywords have neither positions, nor frequencies above 1, nor norms. */
  readonly hasPositions: boolean;
  /** Whether term numbers rise with the UTF-8 bytes of the terms (true in segments, false in the head). */
  readonly isSorted: boolean;
  readonly termCount: number;
  /** Live documents that have the field. */
  readonly docCount: number;
  /** Tokens of live documents (for keywords: distinct values per document, added up). */
  readonly totalTokens: number;
  /** Length codes by ordinal (`score/norms.ts`); undefined for keywords, which count as of length 1. */
  readonly norms: Uint8Array | undefined;
  /** Exact length in tokens of the field in one document, 0 without it. */
  length(ordinal: number): number;
  /** Number of a term; -1 if it does not occur. */
  lookup(term: string): number;
  term(number: number): string;
  /** Documents with the term, deleted ones included. */
  docFrequency(number: number): number;
  /** Live documents with the term. */
  liveDocFrequency(number: number): number;
  /** Calls `visit` with the number of each term that the automaton accepts, until it returns false. In no special order. */
  accepted(automaton: Automaton, visit: (number: number) => boolean): void;
  /**
   * Calls `visit` with the number of each term that is close to a word, and the edits between them. In no special order.
   *
   * @param scan Looks through signatures, if the part is one of the kernel's.
   */
  close(word: CloseWord, visit: (number: number, edits: number) => void, scan?: SignatureScan): void;
  /** A new cursor over the documents of a term, deleted ones included. */
  postings(number: number): Postings;
}

/** A cursor over the documents of a term, by rising ordinals. */
export interface Postings {
  readonly docFrequency: number;
  /** Moves to the first posting not below `from` and gives its ordinal, or `NO_MORE`. Never moves back. */
  seek(from: number): number;
  /**
   * Reads the postings from where the cursor stands that are below `end`, and moves past them.
   *
   * @param end At most `WINDOW` above the ordinal where the cursor stands rounded down to a window.
   * @param ordinals Filled from 0; room for `WINDOW`.
   * @param frequencies The same for frequencies.
   * @returns How many were read.
   */
  read(end: number, ordinals: Uint32Array, frequencies: Uint32Array): number;
  /**
   * Positions of the `index`th posting of the last `read`, rising.
   *
   * @param into Room for as many as its frequency.
   */
  positions(index: number, into: Uint32Array): void;
  /** UTF-16 starts and ends of the same, where the field keeps offsets; else false and nothing is filled. */
  offsets(index: number, starts: Uint32Array, ends: Uint32Array): boolean;
}

/** Values in the memory of a segment: value `i` is `base + step × integer i`. */
export type PackedColumn = {
  readonly address: number;
  /** Bytes of an integer; 8: values are float64 themselves, 0: all are `base`. */
  readonly packing: Packing;
};

/** Values of one field by ordinal. The values of one document stand together, sorted, duplicates kept. */
export interface Column {
  readonly field: string;
  readonly type: Exclude<FieldType, 'text'>;
  /** Whether every ordinal has one value exactly: then value `i` is that of ordinal `i`. */
  readonly isDense: boolean;
  readonly valueCount: number;
  has(ordinal: number): boolean;
  /** Index of the first value of an ordinal. */
  start(ordinal: number): number;
  /** One past the index of the last. */
  end(ordinal: number): number;
  /** A value: a number, milliseconds, 0 or 1; of keywords the number of the term in `inverted(field)`. */
  at(index: number): number;
  /** Copies values `from` to `to` - 1 into `into`, from its start. */
  read(from: number, to: number, into: Float64Array): void;
  /** Least value of each `COLUMN_BLOCK` of ordinals, deleted ones included; infinity where there is none. */
  readonly blockMin: Float64Array;
  /** Greatest value of each block; minus infinity where there is none. */
  readonly blockMax: Float64Array;
  /** Where the kernel finds the values; undefined in the head. */
  readonly packed?: PackedColumn;
}

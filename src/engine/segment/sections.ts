/**
 * The kinds of sections of a segment file, in one table: what writers write, what readers expect, and what
 * docs/segment-format.md describes.
 */

/**
 * How a section stands in the file. `plain`: as in memory. `varint`: unsigned 32-bit numbers as LEB128. `rising`: the same
 * of the difference to the number before (0 before the first), modulo 2^32.
 */
export type Coding = 'plain' | 'varint' | 'rising';

/** One kind of section. */
export type SectionKind = {
  /** Its number in files. */
  readonly id: number;
  /** Bytes of an item in memory. */
  readonly width: 1 | 2 | 4 | 8;
  readonly coding: Coding;
  /** Whether its chunks are deflated where that makes them smaller. */
  readonly deflate: boolean;
};

/** Every kind. Ids below 16 are of documents, below 48 of inverted fields, from 48 on of columns. */
export const SECTIONS = {
  idBytes: { id: 1, width: 1, coding: 'plain', deflate: true },
  idOffsets: { id: 2, width: 4, coding: 'rising', deflate: true },
  idSlots: { id: 3, width: 4, coding: 'plain', deflate: false },
  versions: { id: 4, width: 1, coding: 'plain', deflate: true },
  seqNos: { id: 5, width: 1, coding: 'plain', deflate: true },
  primaryTerms: { id: 6, width: 1, coding: 'plain', deflate: true },
  logPositions: { id: 7, width: 1, coding: 'plain', deflate: true },
  sourceBlocks: { id: 8, width: 8, coding: 'plain', deflate: false },
  lengths: { id: 16, width: 1, coding: 'plain', deflate: true },
  termBytes: { id: 17, width: 1, coding: 'plain', deflate: true },
  termOffsets: { id: 18, width: 4, coding: 'rising', deflate: true },
  termSlots: { id: 19, width: 4, coding: 'plain', deflate: false },
  docFrequencies: { id: 20, width: 4, coding: 'varint', deflate: true },
  kth10: { id: 21, width: 1, coding: 'plain', deflate: true },
  kth100: { id: 22, width: 1, coding: 'plain', deflate: true },
  codeFrequencies: { id: 23, width: 2, coding: 'plain', deflate: false },
  codeNorms: { id: 24, width: 1, coding: 'plain', deflate: false },
  pairs: { id: 25, width: 4, coding: 'varint', deflate: false },
  blockLast: { id: 26, width: 4, coding: 'varint', deflate: false },
  blockPostings: { id: 27, width: 4, coding: 'rising', deflate: true },
  blockPositions: { id: 28, width: 4, coding: 'rising', deflate: true },
  blockPositionBits: { id: 29, width: 1, coding: 'plain', deflate: true },
  blockMax: { id: 30, width: 1, coding: 'plain', deflate: true },
  blockWidth: { id: 31, width: 1, coding: 'plain', deflate: true },
  postings: { id: 32, width: 1, coding: 'plain', deflate: false },
  positions: { id: 33, width: 1, coding: 'plain', deflate: false },
  blockOffsets: { id: 34, width: 4, coding: 'rising', deflate: true },
  offsets: { id: 35, width: 1, coding: 'plain', deflate: false },
  columnStarts: { id: 48, width: 4, coding: 'rising', deflate: true },
  columnValues: { id: 49, width: 1, coding: 'plain', deflate: true },
  columnBlockMin: { id: 50, width: 8, coding: 'plain', deflate: false },
  columnBlockMax: { id: 51, width: 8, coding: 'plain', deflate: false },
} as const satisfies Record<string, SectionKind>;

/** Name of a kind. */
export type SectionName = keyof typeof SECTIONS;

/** Owners of sections in a table of contents: the documents, fields from 1 on, columns from `COLUMN_OWNER` on. */
export const DOCUMENTS = 0;
export const COLUMN_OWNER = 1 << 20;

/** First bytes of a segment file. */
export const MAGIC = 0x67_65_73_63;
/** Version of the format that is written and read here. */
export const VERSION = 1;
export const HEADER_BYTES = 8;
export const FOOTER_BYTES = 32;

/** Sections begin at multiples of this in memory. */
export const SECTION_ALIGNMENT = 16;
/** Readable bytes behind the last section in memory. */
export const TAIL_BYTES = 64;

/** Most bytes that a segment may take in memory. */
export const MAX_HOT_BYTES = 2 ** 31 - 2 ** 20;
/** Most bytes of a chunk before it is deflated, and without. */
export const DEFLATED_CHUNK_BYTES = 1 << 15;
export const CHUNK_BYTES = 1 << 17;

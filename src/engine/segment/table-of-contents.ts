/**
 * The table of contents of a segment file: what fields and columns there are, how their numbers are packed, and where the
 * chunks of each section stand. Its bytes are described in docs/segment-format.md.
 */
import type { Column, InvertedField } from '../part/index-part.ts';
import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Packing } from './packing.ts';

/** Packings of the documents' numbers. */
export type DocumentsEntry = {
  readonly versions: Packing;
  readonly seqNos: Packing;
  readonly primaryTerms: Packing;
  readonly logPositions: Packing;
};

/** An inverted field. */
export type FieldEntry = {
  readonly field: string;
  readonly type: InvertedField['type'];
  readonly hasPositions: boolean;
  readonly hasOffsets: boolean;
  readonly termCount: number;
  readonly blockCount: number;
  readonly lengths: Packing;
};

/** A column. */
export type ColumnEntry = {
  readonly field: string;
  readonly type: Column['type'];
  readonly isDense: boolean;
  readonly valueCount: number;
  readonly values: Packing;
};

/** A section: its owner (0: the documents, then fields, then columns), the number of its kind, its length in memory. */
export type SectionEntry = {
  readonly owner: number;
  readonly kind: number;
  readonly byteLength: number;
  readonly checksum: number;
};

/** A chunk of a section; chunks of a section follow each other by rising offsets. */
export type ChunkEntry = {
  readonly section: number;
  readonly offset: number;
  readonly storedBytes: number;
  /** Before it was deflated; undefined if it was not. */
  readonly inflatedBytes: number | undefined;
};

/** Everything in a table of contents. */
export type TableOfContents = {
  readonly docCount: number;
  readonly documents: DocumentsEntry;
  readonly fields: readonly FieldEntry[];
  readonly columns: readonly ColumnEntry[];
  readonly sections: readonly SectionEntry[];
  readonly chunks: readonly ChunkEntry[];
};

const COLUMN_TYPES: readonly Column['type'][] = ['keyword', 'long', 'double', 'boolean', 'date'];
const IS_KEYWORD = 1;
const HAS_POSITIONS = 2;
const HAS_OFFSETS = 4;

/** The bytes of a table. */
export function encodeTable(table: TableOfContents): Uint8Array {
  const out = new ByteWriter();
  out.varint(table.docCount);
  const { versions, seqNos, primaryTerms, logPositions } = table.documents;
  for (const packing of [versions, seqNos, primaryTerms, logPositions]) writePacking(out, packing);
  out.varint(table.fields.length);
  for (const field of table.fields) writeField(out, field);
  out.varint(table.columns.length);
  for (const column of table.columns) writeColumn(out, column);
  out.varint(table.sections.length);
  for (const section of table.sections) writeSection(out, section);
  out.varint(table.chunks.length);
  let end = 0;
  for (const chunk of table.chunks) {
    writeChunk(out, chunk, end);
    end = chunk.offset + chunk.storedBytes;
  }
  return out.bytes;
}

/** Reads a table; counts are checked against what is left to read, and nothing else is. */
export function decodeTable(input: ByteReader, fail: (problem: string) => Error): TableOfContents {
  const list = <T>(what: string, read: () => T): T[] => {
    const length = input.count(input.left, what);
    return Array.from({ length }, read);
  };
  const docCount = input.count(0x7fffffff, 'documents');
  const packing = () => readPacking(input, fail);
  const documents = { versions: packing(), seqNos: packing(), primaryTerms: packing(), logPositions: packing() };
  const fields = list('fields', () => readField(input, fail));
  const columns = list('columns', () => readColumn(input, fail));
  const sections = list('sections', () => readSection(input));
  let end = 0;
  const chunks = list('chunks', () => {
    const chunk = readChunk(input, end, fail);
    end = chunk.offset + chunk.storedBytes;
    return chunk;
  });
  if (input.left > 0) throw fail(`${input.left} bytes too many`);
  return { docCount, documents, fields, columns, sections, chunks };
}

function writePacking(out: ByteWriter, { base, step, width }: Packing): void {
  out.u8(width);
  if (width === 8) return;
  out.f64(base);
  if (width > 0) out.f64(step);
}

function readPacking(input: ByteReader, fail: (problem: string) => Error): Packing {
  const width = input.u8();
  if (width === 8) return { base: 0, step: 1, width };
  if (width !== 0 && width !== 1 && width !== 2 && width !== 4) throw fail(`numbers of ${width} bytes`);
  const base = input.f64();
  const step = width === 0 ? 1 : input.f64();
  if (!Number.isSafeInteger(base) || !Number.isSafeInteger(step) || step < 1) {
    throw fail(`numbers packed as ${base} + ${step} × n`);
  }
  return { base, step, width };
}

function writeField(out: ByteWriter, field: FieldEntry): void {
  out.text(field.field);
  const type = field.type === 'keyword' ? IS_KEYWORD : 0;
  out.u8(type | (field.hasPositions ? HAS_POSITIONS : 0) | (field.hasOffsets ? HAS_OFFSETS : 0));
  out.varint(field.termCount);
  out.varint(field.blockCount);
  writePacking(out, field.lengths);
}

function readField(input: ByteReader, fail: (problem: string) => Error): FieldEntry {
  const field = input.text();
  const flags = input.u8();
  if (flags > (IS_KEYWORD | HAS_POSITIONS | HAS_OFFSETS)) throw fail(`field \`${field}\` has flags ${flags}`);
  const termCount = input.count(0x7fffffff, 'terms');
  const blockCount = input.count(0x7fffffff, 'blocks');
  const lengths = readPacking(input, fail);
  const type = (flags & IS_KEYWORD) !== 0 ? 'keyword' : 'text';
  const hasPositions = (flags & HAS_POSITIONS) !== 0;
  const hasOffsets = (flags & HAS_OFFSETS) !== 0;
  if ((hasPositions && type === 'keyword') || (hasOffsets && !hasPositions)) {
    throw fail(`field \`${field}\` has flags ${flags}`);
  }
  return { field, type, hasPositions, hasOffsets, termCount, blockCount, lengths };
}

function writeColumn(out: ByteWriter, column: ColumnEntry): void {
  out.text(column.field);
  out.u8(COLUMN_TYPES.indexOf(column.type));
  out.u8(column.isDense ? 1 : 0);
  out.varint(column.valueCount);
  writePacking(out, column.values);
}

function readColumn(input: ByteReader, fail: (problem: string) => Error): ColumnEntry {
  const field = input.text();
  const type = COLUMN_TYPES[input.u8()];
  const dense = input.u8();
  if (type === undefined || dense > 1) throw fail(`column \`${field}\` is of an unknown type`);
  const valueCount = input.count(0x7fffffff, 'values');
  return { field, type, isDense: dense === 1, valueCount, values: readPacking(input, fail) };
}

function writeSection(out: ByteWriter, section: SectionEntry): void {
  out.varint(section.owner);
  out.u8(section.kind);
  out.varint(section.byteLength);
  out.u32(section.checksum);
}

function readSection(input: ByteReader): SectionEntry {
  return { owner: input.varint(), kind: input.u8(), byteLength: input.varint(), checksum: input.u32() };
}

function writeChunk(out: ByteWriter, chunk: ChunkEntry, end: number): void {
  out.varint(chunk.section * 2 + (chunk.inflatedBytes === undefined ? 0 : 1));
  out.varint(chunk.offset - end);
  out.varint(chunk.storedBytes);
  if (chunk.inflatedBytes !== undefined) out.varint(chunk.inflatedBytes);
}

function readChunk(input: ByteReader, end: number, fail: (problem: string) => Error): ChunkEntry {
  const head = input.varint();
  const offset = end + input.varint();
  const storedBytes = input.varint();
  if (!Number.isSafeInteger(offset + storedBytes)) throw fail(`a chunk at ${offset}`);
  return {
    section: Math.floor(head / 2),
    offset,
    storedBytes,
    inflatedBytes: head % 2 === 1 ? input.varint() : undefined,
  };
}

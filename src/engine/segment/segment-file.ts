/**
 * Writes the bytes of a segment file from its start to its end: chunks of sections and blocks of stored sources as they
 * come, then the table of contents, then the footer. Described in docs/segment-format.md.
 */
import { crc32, deflateRawSync } from 'node:zlib';
import { CoppiceError } from '../../errors.ts';
import type { StoreWriter } from '../store/store.ts';
import { ByteWriter } from './byte-writer.ts';
import { type ChunkSink, SectionWriter } from './section-writer.ts';
import {
  CHUNK_BYTES,
  DEFLATED_CHUNK_BYTES,
  HEADER_BYTES,
  MAGIC,
  MAX_HOT_BYTES,
  SECTION_ALIGNMENT,
  SECTIONS,
  type SectionName,
  VERSION,
} from './sections.ts';
import { type ChunkEntry, encodeTable, type SectionEntry, type TableOfContents } from './table-of-contents.ts';

/** Bytes that are written between two yields. */
const SLICE_BYTES = 1 << 16;
/** Chunks that are shorter are not worth deflating. */
const LEAST_DEFLATED_BYTES = 256;

/** A segment file being written. */
export class SegmentFile implements ChunkSink {
  readonly #out: StoreWriter;
  readonly #name: string;
  readonly #sections: { owner: number; name: SectionName; writer: SectionWriter }[] = [];
  readonly #checksums: number[] = [];
  readonly #chunks: ChunkEntry[] = [];
  readonly #deflates: boolean;
  #hotBytes = 0;

  /** @param deflates Whether sections that are worth it are deflated. */
  constructor(out: StoreWriter, name: string, deflates = true) {
    this.#out = out;
    this.#name = name;
    this.#deflates = deflates;
    const header = new ByteWriter();
    header.u32(MAGIC);
    header.u32(VERSION);
    if (header.bytes.length !== HEADER_BYTES) throw new Error('the header has another length');
    out.write(header.bytes);
  }

  /** Bytes in memory of what was handed over so far. */
  get hotBytes(): number {
    return this.#hotBytes;
  }

  /** Begins a section. */
  section(owner: number, name: SectionName): SectionWriter {
    const kind = SECTIONS[name];
    const chunkBytes = kind.deflate ? DEFLATED_CHUNK_BYTES : CHUNK_BYTES;
    const writer = new SectionWriter(this, this.#sections.length, kind, chunkBytes);
    this.#sections.push({ owner, name, writer });
    this.#checksums.push(0);
    this.grew(SECTION_ALIGNMENT);
    return writer;
  }

  chunk(section: number, bytes: Uint8Array, deflate: boolean): void {
    const isWorthIt = deflate && this.#deflates && bytes.length >= LEAST_DEFLATED_BYTES;
    const deflated = isWorthIt ? deflateRawSync(bytes, { level: 1 }) : bytes;
    const stored = deflated.length < bytes.length * 0.9 ? deflated : bytes;
    this.#chunks.push({
      section,
      offset: this.#out.size,
      storedBytes: stored.length,
      inflatedBytes: stored === bytes ? undefined : bytes.length,
    });
    this.#checksums[section] = crc32(stored, this.#checksums[section]);
    this.#out.write(stored);
  }

  grew(bytes: number): void {
    this.#hotBytes += bytes;
    if (this.#hotBytes > MAX_HOT_BYTES) {
      throw new CoppiceError(
        'LIMIT_EXCEEDED',
        `segment \`${this.#name}\` would take ${this.#hotBytes} bytes of memory; at most ${MAX_HOT_BYTES} are possible`,
      );
    }
  }

  /** Writes a block that is read on demand; gives its offset in the file. */
  block(bytes: Uint8Array): number {
    const offset = this.#out.size;
    this.#out.write(bytes);
    return offset;
  }

  /** Writes the rest of all sections, the table and the footer. */
  *finish(table: Omit<TableOfContents, 'sections' | 'chunks'>): Generator<void, void> {
    let sinceYield = this.#out.size;
    for (const { writer } of this.#sections) {
      writer.flush();
      if (this.#out.size - sinceYield < SLICE_BYTES) continue;
      sinceYield = this.#out.size;
      yield;
    }
    const sections = this.#sections.map(({ owner, name, writer }, index): SectionEntry => {
      const checksum = this.#checksums[index] ?? 0;
      return { owner, kind: SECTIONS[name].id, byteLength: writer.memoryBytes, checksum };
    });
    const bytes = encodeTable({ ...table, sections, chunks: this.#chunks });
    const offset = this.#out.size;
    this.#out.write(bytes);
    this.#out.write(footer(offset, bytes));
    this.#out.finish();
  }
}

function footer(offset: number, table: Uint8Array): Uint8Array {
  const out = new ByteWriter();
  out.f64(offset);
  out.u32(table.length);
  out.u32(crc32(table));
  out.u32(0);
  out.u32(VERSION);
  out.u32(crc32(out.bytes));
  out.u32(MAGIC);
  return out.bytes;
}

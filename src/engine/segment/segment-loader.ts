/**
 * Reads the sections of a segment file into a region, chunk by chunk, and checks them against their checksums.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import type { Region, RegionPool } from '../memory/region.ts';
import type { StoreFile } from '../store/store.ts';
import { ByteReader } from './byte-reader.ts';
import { corrupt, unsupported } from './corrupt.ts';
import { type PlacedSection, SectionMap } from './section-map.ts';
import { FOOTER_BYTES, HEADER_BYTES, MAGIC, VERSION } from './sections.ts';
import { type ChunkEntry, decodeTable, type TableOfContents } from './table-of-contents.ts';

/** A segment in memory. The region is the receiver's to release. */
export type LoadedSegment = {
  readonly table: TableOfContents;
  readonly map: SectionMap;
  readonly region: Region;
  /** Tells this file from any other: the checksum of its table of contents. */
  readonly identity: number;
  /** Where the table of contents begins: stored blocks end before it. */
  readonly tableOffset: number;
};

/** Bytes that are read between two yields, about. */
const SLICE_BYTES = 1 << 18;
/** What deflate saves at most: 258 bytes for 2 bits. */
const GREATEST_RATIO = 1032;
const MAX_TABLE_BYTES = 1 << 28;

/** Loads a segment. If it fails or is given up, nothing stays allocated. */
export function* loadSegment(file: StoreFile, name: string, regions: RegionPool): Generator<void, LoadedSegment> {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) throw unsupported(name, VERSION);
  const { table, identity, tableOffset } = readTable(file, name);
  const failTable = (problem: string) => corrupt(name, 'table of contents', problem);
  const map = new SectionMap(table, failTable);
  checkChunks(table, map, tableOffset, failTable);
  const region = regions.allocate(map.byteLength);
  let isLoaded = false;
  try {
    yield* new ChunkLoader(file, name, map, region).load(table.chunks);
    isLoaded = true;
  } finally {
    if (!isLoaded) region.release();
  }
  return { table, map, region, identity, tableOffset };
}

type FoundTable = { readonly table: TableOfContents; readonly identity: number; readonly tableOffset: number };

function readTable(file: StoreFile, name: string): FoundTable {
  if (file.size < HEADER_BYTES + FOOTER_BYTES) throw corrupt(name, 'header', `the file has ${file.size} bytes only`);
  const header = new ByteReader(read(file, 0, HEADER_BYTES), (problem) => corrupt(name, 'header', problem));
  if (header.u32() !== MAGIC) throw corrupt(name, 'header', 'this is no segment');
  const version = header.u32();
  if (version !== VERSION) throw unsupported(name, version);
  const footerBytes = read(file, file.size - FOOTER_BYTES, FOOTER_BYTES);
  const footer = new ByteReader(footerBytes, (problem) => corrupt(name, 'footer', problem));
  const tableOffset = footer.f64();
  const [length, identity, reserved, footerVersion] = [footer.u32(), footer.u32(), footer.u32(), footer.u32()];
  const checksum = crc32(footerBytes.subarray(0, FOOTER_BYTES - 8));
  if (footer.u32() !== checksum || footer.u32() !== MAGIC || reserved !== 0 || footerVersion !== version) {
    throw corrupt(name, 'footer', 'it is damaged or missing');
  }
  if (tableOffset + length + FOOTER_BYTES !== file.size || tableOffset < HEADER_BYTES || length > MAX_TABLE_BYTES) {
    throw corrupt(name, 'footer', `a table of contents of ${length} bytes at ${tableOffset}`);
  }
  const tableBytes = read(file, tableOffset, length);
  const fail = (problem: string) => corrupt(name, 'table of contents', problem);
  if (crc32(tableBytes) !== identity) throw fail('its checksum is wrong');
  return { table: decodeTable(new ByteReader(tableBytes, fail), fail), identity, tableOffset };
}

function read(file: StoreFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.read(offset, bytes);
  return bytes;
}

/** Refuses chunks outside of the file, and sections that are longer than their chunks can make them. */
function checkChunks(
  { chunks }: TableOfContents,
  { sections }: SectionMap,
  tableOffset: number,
  fail: (problem: string) => Error,
): void {
  const possible = new Float64Array(sections.length);
  for (const { section, offset, storedBytes, inflatedBytes } of chunks) {
    const placed = sections[section];
    if (placed === undefined || offset < HEADER_BYTES || offset + storedBytes > tableOffset) {
      throw fail(`a chunk of section ${section} at ${offset}`);
    }
    if (inflatedBytes !== undefined && inflatedBytes > storedBytes * GREATEST_RATIO) {
      throw fail(`a chunk of ${storedBytes} bytes that stands for ${inflatedBytes}`);
    }
    possible[section]! += (inflatedBytes ?? storedBytes) * (placed.kind.coding === 'plain' ? 1 : 4);
  }
  sections.forEach(({ name, byteLength }, i) => {
    if (byteLength > possible[i]!) throw fail(`section \`${name}\` is too short for ${byteLength} bytes`);
  });
}

/** Reads chunks in the order of the file, each to the end of what its section has already. */
class ChunkLoader {
  readonly #file: StoreFile;
  readonly #name: string;
  readonly #sections: readonly PlacedSection[];
  readonly #region: Region;
  readonly #checksums: Uint32Array;
  /** Bytes of each section in memory so far, and the last number of those that rise. */
  readonly #loaded: Float64Array;
  readonly #previous: Uint32Array;
  #scratch = new Uint8Array(1 << 17);

  constructor(file: StoreFile, name: string, map: SectionMap, region: Region) {
    this.#file = file;
    this.#name = name;
    this.#sections = map.sections;
    this.#region = region;
    this.#checksums = new Uint32Array(map.sections.length);
    this.#loaded = new Float64Array(map.sections.length);
    this.#previous = new Uint32Array(map.sections.length);
  }

  *load(chunks: readonly ChunkEntry[]): Generator<void, void> {
    let sinceYield = 0;
    for (const chunk of chunks) {
      this.#loadChunk(chunk);
      sinceYield += chunk.storedBytes + 4 * (chunk.inflatedBytes ?? 0);
      if (sinceYield < SLICE_BYTES) continue;
      sinceYield = 0;
      yield;
    }
    for (const [i, section] of this.#sections.entries()) {
      if (this.#checksums[i] !== section.checksum) throw this.#fail(section, 'its checksum is wrong');
      if (this.#loaded[i] !== section.byteLength) throw this.#fail(section, `it has ${this.#loaded[i]} bytes only`);
    }
  }

  #loadChunk({ section: index, offset, storedBytes, inflatedBytes }: ChunkEntry): void {
    const section = this.#sections[index]!;
    if (storedBytes + 8 > this.#scratch.length) this.#scratch = new Uint8Array(storedBytes + 8);
    // Shared memory is filled by words where both sides are aligned alike, else byte by byte.
    const shift = (section.at + this.#loaded[index]!) & 7;
    const stored = this.#scratch.subarray(shift, shift + storedBytes);
    this.#file.read(offset, stored);
    this.#checksums[index] = crc32(stored, this.#checksums[index]);
    const content = inflatedBytes === undefined ? stored : this.#inflate(section, stored, inflatedBytes);
    if (section.kind.coding === 'plain') this.#copy(section, index, content);
    else this.#decode(section, index, content, section.kind.coding === 'rising');
  }

  #inflate(section: PlacedSection, stored: Uint8Array, inflatedBytes: number): Uint8Array {
    let content: Uint8Array;
    try {
      content = inflateRawSync(stored, { maxOutputLength: Math.max(1, inflatedBytes) });
    } catch {
      throw this.#fail(section, 'a chunk cannot be inflated');
    }
    if (content.length !== inflatedBytes) throw this.#fail(section, `a chunk has ${content.length} bytes`);
    return content;
  }

  #copy(section: PlacedSection, index: number, content: Uint8Array): void {
    const at = this.#loaded[index]!;
    if (at + content.length > section.byteLength) throw this.#fail(section, 'it has too many bytes');
    this.#region.bytes.set(content, section.at + at);
    this.#loaded[index] = at + content.length;
  }

  #decode(section: PlacedSection, index: number, content: Uint8Array, isRising: boolean): void {
    const { bytes } = this.#region;
    const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset + section.at, section.byteLength / 4);
    let to = this.#loaded[index]! / 4;
    let previous = this.#previous[index]!;
    for (let at = 0; at < content.length; ) {
      let byte = content[at++]!;
      let value = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        if (shift > 28 || at === content.length) throw this.#fail(section, 'a number does not end');
        byte = content[at++]!;
        value |= (byte & 127) << shift;
      }
      if (to === numbers.length) throw this.#fail(section, 'it has too many numbers');
      previous = isRising ? (previous + value) >>> 0 : value >>> 0;
      numbers[to++] = previous;
    }
    this.#loaded[index] = to * 4;
    this.#previous[index] = previous;
  }

  #fail(section: PlacedSection, problem: string): Error {
    return corrupt(this.#name, `section \`${section.name}\` of ${section.owner}`, problem);
  }
}

/**
 * An immutable part of a shard, read from a file into a region of shared memory and used there in place. Only deletes
 * change it: they clear bits in the bitmap of live documents.
 */

import type { FieldStatistics } from '../engine.ts';
import type { Bitmap } from '../kernel/plan.ts';
import type { Region, RegionPool, SharedMemory } from '../memory/region.ts';
import type { IndexPart, KernelPart } from '../part/index-part.ts';
import type { Store, StoreFile } from '../store/store.ts';
import { corrupt } from './corrupt.ts';
import { fieldData, prepareField, prepareSharedField } from './field-data.ts';
import type { InvertedLayout } from './inverted-layout.ts';
import { LiveDocuments } from './live-documents.ts';
import { readLiveFile, writeLiveFile } from './live-file.ts';
import { RegionViews } from './region-views.ts';
import { liveBytes, SectionMap } from './section-map.ts';
import { COLUMN_OWNER, DOCUMENTS } from './sections.ts';
import { SegmentColumn } from './segment-column.ts';
import { SegmentDocuments } from './segment-documents.ts';
import { SegmentField } from './segment-field.ts';
import { type LoadedSegment, loadSegment } from './segment-loader.ts';
import type { BlockSource, SourceBlock, StoredBlock } from './source-block.ts';
import { StoredSources } from './stored-sources.ts';
import type { TableOfContents } from './table-of-contents.ts';

/** Where a segment is opened from. */
export type SegmentPlace = {
  readonly store: Store;
  readonly name: string;
  readonly regions: RegionPool;
  /** For people: names the part. */
  readonly number: number;
};

/**
 * A segment as other threads of the process open it: its memory is shared, not copied. Can be cloned by `postMessage`. Good
 * for as long as the segment is open where it was loaded.
 */
export type SharedSegment = {
  readonly fileName: string;
  readonly fileBytes: number;
  readonly number: number;
  readonly memory: SharedMemory;
  readonly address: number;
  readonly byteLength: number;
  readonly table: TableOfContents;
  readonly identity: number;
  readonly tableOffset: number;
  /** Statistics of the fields in the order of the table, deleted documents included. */
  readonly statistics: readonly FieldStatistics[];
  /** Documents that were deleted at that moment. */
  readonly deleted: Uint32Array;
};

/** Where a shared segment is opened. */
export type SharedSegmentPlace = {
  /** Has room near the segment for a bitmap of its live documents. */
  readonly regions: RegionPool;
  /** Where its file is; without it, sources cannot be read. */
  readonly store: Store | undefined;
};

/** What a segment is made of once it is loaded and checked. */
type SegmentParts = {
  readonly place: Pick<SegmentPlace, 'name' | 'number'> & { readonly store: Store | undefined };
  readonly file: StoreFile;
  readonly loaded: LoadedSegment;
  readonly live: LiveDocuments;
  readonly documents: SegmentDocuments;
  readonly sources: StoredSources;
  readonly fields: ReadonlyMap<string, SegmentField>;
  readonly columns: ReadonlyMap<string, SegmentColumn>;
  /** By field, as they were before any delete. */
  readonly statistics: readonly FieldStatistics[];
};

/** A segment. */
export class Segment implements IndexPart, BlockSource {
  readonly name: string;
  readonly number: number;
  readonly fileName: string;
  readonly endOrdinal: number;
  /** Bytes of its file, and in memory. */
  readonly fileBytes: number;
  readonly hotBytes: number;
  readonly documents: SegmentDocuments;
  readonly kernelPart: KernelPart;
  readonly #parts: SegmentParts;
  #isClosed = false;

  /** To be called by `openSegment` only. */
  constructor(parts: SegmentParts) {
    const { place, file, loaded } = parts;
    this.#parts = parts;
    this.name = `segment ${place.number}`;
    this.number = place.number;
    this.fileName = place.name;
    this.endOrdinal = loaded.table.docCount;
    this.fileBytes = file.size;
    this.hotBytes = loaded.region.byteLength;
    this.documents = parts.documents;
    this.kernelPart = new SegmentForKernel(loaded.region, parts.live, parts.fields);
  }

  get liveCount(): number {
    return this.#parts.live.liveCount;
  }

  get live(): Uint32Array {
    return this.#parts.live.words;
  }

  get generation(): number {
    return this.#parts.live.deletedCount;
  }

  /** Names of the fields that `inverted` and `column` have. */
  get invertedFields(): readonly string[] {
    return [...this.#parts.fields.keys()];
  }

  get columnFields(): readonly string[] {
    return [...this.#parts.columns.keys()];
  }

  inverted(field: string): SegmentField | undefined {
    return this.#parts.fields.get(field);
  }

  column(field: string): SegmentColumn | undefined {
    return this.#parts.columns.get(field);
  }

  /** Marks a document as deleted; tells whether it was live. */
  delete(ordinal: number): boolean {
    if (!this.#parts.live.delete(ordinal)) return false;
    for (const field of this.#parts.fields.values()) field.forget(ordinal);
    return true;
  }

  /** Bytes of an id; not to be changed. */
  idBytes(ordinal: number): Uint8Array {
    return this.documents.idBytes(ordinal);
  }

  /** Ordinal of the live document whose id has these bytes and this hash (`hashBytes`); -1 if there is none. */
  findBytes(bytes: Uint8Array, from: number, to: number, hash: number): number {
    return this.documents.findBytes(bytes, from, to, hash);
  }

  /** The stored JSON of a document; not to be changed. */
  sourceBytes(ordinal: number): Uint8Array {
    return this.#parts.sources.source(ordinal);
  }

  /** The block in which a document's source is stored. */
  sourceBlock(ordinal: number): SourceBlock {
    return this.#parts.sources.blockOf(ordinal);
  }

  /** That block as it stands in the file. */
  storedBlock(ordinal: number): StoredBlock {
    return this.#parts.sources.stored(ordinal);
  }

  /** The segment for other threads, as it is now. */
  share(): SharedSegment {
    const { loaded, live, statistics } = this.#parts;
    const { table, identity, tableOffset } = loaded;
    const { memory, address, byteLength } = loaded.region;
    const deleted = Uint32Array.from({ length: live.deletedCount }, (_, i) => live.deleted(i));
    const { fileName, fileBytes, number } = this;
    const file = { fileName, fileBytes, number, table, identity, tableOffset };
    return { ...file, memory, address, byteLength, statistics, deleted };
  }

  /** Writes which documents are live into a small file of its own. */
  saveLive(name: string): void {
    writeLiveFile(this.#store(), name, this.#parts.live, this.#parts.loaded.identity);
  }

  /**
   * Deletes what is deleted in a file of `saveLive`.
   *
   * @throws CoppiceError `CORRUPT_SEGMENT` if the file is damaged or of another segment; then nothing is deleted.
   */
  loadLive(name: string): void {
    const { live, loaded } = this.#parts;
    for (const ordinal of readLiveFile(this.#store(), name, live.docCount, live.words.length, loaded.identity)) {
      this.delete(ordinal);
    }
  }

  /** Gives the memory back; twice is harmless. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.loaded.region.release();
    this.#parts.file.close();
  }

  #store(): Store {
    const { store } = this.#parts.place;
    if (store === undefined) throw new Error(`segment ${this.number} was opened without its store`);
    return store;
  }
}

/** Opens a segment at once. */
export function openSegment(place: SegmentPlace): Segment {
  const opening = openSegmentInSlices(place);
  for (;;) {
    const step = opening.next();
    if (step.done) return step.value;
  }
}

/**
 * Opens a segment, a slice of about a millisecond at a time. A generator that is not run to its end is to be returned
 * (`return()`), so that it gives back what it holds.
 *
 * @throws CoppiceError `CORRUPT_SEGMENT` or `UNSUPPORTED_FORMAT`; `OUT_OF_MEMORY` if there is no memory.
 */
export function* openSegmentInSlices(place: SegmentPlace): Generator<void, Segment> {
  const file = place.store.open(place.name);
  let loaded: LoadedSegment | undefined;
  let segment: Segment | undefined;
  try {
    loaded = yield* loadSegment(file, place.name, place.regions);
    segment = yield* assemble(place, file, loaded);
    return segment;
  } finally {
    if (segment === undefined) {
      loaded?.region.release();
      file.close();
    }
  }
}

/** Opens a segment that another thread has shared. Deletes that come later in either thread are not seen in the other. */
export function openSharedSegment(shared: SharedSegment, { regions, store }: SharedSegmentPlace): Segment {
  const { fileName, fileBytes, number, memory, address, byteLength, table, identity, tableOffset, statistics } = shared;
  const map = new SectionMap(table, (problem) => corrupt(fileName, 'table of contents', problem));
  const bytes = new Uint8Array(memory.buffer, address, byteLength);
  const borrowed: Region = { memory, address, byteLength, bytes, release: () => {} };
  const liveRegion = regions.allocate(liveBytes(table.docCount), borrowed);
  const region: Region = { ...borrowed, release: () => liveRegion.release() };
  const loaded: LoadedSegment = { table, map, region, identity, tableOffset };
  const file = store === undefined ? noFile(fileName, fileBytes) : store.open(fileName);
  const { buffer, byteOffset } = liveRegion.bytes;
  const words = new Uint32Array(buffer, byteOffset, liveRegion.byteLength >>> 2);
  const assembling = assemble({ name: fileName, number, store }, file, loaded, { words, statistics });
  for (let step = assembling.next(); ; step = assembling.next()) {
    if (!step.done) continue;
    for (const ordinal of shared.deleted) step.value.delete(ordinal);
    return step.value;
  }
}

/** Stands for a file that is out of reach. */
function noFile(fileName: string, size: number): StoreFile {
  const read = (): never => {
    throw new Error(`the sources of \`${fileName}\` are read where the segment was loaded`);
  };
  return { size, read, close: () => {} };
}

/** What another thread has prepared, and where this one has its bitmap of live documents. */
type Prepared = { readonly words: Uint32Array; readonly statistics: readonly FieldStatistics[] };

function* assemble(
  place: SegmentParts['place'],
  file: StoreFile,
  loaded: LoadedSegment,
  prepared?: Prepared,
): Generator<void, Segment> {
  const { table, map, region, tableOffset } = loaded;
  const { docCount } = table;
  const views = new RegionViews(region, map, DOCUMENTS);
  const live = new LiveDocuments(prepared?.words ?? views.u32('live'), docCount);
  const [words, doubles] = [views.u32('sourceBlocks'), views.f64('sourceBlocks')];
  const sources = new StoredSources({ file, fileName: place.name, docCount, words, doubles });
  if (prepared === undefined) sources.check(tableOffset);
  const documents = new SegmentDocuments({ entry: table.documents, views, live, sources, fileName: place.name });
  if (prepared === undefined) yield* documents.check((problem) => corrupt(place.name, 'ids', problem));
  const { fields, statistics } = yield* openFields(place.name, loaded, live, prepared?.statistics);
  const columns = yield* openColumns(place.name, loaded, fields, prepared !== undefined);
  return new Segment({ place, file, loaded, live, documents, sources, fields, columns, statistics });
}

type OpenedFields = {
  readonly fields: ReadonlyMap<string, SegmentField>;
  readonly statistics: readonly FieldStatistics[];
};

function* openFields(
  fileName: string,
  { table, map, region }: LoadedSegment,
  live: LiveDocuments,
  known: readonly FieldStatistics[] | undefined,
): Generator<void, OpenedFields> {
  const fields = new Map<string, SegmentField>();
  const statistics: FieldStatistics[] = [];
  for (const [i, entry] of table.fields.entries()) {
    const fail = (problem: string) => corrupt(fileName, `field \`${entry.field}\``, problem);
    const data = fieldData(entry, new RegionViews(region, map, 1 + i), table.docCount);
    const ofField = known?.[i] ?? (yield* prepareField(data, fail));
    if (known !== undefined) yield* prepareSharedField(data, fail);
    if (fields.has(entry.field)) throw fail('it comes twice');
    fields.set(entry.field, new SegmentField(data, ofField, live, fileName));
    statistics.push(ofField);
  }
  return { fields, statistics };
}

function* openColumns(
  fileName: string,
  { table, map, region }: LoadedSegment,
  fields: ReadonlyMap<string, SegmentField>,
  isPrepared: boolean,
): Generator<void, Map<string, SegmentColumn>> {
  const columns = new Map<string, SegmentColumn>();
  for (const [i, entry] of table.columns.entries()) {
    const fail = (problem: string) => corrupt(fileName, `column \`${entry.field}\``, problem);
    const column = new SegmentColumn(entry, new RegionViews(region, map, COLUMN_OWNER + i));
    if (!isPrepared) yield* column.check(table.docCount, fields.get(entry.field)?.termCount ?? 0, fail);
    if (columns.has(entry.field)) throw fail('it comes twice');
    columns.set(entry.field, column);
  }
  return columns;
}

/** What the kernel needs of a segment. */
class SegmentForKernel implements KernelPart {
  readonly region: Region;
  readonly #live: LiveDocuments;
  readonly #fields: ReadonlyMap<string, SegmentField>;
  readonly #layouts = new Map<string, InvertedLayout>();

  constructor(region: Region, live: LiveDocuments, fields: ReadonlyMap<string, SegmentField>) {
    this.region = region;
    this.#live = live;
    this.#fields = fields;
  }

  get live(): Bitmap | undefined {
    const { deletedCount, words, liveCount } = this.#live;
    return deletedCount === 0 ? undefined : { region: this.region, words, count: liveCount };
  }

  layout(field: string): InvertedLayout | undefined {
    const known = this.#layouts.get(field);
    if (known !== undefined) return known;
    const layout = this.#fields.get(field)?.layout(this.region.memory);
    if (layout !== undefined) this.#layouts.set(field, layout);
    return layout;
  }
}

/**
 * Writes a segment in one pass: flushes and merges feed it. Documents, sources, fields and columns may come in any order
 * and interleaved, but documents, sources and the terms of a field come in theirs. Everything goes to the file in chunks
 * as it comes, so that the memory of a writer does not grow with the segment but for hashes of ids and terms.
 */
import type { Store, StoreWriter } from '../store/store.ts';
import { type NewColumn, writeColumn } from './column-writer.ts';
import { DocumentsWriter, type NewDocument } from './documents-writer.ts';
import type { FieldWriter, NewField } from './field-writer.ts';
import { InvertedWriter } from './inverted-writer.ts';
import { COLUMN_OWNER, DOCUMENTS } from './sections.ts';
import { SegmentFile } from './segment-file.ts';
import type { BlockSource } from './source-block.ts';
import { SourceWriter } from './source-writer.ts';
import type { ColumnEntry } from './table-of-contents.ts';

/** What is written, and where. */
export type SegmentWriterOptions = {
  readonly store: Store;
  readonly name: string;
  /** As many documents and sources follow. */
  readonly docCount: number;
  /** Whether sections are deflated; not worth the time for a segment that is to be merged soon. Default true. */
  readonly deflates?: boolean;
};

/** Writes one segment. Every call but `field` and `column` takes about a millisecond or less. */
export class SegmentWriter {
  readonly #out: StoreWriter;
  readonly #file: SegmentFile;
  readonly #docCount: number;
  readonly #documents: DocumentsWriter;
  readonly #sources: SourceWriter;
  readonly #fields: InvertedWriter[] = [];
  readonly #columns: ColumnEntry[] = [];
  #columnCount = 0;
  #isDone = false;

  constructor({ store, name, docCount, deflates }: SegmentWriterOptions) {
    this.#out = store.create(name);
    this.#file = new SegmentFile(this.#out, name, deflates);
    this.#docCount = docCount;
    this.#documents = new DocumentsWriter(this.#file, docCount);
    this.#sources = new SourceWriter(this.#file, this.#file.section(DOCUMENTS, 'sourceBlocks'));
  }

  /** Bytes that the segment will take in memory so far; past `MAX_HOT_BYTES` the calls fail with LIMIT_EXCEEDED. */
  get hotBytes(): number {
    return this.#file.hotBytes;
  }

  /** Bytes in the file so far. */
  get fileBytes(): number {
    return this.#out.size;
  }

  /** Adds the document of the next ordinal. */
  addDocument(document: NewDocument): void {
    this.#documents.add(document);
  }

  /** Adds the source of the next ordinal: JSON as UTF-8. */
  addSource(json: Uint8Array): void {
    this.#sources.add(json);
  }

  /**
   * Copies sources of a segment or a head, as many as can be done at once: to be called until it gives `toOrdinal`.
   *
   * @param fromOrdinal The first document in `from`; all up to `toOrdinal` - 1 are kept.
   * @returns The ordinal to go on from.
   */
  copySources(from: BlockSource, fromOrdinal: number, toOrdinal: number): number {
    return this.#sources.copy(from, fromOrdinal, toOrdinal);
  }

  /**
   * Begins a field; the one before must be finished. Fields and columns have different names among themselves.
   *
   * @throws a plain Error if calls do not come in order.
   */
  field(field: NewField): FieldWriter {
    if (this.#fields.at(-1)?.isFinished === false) throw new Error(`field \`${field.field}\`: another is not finished`);
    const writer = new InvertedWriter(this.#file, 1 + this.#fields.length, field, this.#docCount);
    this.#fields.push(writer);
    return writer;
  }

  /** Adds a column at once. */
  column(column: NewColumn): void {
    const steps = this.columnInSlices(column);
    while (steps.next().done !== true);
  }

  /** Adds a column, a slice of about a millisecond at a time. Fields may be written meanwhile. */
  *columnInSlices(column: NewColumn): Generator<void, void> {
    const index = this.#columnCount++;
    this.#columns[index] = yield* writeColumn(this.#file, COLUMN_OWNER + index, column, this.#docCount);
  }

  /** Writes what is left, a slice of about a millisecond at a time, and gives the file its name. */
  *finish(): Generator<void, void> {
    const [docCount, written] = [this.#docCount, [this.#documents.docCount, this.#sources.docCount]];
    if (written.some((count) => count !== docCount))
      throw new Error(`${written.join(' and ')} of ${docCount} documents and sources were written`);
    this.#sources.flush();
    const documents = yield* this.#documents.finish();
    for (const field of this.#fields) yield* field.finishSlots();
    const fields = this.#fields.map((field) => field.entry());
    yield* this.#file.finish({ docCount, documents, fields, columns: this.#columns });
    this.#isDone = true;
  }

  /** Drops what was written. Harmless after `finish`, and twice. */
  abort(): void {
    if (!this.#isDone) this.#out.abort();
    this.#isDone = true;
  }
}

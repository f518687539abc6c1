/** Writes the stored sources of a segment in compressed blocks. */
import { ByteWriter } from './byte-writer.ts';
import type { SectionWriter } from './section-writer.ts';
import type { SegmentFile } from './segment-file.ts';
import { BLOCK_BYTES, type BlockSource, OpenBlock, type StoredBlock } from './source-block.ts';

/** Blocks of fewer bytes are packed anew when segments are merged, so that small ones do not stay for ever. */
const LEAST_COPIED_BYTES = BLOCK_BYTES / 4;

/** Packs sources into blocks. */
export class SourceWriter {
  readonly #file: SegmentFile;
  readonly #table: SectionWriter;
  readonly #open = new OpenBlock();
  #ordinal = 0;

  constructor(file: SegmentFile, table: SectionWriter) {
    this.#file = file;
    this.#table = table;
  }

  /** Documents so far. */
  get docCount(): number {
    return this.#ordinal + this.#open.docCount;
  }

  /** Adds the source of the next document. */
  add(source: Uint8Array): void {
    this.#open.add(source);
    if (this.#open.isFull) this.flush();
  }

  /**
   * Adds documents of somebody else: the block of the first one as it is, if all of it is asked for, else one by one.
   *
   * @returns The ordinal to go on from.
   */
  copy(from: BlockSource, fromOrdinal: number, toOrdinal: number): number {
    const block = from.sourceBlock(fromOrdinal);
    const end = Math.min(block.end, toOrdinal);
    const isWhole = block.start === fromOrdinal && block.end <= toOrdinal;
    if (isWhole && this.#mayCopy(block.inflatedBytes)) {
      this.flush();
      this.#write(from.storedBlock(fromOrdinal));
    } else for (let ordinal = fromOrdinal; ordinal < end; ordinal++) this.add(from.sourceBytes(ordinal));
    return end;
  }

  /** Writes the documents that wait. */
  flush(): void {
    if (this.#open.docCount > 0) this.#write(this.#open.close());
  }

  /** Whether a block of this length may be copied as it is now. */
  #mayCopy(inflatedBytes: number): boolean {
    const { size } = this.#open;
    return inflatedBytes >= LEAST_COPIED_BYTES && (size === 0 || size >= LEAST_COPIED_BYTES);
  }

  /** Writes a block and its record of 24 bytes. */
  #write({ docCount, stored, inflatedBytes, checksum }: StoredBlock): void {
    const record = new ByteWriter();
    record.f64(this.#file.block(stored));
    for (const value of [this.#ordinal, stored.length, inflatedBytes, checksum]) record.u32(value);
    this.#table.bytes(record.bytes, 0, record.bytes.length);
    this.#ordinal += docCount;
  }
}

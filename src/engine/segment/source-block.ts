/**
 * One block of stored sources: see docs/segment-format.md. A block begins with the length of each of its documents as a
 * varint; then come the documents, as JSON in UTF-8; all of it is compressed.
 */
import { brotliCompressSync, brotliDecompressSync, constants, crc32 } from 'node:zlib';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/** Bytes of documents after which a block ends. */
export const BLOCK_BYTES = 1 << 14;
/** Bytes that are made room for at once, whatever a block says. */
const MAX_PIECE_BYTES = 1 << 20;
/** Buffers that have grown further than this many blocks are not kept. */
const KEPT_BLOCKS = 16;
/** Bytes of UTF-8 per UTF-16 unit, at most. */
const WORST = 3;
/** Longer texts are measured before they are written. */
const LONG_TEXT = BLOCK_BYTES;
/**
 * Brotli's fastest level. Measured on abstracts of papers it takes 0.45 of the bytes at 142 MB/s, where the fastest deflate
 * takes 0.43 at 59 MB/s: most of the time of indexing would go there.
 */
const PARAMS = { [constants.BROTLI_PARAM_QUALITY]: 0, [constants.BROTLI_PARAM_LGWIN]: 18 };

/** A block as it stands in a file. */
export type StoredBlock = {
  readonly docCount: number;
  readonly stored: Uint8Array;
  /** If as many as are stored, the block is not compressed. */
  readonly inflatedBytes: number;
  readonly checksum: number;
};

/** Documents of a block: `start` to `end` - 1. */
export type SourceBlock = { readonly start: number; readonly end: number; readonly inflatedBytes: number };

/** A block after decompression: document `i` of it is `bytes[ends[i]]` to `bytes[ends[i + 1] - 1]`. */
export type InflatedBlock = { readonly bytes: Uint8Array; readonly ends: Float64Array };

/** Who has sources in blocks, by ordinal. */
export interface BlockSource {
  /** The block of a document. */
  sourceBlock(ordinal: number): SourceBlock;
  /** The block of a document as it stands in a file. */
  storedBlock(ordinal: number): StoredBlock;
  /** A document as JSON in UTF-8; not to be changed. */
  sourceBytes(ordinal: number): Uint8Array;
}

/** Collects the documents of one block after another. */
export class OpenBlock {
  readonly #lengths: number[] = [];
  #bytes = Buffer.allocUnsafeSlow(2 * BLOCK_BYTES);
  #used = 0;

  get docCount(): number {
    return this.#lengths.length;
  }

  /** Bytes of documents. */
  get size(): number {
    return this.#used;
  }

  /** Whether the block is to end here. */
  get isFull(): boolean {
    return this.#used >= BLOCK_BYTES;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#bytes.length;
  }

  add(source: Uint8Array): void {
    this.#reserve(source.length);
    this.#bytes.set(source, this.#used);
    this.#lengths.push(source.length);
    this.#used += source.length;
  }

  /** Adds a text, which has no lone surrogates. */
  addText(text: string): void {
    this.#reserve(text.length > LONG_TEXT ? Buffer.byteLength(text) : text.length * WORST);
    const length = this.#bytes.write(text, this.#used);
    this.#lengths.push(length);
    this.#used += length;
  }

  /** Document `index`, until the next one is added. */
  source(index: number): Uint8Array {
    let from = 0;
    for (let i = 0; i < index; i++) from += this.#lengths[i]!;
    return this.#bytes.subarray(from, from + this.#lengths[index]!);
  }

  /** Ends the block, which has a document at least, and begins the next one. */
  close(): StoredBlock {
    const head = new ByteWriter();
    for (const length of this.#lengths) head.varint(length);
    const block = new Uint8Array(head.bytes.length + this.#used);
    block.set(head.bytes);
    block.set(this.#bytes.subarray(0, this.#used), head.bytes.length);
    const compressed = brotliCompressSync(block, { params: PARAMS });
    const stored = compressed.length < block.length ? compressed : block;
    const docCount = this.#lengths.length;
    this.#lengths.length = 0;
    this.#used = 0;
    if (this.#bytes.length > KEPT_BLOCKS * BLOCK_BYTES) this.#bytes = Buffer.allocUnsafeSlow(2 * BLOCK_BYTES);
    return { docCount, stored, inflatedBytes: block.length, checksum: crc32(stored) };
  }

  #reserve(count: number): void {
    if (this.#used + count <= this.#bytes.length) return;
    const longer = Buffer.allocUnsafeSlow(Math.max(this.#used + count, 2 * this.#bytes.length));
    longer.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = longer;
  }
}

/**
 * Decompresses a block.
 *
 * @param fail Makes the error that is thrown if the block is damaged.
 */
export function inflateBlock(
  { docCount, stored, inflatedBytes }: Omit<StoredBlock, 'checksum'>,
  fail: (problem: string) => Error,
): InflatedBlock {
  let bytes = stored;
  if (stored.length !== inflatedBytes) {
    try {
      const chunkSize = Math.min(MAX_PIECE_BYTES, Math.max(64, inflatedBytes));
      bytes = brotliDecompressSync(stored, { maxOutputLength: Math.max(1, inflatedBytes), chunkSize });
    } catch {
      throw fail('cannot be decompressed');
    }
  }
  if (bytes.length !== inflatedBytes) throw fail(`has ${bytes.length} bytes`);
  return { bytes, ends: endsOf(bytes, docCount, fail) };
}

/** Where the documents of a block begin and end. */
function endsOf(bytes: Uint8Array, count: number, fail: (problem: string) => Error): Float64Array {
  const reader = new ByteReader(bytes, () => fail('has too few bytes'));
  if (count > bytes.length) throw fail('has too few bytes');
  const ends = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) ends[i + 1] = ends[i]! + reader.varint();
  const head = bytes.length - reader.left;
  if (ends[count] !== reader.left) throw fail(`has ${reader.left} bytes of documents`);
  for (let i = 0; i <= count; i++) ends[i]! += head;
  return ends;
}

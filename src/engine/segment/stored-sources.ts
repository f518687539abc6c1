/**
 * The stored sources of a segment: blocks that are read from the file and decompressed when one of their documents is asked
 * for. The last few stay so, since hits of one page often share blocks.
 */
import { brotliDecompressSync, crc32 } from 'node:zlib';
import type { StoreFile } from '../store/store.ts';
import { ByteReader } from './byte-reader.ts';
import { corrupt } from './corrupt.ts';
import { HEADER_BYTES } from './sections.ts';
import type { StoredBlock } from './source-writer.ts';

/** Blocks that are kept, and bytes in them at most (but one block is always kept). */
const KEPT_BLOCKS = 8;
const KEPT_BYTES = 1 << 20;
/** Bytes that are made room for at once, whatever a block says. */
const MAX_PIECE_BYTES = 1 << 20;
/** 32-bit and 64-bit numbers in a record of the table: offset f64, first ordinal, stored bytes, inflated bytes, checksum. */
const WORDS = 6;
const DOUBLES = 3;

/** Documents of a block: `start` to `end` - 1. */
export type SourceBlock = { readonly start: number; readonly end: number; readonly inflatedBytes: number };

type Inflated = { readonly block: number; readonly bytes: Uint8Array; readonly ends: Float64Array };

/** What sources are read from. */
export type StoredSourcesOptions = {
  readonly file: StoreFile;
  readonly fileName: string;
  readonly docCount: number;
  /** The section `sourceBlocks`. */
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
};

/** Sources by ordinal. */
export class StoredSources {
  readonly #options: StoredSourcesOptions;
  readonly #blockCount: number;
  /** The latest last. */
  #kept: Inflated[] = [];

  constructor(options: StoredSourcesOptions) {
    this.#options = options;
    this.#blockCount = Math.floor(options.words.length / WORDS);
  }

  /** Checks that the blocks have all documents, and lie before `limit` in the file. */
  check(limit: number): void {
    const { words, doubles, docCount } = this.#options;
    if (words.length % WORDS !== 0) throw this.#fail('it has half a record');
    if (this.#blockCount === 0 && docCount > 0) throw this.#fail('it is empty');
    let greatest = HEADER_BYTES;
    for (let block = 0; block < this.#blockCount; block++) {
      const offset = doubles[block * DOUBLES]!;
      const { start, end } = this.#range(block);
      const stored = words[block * WORDS + 3]!;
      if (!Number.isSafeInteger(offset) || offset < greatest || offset + stored > limit) {
        throw this.#fail(`block ${block} of ${stored} bytes at ${offset}`);
      }
      if (start >= end || end > docCount || (block === 0 && start !== 0)) {
        throw this.#fail(`block ${block} has documents ${start} to ${end}`);
      }
      greatest = offset + stored;
    }
  }

  /** The block of a document. */
  blockOf(ordinal: number): SourceBlock {
    const block = this.#find(ordinal);
    return { ...this.#range(block), inflatedBytes: this.#options.words[block * WORDS + 4]! };
  }

  /** The block of a document as it stands in the file. */
  stored(ordinal: number): StoredBlock {
    const block = this.#find(ordinal);
    const { words } = this.#options;
    const { start, end } = this.#range(block);
    const inflatedBytes = words[block * WORDS + 4]!;
    return { docCount: end - start, stored: this.#read(block), inflatedBytes, checksum: words[block * WORDS + 5]! };
  }

  /** The bytes of a document's source; not to be changed. */
  source(ordinal: number): Uint8Array {
    const block = this.#find(ordinal);
    const { bytes, ends } = this.#inflated(block);
    const index = ordinal - this.#range(block).start;
    return bytes.subarray(ends[index], ends[index + 1]);
  }

  #range(block: number): { start: number; end: number } {
    const { words, docCount } = this.#options;
    const end = block + 1 < this.#blockCount ? words[(block + 1) * WORDS + 2]! : docCount;
    return { start: words[block * WORDS + 2]!, end };
  }

  #find(ordinal: number): number {
    const { words, docCount } = this.#options;
    if (!(ordinal >= 0 && ordinal < docCount)) throw new Error(`document ${ordinal} of ${docCount}`);
    let [low, high] = [0, this.#blockCount];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (words[middle * WORDS + 2]! <= ordinal) low = middle;
      else high = middle;
    }
    return low;
  }

  #read(block: number): Uint8Array {
    const { file, words, doubles } = this.#options;
    const stored = new Uint8Array(words[block * WORDS + 3]!);
    file.read(doubles[block * DOUBLES]!, stored);
    if (crc32(stored) !== words[block * WORDS + 5]) throw this.#fail(`block ${block} has a wrong checksum`);
    return stored;
  }

  #inflated(block: number): Inflated {
    const at = this.#kept.findIndex((inflated) => inflated.block === block);
    const found = at < 0 ? this.#inflate(block) : this.#kept[at]!;
    if (at >= 0) this.#kept.splice(at, 1);
    this.#kept.push(found);
    let bytes = 0;
    const first = this.#kept.findLastIndex((inflated, i) => {
      bytes += inflated.bytes.length;
      return i < this.#kept.length - 1 && (bytes > KEPT_BYTES || i < this.#kept.length - KEPT_BLOCKS);
    });
    if (first >= 0) this.#kept = this.#kept.slice(first + 1);
    return found;
  }

  #inflate(block: number): Inflated {
    const stored = this.#read(block);
    const inflatedBytes = this.#options.words[block * WORDS + 4]!;
    let bytes: Uint8Array = stored;
    if (stored.length !== inflatedBytes) {
      try {
        const chunkSize = Math.min(MAX_PIECE_BYTES, Math.max(64, inflatedBytes));
        bytes = brotliDecompressSync(stored, { maxOutputLength: Math.max(1, inflatedBytes), chunkSize });
      } catch {
        throw this.#fail(`block ${block} cannot be decompressed`);
      }
    }
    if (bytes.length !== inflatedBytes) throw this.#fail(`block ${block} has ${bytes.length} bytes`);
    const { start, end } = this.#range(block);
    return { block, bytes, ends: this.#ends(block, bytes, end - start) };
  }

  /** Where the documents of a block begin and end. */
  #ends(block: number, bytes: Uint8Array, count: number): Float64Array {
    const reader = new ByteReader(bytes, () => this.#fail(`block ${block} has too few bytes`));
    if (count > bytes.length) throw this.#fail(`block ${block} has too few bytes`);
    const ends = new Float64Array(count + 1);
    for (let i = 0; i < count; i++) ends[i + 1] = ends[i]! + reader.varint();
    const head = bytes.length - reader.left;
    if (ends[count] !== reader.left) throw this.#fail(`block ${block} has ${reader.left} bytes of documents`);
    for (let i = 0; i <= count; i++) ends[i]! += head;
    return ends;
  }

  #fail(problem: string): Error {
    return corrupt(this.#options.fileName, 'section `sourceBlocks`', problem);
  }
}

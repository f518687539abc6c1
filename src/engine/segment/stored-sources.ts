/**
 * The stored sources of a segment: blocks that are read from the file and decompressed when one of their documents is asked
 * for. The last few stay so, since hits of one page often share blocks.
 */
import { crc32 } from 'node:zlib';
import type { StoreFile } from '../store/store.ts';
import { corrupt } from './corrupt.ts';
import { InflatedBlocks } from './inflated-blocks.ts';
import { HEADER_BYTES } from './sections.ts';
import { type InflatedBlock, inflateBlock, type SourceBlock, type StoredBlock } from './source-block.ts';

/** 32-bit and 64-bit numbers in a record of the table: offset f64, first ordinal, stored bytes, inflated bytes, checksum. */
const WORDS = 6;
const DOUBLES = 3;

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
  readonly #inflated = new InflatedBlocks((block) => this.#inflate(block));

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
    return { ...this.#range(block), inflatedBytes: this.#inflatedBytes(block) };
  }

  /** The block of a document as it stands in the file. */
  stored(ordinal: number): StoredBlock {
    const block = this.#find(ordinal);
    const { words } = this.#options;
    const { start, end } = this.#range(block);
    const [inflatedBytes, checksum] = [this.#inflatedBytes(block), words[block * WORDS + 5]!];
    return { docCount: end - start, stored: this.#read(block), inflatedBytes, checksum };
  }

  /** The bytes of a document's source; not to be changed. */
  source(ordinal: number): Uint8Array {
    const block = this.#find(ordinal);
    const { bytes, ends } = this.#inflated.get(block);
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

  #inflate(block: number): InflatedBlock {
    const { start, end } = this.#range(block);
    const stored = { docCount: end - start, stored: this.#read(block), inflatedBytes: this.#inflatedBytes(block) };
    return inflateBlock(stored, (problem) => this.#fail(`block ${block} ${problem}`));
  }

  #inflatedBytes(block: number): number {
    return this.#options.words[block * WORDS + 4]!;
  }

  #fail(problem: string): Error {
    return corrupt(this.#options.fileName, 'section `sourceBlocks`', problem);
  }
}

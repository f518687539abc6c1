/**
 * The sources of the head's documents, in blocks as segments have them: compressed as they come, so that they take less
 * memory, and a flush copies them.
 */
import { InflatedBlocks } from '../segment/inflated-blocks.ts';
import {
  type BlockSource,
  type InflatedBlock,
  inflateBlock,
  OpenBlock,
  type SourceBlock,
  type StoredBlock,
} from '../segment/source-block.ts';
import { grownInt32 } from './growable.ts';

/** Texts by number, in the order in which they came. */
export class HeadSources implements BlockSource {
  readonly #blocks: StoredBlock[] = [];
  /** First document of each block that is closed, and of the open one. */
  #starts: Int32Array = new Int32Array(64);
  readonly #open = new OpenBlock();
  readonly #inflated = new InflatedBlocks((block) => this.#inflate(block));
  #storedBytes = 0;

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#storedBytes + this.#open.sizeBytes + this.#starts.byteLength + this.#inflated.sizeBytes;
  }

  /** Bytes that documents take. */
  get usedBytes(): number {
    return this.#storedBytes + this.#open.size;
  }

  /** Adds a text, which has no lone surrogates. */
  add(text: string): void {
    this.#open.addText(text);
    if (this.#open.isFull) this.#close();
  }

  sourceBlock(ordinal: number): SourceBlock {
    const block = this.#closedBlockOf(ordinal);
    const [start, end] = [this.#starts[block]!, this.#starts[block + 1]!];
    return { start, end, inflatedBytes: this.#blocks[block]!.inflatedBytes };
  }

  storedBlock(ordinal: number): StoredBlock {
    return this.#blocks[this.#closedBlockOf(ordinal)]!;
  }

  sourceBytes(ordinal: number): Uint8Array {
    const block = this.#find(ordinal);
    const index = ordinal - this.#starts[block]!;
    if (block === this.#blocks.length) return this.#open.source(index);
    const { bytes, ends } = this.#inflated.get(block);
    return bytes.subarray(ends[index], ends[index + 1]);
  }

  #close(): void {
    const { stored, ...block } = this.#open.close();
    const count = this.#blocks.push({ ...block, stored: new Uint8Array(stored) });
    this.#starts = grownInt32(this.#starts, count + 1);
    this.#starts[count] = this.#starts[count - 1]! + block.docCount;
    this.#storedBytes += stored.length;
  }

  /** The number of a document's block, which is closed if it is not. */
  #closedBlockOf(ordinal: number): number {
    const block = this.#find(ordinal);
    if (block === this.#blocks.length) this.#close();
    return block;
  }

  #find(ordinal: number): number {
    let [low, high] = [0, this.#blocks.length + 1];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= ordinal) low = middle;
      else high = middle;
    }
    return low;
  }

  #inflate(block: number): InflatedBlock {
    return inflateBlock(this.#blocks[block]!, (problem) => new Error(`block ${block} of the head ${problem}`));
  }
}

/** The blocks of sources that were decompressed last: hits of one page often share blocks. */
import type { InflatedBlock } from './source-block.ts';

/** Blocks that are kept, and bytes in them at most (but one block is always kept). */
const KEPT_BLOCKS = 8;
const KEPT_BYTES = 1 << 20;

type Kept = { readonly block: number; readonly inflated: InflatedBlock };

/** A few blocks by their numbers. */
export class InflatedBlocks {
  readonly #inflate: (block: number) => InflatedBlock;
  /** The latest last. */
  #kept: Kept[] = [];

  /** @param inflate Decompresses a block that is not kept. */
  constructor(inflate: (block: number) => InflatedBlock) {
    this.#inflate = inflate;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#kept.reduce((sum, { inflated }) => sum + inflated.bytes.length, 0);
  }

  /** A block; what `inflate` throws is thrown. */
  get(block: number): InflatedBlock {
    const at = this.#kept.findIndex((kept) => kept.block === block);
    const found = at < 0 ? { block, inflated: this.#inflate(block) } : this.#kept[at]!;
    if (at >= 0) this.#kept.splice(at, 1);
    this.#kept.push(found);
    let bytes = 0;
    const first = this.#kept.findLastIndex(({ inflated }, i) => {
      bytes += inflated.bytes.length;
      return i < this.#kept.length - 1 && (bytes > KEPT_BYTES || i < this.#kept.length - KEPT_BLOCKS);
    });
    if (first >= 0) this.#kept = this.#kept.slice(first + 1);
    return found.inflated;
  }
}

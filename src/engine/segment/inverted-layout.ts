/**
 * Where the postings of one field lie in a region: what the kernel reads by address and the JavaScript evaluator by
 * views. The bytes are described in docs/segment-format.md.
 *
 * Postings of a term are blocks of 128 (the last one shorter). Block `b` of a term whose first block is `f` holds
 * documents above `blockLast[b - 1]` (from 0 for `b === f`) up to `blockLast[b]`. At `postings + blockPostings[b]`:
 *
 * | bytes | what |
 * | --- | --- |
 * | n × w | ordinals less the block's base (`blockLast[b - 1] + 1`, or 0), little-endian, `w` = 1, 2 or 4 bytes, aligned to `w` |
 * | n | codes of (frequency, norm); only where the field has frequencies |
 * | 1 + 5m | only with bit 7 of `blockWidth`: m, then m × (index in the block u8, frequency u32 little-endian, unaligned), for postings of code 255 |
 *
 * Positions of a block begin at `positions + blockPositions[b]`: those of all its postings in order, each absolute within
 * its document, `blockPositionBits[b]` bits apiece, packed from the lowest bit of each byte (0 bits: all are 0). There are
 * at least 8 readable bytes behind the last one.
 */
import type { SharedMemory } from '../memory/region.ts';

/** Postings per block. */
export const BLOCK = 128;

/** Code of a posting whose frequency stands among the exceptions of its block. */
export const EXCEPTION = 255;

/** Bit of `blockWidth` that tells of exceptions; the other bits are `w`. */
export const HAS_EXCEPTIONS = 0x80;

/** Most bits of a packed position. */
export const MAX_POSITION_BITS = 24;

/**
 * The pairs of (frequency, length code) that codes 0 to `size - 1` stand for, by rising impact under the statistics the
 * segment was written with. `size` is at most 255. Some pairs may occur in no document: they bound exceptions. The bound
 * of a block, for any statistics, is the greatest score of codes 0 to `blockMax[b]`; with 255, the weight itself.
 */
export type CodeTable = {
  readonly size: number;
  readonly frequencies: Uint16Array;
  readonly norms: Uint8Array;
};

/** Addresses are absolute in the memory; those of what the field does not have are 0. */
export type InvertedLayout = {
  readonly memory: SharedMemory;
  readonly hasFrequencies: boolean;
  readonly hasPositions: boolean;
  /** u32 per block. */
  readonly blockLast: number;
  /** u32 per block: relative to `postings`. */
  readonly blockPostings: number;
  /** u32 per block: relative to `positions`. */
  readonly blockPositions: number;
  /** u8 per block: bits of a position, 0 to 24. */
  readonly blockPositionBits: number;
  /** u8 per block: no posting scores above codes 0 to this one. */
  readonly blockMax: number;
  /** u8 per block. */
  readonly blockWidth: number;
  readonly postings: number;
  readonly positions: number;
  /** u8 per ordinal. */
  readonly norms: number;
  /** u32 per term: documents, deleted ones included. */
  readonly docFrequencies: Uint32Array;
  /** u32 per term, and one more: first block of each term. */
  readonly firstBlocks: Uint32Array;
  /** u8 per term: at least 10 (100) postings have this code or a higher one; 0 for none such. Exceptions never count. */
  readonly kth10: Uint8Array;
  readonly kth100: Uint8Array;
  readonly codes: CodeTable;
};

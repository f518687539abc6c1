/**
 * The sections of one inverted field in memory, checked when a segment is opened: whatever pointers and counts a file
 * has, no reader of blocks leaves their sections.
 */
import type { FieldStatistics } from '../engine.ts';
import { MAX_TERM_BYTES } from '../part/term-bytes.ts';
import { encodeLength } from '../score/norms.ts';
import { EMPTY_SLOT, numberBits } from './hash-slots.ts';
import { BLOCK, type CodeTable, HAS_EXCEPTIONS, MAX_POSITION_BITS } from './inverted-layout.ts';
import type { PackedValues } from './packing.ts';
import type { RegionViews } from './region-views.ts';
import type { FieldEntry } from './table-of-contents.ts';
import { deriveTermsByEnd } from './terms-by-end.ts';

/** Views of a field's sections; those that it does not have are of length 0. */
export type FieldData = {
  readonly entry: FieldEntry;
  readonly docCount: number;
  /** For keywords: one code, frequency 1 in a field of length 1. */
  readonly codes: CodeTable;
  readonly lengths: PackedValues;
  readonly norms: Uint8Array;
  readonly termBytes: Uint8Array;
  readonly termOffsets: Uint32Array;
  readonly termSlots: Uint32Array;
  /** How many bytes a term shares with the one before it, 255 for that many or more. Derived. */
  readonly termShared: Uint8Array;
  /** Derived, as are the next two; see `TermsByEnd`. */
  readonly termsByEnd: Uint32Array;
  readonly signatures: Uint32Array;
  readonly lengthStarts: Uint32Array;
  readonly docFrequencies: Uint32Array;
  readonly firstBlocks: Uint32Array;
  readonly kth10: Uint8Array;
  readonly kth100: Uint8Array;
  /** Triples of frequency, norm and count. */
  readonly pairs: Uint32Array;
  readonly blockLast: Uint32Array;
  readonly blockPostings: Uint32Array;
  readonly blockPositions: Uint32Array;
  readonly blockPositionBits: Uint8Array;
  readonly blockMax: Uint8Array;
  readonly blockWidth: Uint8Array;
  readonly postings: Uint8Array;
  readonly positions: Uint8Array;
  readonly blockOffsets: Uint32Array;
  readonly offsets: Uint8Array;
};

/** Stands for as many shared bytes or more. */
export const MAX_SHARED = 255;

/** Items that are checked between two yields. */
const SLICE = 1 << 15;

/** The views of a field, unchecked. */
export function fieldData(entry: FieldEntry, views: RegionViews, docCount: number): FieldData {
  const frequencies = views.u16('codeFrequencies');
  return {
    entry,
    docCount,
    codes:
      entry.type === 'keyword'
        ? { size: 1, frequencies: Uint16Array.of(1), norms: Uint8Array.of(encodeLength(1)) }
        : { size: frequencies.length, frequencies, norms: views.u8('codeNorms') },
    lengths: views.packed('lengths', entry.lengths, docCount),
    norms: views.u8('norms'),
    termBytes: views.u8('termBytes'),
    termOffsets: views.u32('termOffsets'),
    termSlots: views.u32('termSlots'),
    termShared: new Uint8Array(entry.termCount),
    termsByEnd: views.u32('termsByEnd'),
    signatures: views.u32('signatures'),
    lengthStarts: views.u32('lengthStarts'),
    docFrequencies: views.u32('docFrequencies'),
    firstBlocks: views.u32('firstBlocks'),
    kth10: entry.type === 'keyword' ? new Uint8Array(entry.termCount) : views.u8('kth10'),
    kth100: entry.type === 'keyword' ? new Uint8Array(entry.termCount) : views.u8('kth100'),
    pairs: views.u32('pairs'),
    blockLast: views.u32('blockLast'),
    blockPostings: views.u32('blockPostings'),
    blockPositions: views.u32('blockPositions'),
    blockPositionBits: views.u8('blockPositionBits'),
    blockMax: views.u8('blockMax'),
    blockWidth: views.u8('blockWidth'),
    postings: views.u8('postings'),
    positions: views.u8('positions'),
    blockOffsets: views.u32('blockOffsets'),
    offsets: views.u8('offsets'),
  };
}

/** Fills in what is derived, and checks everything that readers rely on, a slice at a time. */
export function* prepareField(data: FieldData, fail: (problem: string) => Error): Generator<void, FieldStatistics> {
  if (data.entry.lengths.width === 8) throw fail('lengths are not integers');
  checkCodes(data, fail);
  const statistics = yield* deriveNorms(data, fail);
  yield* checkOffsets(data.termOffsets, data.termBytes.length, MAX_TERM_BYTES, fail);
  yield* deriveShared(data, fail);
  yield* deriveTermsByEnd(data);
  yield* checkSlots(data.termSlots, data.entry.termCount, fail);
  yield* deriveFirstBlocks(data, fail);
  for (let term = 0; term < data.entry.termCount; term++) {
    checkTerm(data, term, fail);
    if ((term & 2047) === 2047) yield;
  }
  return statistics;
}

/** Fills in what a thread needs of its own, where another one has prepared the field. */
export function* prepareSharedField(data: FieldData, fail: (problem: string) => Error): Generator<void, void> {
  yield* deriveShared(data, fail);
}

/** Checks offsets of pieces that lie one behind the other and fill `byteLength`. */
export function* checkOffsets(
  offsets: Uint32Array,
  byteLength: number,
  longest: number,
  fail: (problem: string) => Error,
): Generator<void, void> {
  const count = offsets.length - 1;
  if (offsets[0] !== 0 || offsets[count] !== byteLength) throw fail('offsets do not fit the bytes');
  for (let i = 0; i < count; i++) {
    const length = offsets[i + 1]! - offsets[i]!;
    if (length < 0 || length > longest) throw fail(`piece ${i} has ${length} bytes`);
    if (i % SLICE === SLICE - 1) yield;
  }
}

/** Checks that a hash table has each number once or so: as many as there are, none too great, and free slots. */
export function* checkSlots(
  slots: Uint32Array,
  count: number,
  fail: (problem: string) => Error,
): Generator<void, void> {
  const mask = 2 ** numberBits(count) - 1;
  let used = 0;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    if (i % SLICE === SLICE - 1) yield;
    if (slot === EMPTY_SLOT) continue;
    used++;
    if ((slot & mask) >= count) throw fail(`a hash table has entry ${slot & mask} of ${count}`);
  }
  if (used !== count) throw fail(`a hash table has ${used} entries, not ${count}`);
}

function checkCodes({ entry, codes, pairs }: FieldData, fail: (problem: string) => Error): void {
  const { size, frequencies, norms } = codes;
  if (size > 255 || norms.length !== size) throw fail(`${size} codes with ${norms.length} norms`);
  if (frequencies.includes(0)) throw fail('a code has frequency 0');
  if (pairs.length % 3 !== 0) throw fail(`${pairs.length} numbers of pairs`);
  for (let i = 0; i < pairs.length; i += 3) {
    if (pairs[i] === 0 || pairs[i + 1]! > 255) throw fail(`a pair of frequency ${pairs[i]} and norm ${pairs[i + 1]}`);
  }
  if (entry.type === 'keyword' && entry.hasPositions) throw fail('a keyword has positions');
}

function* deriveNorms(
  { entry, lengths, norms, docCount }: FieldData,
  fail: (problem: string) => Error,
): Generator<void, FieldStatistics> {
  const { base, step, width } = entry.lengths;
  let [fieldCount, totalTokens] = [0, 0];
  const greatest = base + step * (width === 0 ? 0 : 256 ** width - 1);
  for (let ordinal = 0; ordinal < docCount; ordinal++) {
    const length = lengths.at(ordinal);
    if (length < 0 || (greatest > 0x7fffffff && length > 0x7fffffff))
      throw fail(`document ${ordinal} has length ${length}`);
    if (entry.type === 'text') norms[ordinal] = encodeLength(length);
    if (length > 0) fieldCount++;
    totalTokens += length;
    if (ordinal % SLICE === SLICE - 1) yield;
  }
  return { docCount: fieldCount, totalTokens };
}

/** Compares each term with the one before: they must rise. */
function* deriveShared(
  { termBytes, termOffsets, termShared }: FieldData,
  fail: (problem: string) => Error,
): Generator<void, void> {
  for (let term = 1; term < termShared.length; term++) {
    const before = termOffsets[term - 1]! | 0;
    const start = termOffsets[term]! | 0;
    const limit = Math.min(start - before, termOffsets[term + 1]! - start);
    let shared = 0;
    while (shared < limit && termBytes[before + shared] === termBytes[start + shared]) shared++;
    const isAbove =
      shared < limit ? termBytes[start + shared]! > termBytes[before + shared]! : shared === start - before;
    if (!isAbove || termOffsets[term + 1] === start) throw fail(`term ${term} is not above the one before`);
    termShared[term] = Math.min(shared, MAX_SHARED);
    if (term % SLICE === SLICE - 1) yield;
  }
}

function* deriveFirstBlocks(data: FieldData, fail: (problem: string) => Error): Generator<void, void> {
  const { entry, docFrequencies, firstBlocks, docCount } = data;
  let block = 0;
  for (let term = 0; term < entry.termCount; term++) {
    const docFrequency = docFrequencies[term]!;
    if (docFrequency === 0 || docFrequency > docCount) throw fail(`term ${term} is in ${docFrequency} documents`);
    firstBlocks[term] = block;
    block += Math.ceil(docFrequency / BLOCK);
    if (term % SLICE === SLICE - 1) yield;
  }
  firstBlocks[entry.termCount] = block;
  if (block !== entry.blockCount) throw fail(`terms have ${block} blocks, not ${entry.blockCount}`);
}

/** Checks the blocks of one term: where they lie, and that their documents rise. */
function checkTerm(data: FieldData, term: number, fail: (problem: string) => Error): void {
  const { blockLast, docCount, docFrequencies, firstBlocks, entry, codes } = data;
  const first = firstBlocks[term]!;
  const end = firstBlocks[term + 1]!;
  let base = 0;
  for (let block = first; block < end; block++) {
    const count = block + 1 < end ? BLOCK : docFrequencies[term]! - (end - first - 1) * BLOCK;
    const last = blockLast[block]!;
    if (last >= docCount || last + 1 - base < count) throw fail(`block ${block} ends with document ${last}`);
    checkBlock(data, block, count, last - base, fail);
    base = last + 1;
  }
  if (data.kth10[term]! > codes.size || data.kth100[term]! > codes.size) throw fail(`term ${term} has an unknown code`);
  if (entry.hasPositions) checkPositions(data, first, end, docFrequencies[term]!, fail);
}

function checkBlock(
  data: FieldData,
  block: number,
  count: number,
  span: number,
  fail: (problem: string) => Error,
): void {
  const { blockWidth, blockPostings, postings, entry } = data;
  const marked = blockWidth[block]!;
  const width = marked & ~HAS_EXCEPTIONS;
  const hasExceptions = marked !== width;
  const [start, next] = [blockPostings[block]!, nextStart(blockPostings, block, postings.length)];
  if ((width !== 1 && width !== 2 && width !== 4) || start % width !== 0 || span >= 256 ** width) {
    throw fail(`block ${block} at ${start} has numbers of ${width} bytes`);
  }
  if (start + count * width > postings.length || lastNumber(postings, start + count * width, width) !== span) {
    throw fail(`block ${block} at ${start} does not end with its last document`);
  }
  let end = start + count * width + (entry.type === 'text' ? count : 0);
  if (hasExceptions) {
    if (entry.type === 'keyword' || end >= postings.length) throw fail(`block ${block} has exceptions`);
    const exceptions = postings[end]!;
    if (exceptions > count) throw fail(`block ${block} has ${exceptions} exceptions`);
    end += 1 + 5 * exceptions;
  }
  if (end > next || start > end) throw fail(`block ${block} ends at ${end}, and the next one begins at ${next}`);
}

/** The number of `width` bytes before `end`. */
function lastNumber(bytes: Uint8Array, end: number, width: number): number {
  let value = 0;
  for (let i = 1; i <= width; i++) value = value * 256 + bytes[end - i]!;
  return value;
}

function checkPositions(
  data: FieldData,
  first: number,
  end: number,
  docFrequency: number,
  fail: (problem: string) => Error,
): void {
  const { blockPositions, blockPositionBits, positions, blockOffsets, offsets, entry } = data;
  for (let block = first; block < end; block++) {
    const count = block + 1 < end ? BLOCK : docFrequency - (end - first - 1) * BLOCK;
    const bits = blockPositionBits[block]!;
    const byteLength = nextStart(blockPositions, block, positions.length) - blockPositions[block]!;
    if (bits > MAX_POSITION_BITS || byteLength < Math.ceil((bits * count) / 8)) {
      throw fail(`block ${block} has ${byteLength} bytes of positions of ${bits} bits`);
    }
    if (!entry.hasOffsets) continue;
    const offsetBytes = nextStart(blockOffsets, block, offsets.length) - blockOffsets[block]!;
    if (offsetBytes < 2 * count) throw fail(`block ${block} has ${offsetBytes} bytes of offsets`);
  }
}

/** Where the next block begins, or the section ends. */
export function nextStart(starts: Uint32Array, block: number, byteLength: number): number {
  return block + 1 < starts.length ? starts[block + 1]! : byteLength;
}

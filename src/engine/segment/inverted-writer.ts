/**
 * Writes one inverted field of a segment: its lengths, its dictionary, and through `BlockWriter` its postings.
 */
import { compareBytes, hashBytes, MAX_TERM_BYTES } from '../part/term-bytes.ts';
import { encodeLength } from '../score/norms.ts';
import { BlockWriter } from './block-writer.ts';
import type { FieldWriter, NewField, PostingsBuffer } from './field-writer.ts';
import { placeSlots, slotCount } from './hash-slots.ts';
import { NumberList } from './number-list.ts';
import { writeNumbers, writePacked } from './packed-writer.ts';
import type { SectionWriter } from './section-writer.ts';
import type { SegmentFile } from './segment-file.ts';
import type { FieldEntry } from './table-of-contents.ts';

/** Bytes in memory that a term takes beyond its sections. */
const DERIVED_TERM_BYTES = 12;

/** An inverted field being written. */
export class InvertedWriter implements FieldWriter {
  readonly #file: SegmentFile;
  readonly #owner: number;
  readonly #field: NewField;
  readonly #lengths: FieldEntry['lengths'];
  readonly #blocks: BlockWriter;
  readonly #termBytes: SectionWriter;
  readonly #termOffsets: SectionWriter;
  readonly #docFrequencies: SectionWriter;
  readonly #kth10: SectionWriter | undefined;
  readonly #kth100: SectionWriter | undefined;
  readonly #hashes = new NumberList();
  #previous = new Uint8Array(64);
  #previousLength = -1;
  #isFinished = false;

  /** @param owner The field's number in the table of contents. */
  constructor(file: SegmentFile, owner: number, field: NewField, docCount: number) {
    if (field.lengths.length < docCount) throw new Error(`field \`${field.field}\` has too few lengths`);
    if ((field.type === 'text') !== (field.codes !== undefined)) throw new Error(`field \`${field.field}\`: codes`);
    this.#file = file;
    this.#owner = owner;
    this.#field = field;
    this.#lengths = this.#writeLengths(docCount);
    this.#termBytes = file.section(owner, 'termBytes');
    this.#termOffsets = file.section(owner, 'termOffsets');
    this.#docFrequencies = file.section(owner, 'docFrequencies');
    this.#kth10 = field.codes && file.section(owner, 'kth10');
    this.#kth100 = field.codes && file.section(owner, 'kth100');
    this.#blocks = this.#beginBlocks(docCount);
  }

  term(bytes: Uint8Array, from: number, to: number, postings: PostingsBuffer): void {
    this.#checkOrder(bytes, from, to);
    this.#endTerm();
    this.#remember(bytes, from, to);
    this.#termOffsets.rising(this.#termBytes.memoryBytes);
    this.#termBytes.bytes(bytes, from, to);
    this.#hashes.add(hashBytes(bytes, from, to));
    this.#blocks.add(postings);
  }

  more(postings: PostingsBuffer): void {
    if (this.#previousLength < 0) throw new Error(`field \`${this.#field.field}\`: postings without a term`);
    this.#blocks.add(postings);
  }

  finish(): void {
    if (this.#isFinished) throw new Error(`field \`${this.#field.field}\` is finished`);
    this.#endTerm();
    this.#termOffsets.rising(this.#termBytes.memoryBytes);
    if (this.#field.codes !== undefined) this.#writeCodes();
    this.#file.grew(slotCount(this.#hashes.length) * 4 + this.#hashes.length * DERIVED_TERM_BYTES);
    this.#isFinished = true;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** What the table of contents says of the field. */
  entry(): FieldEntry {
    const { field, type, hasPositions, hasOffsets } = this.#field;
    const [termCount, blockCount] = [this.#hashes.length, this.#blocks.blockCount];
    return { field, type, hasPositions, hasOffsets, termCount, blockCount, lengths: this.#lengths };
  }

  /** Writes what could not be written before all terms were known. */
  *finishSlots(): Generator<void, void> {
    const slots = yield* placeSlots(this.#hashes.toArray());
    const section = this.#file.section(this.#owner, 'termSlots');
    yield* writeNumbers(section, slots);
    this.#file.grew(-slots.byteLength);
  }

  #writeLengths(docCount: number): FieldEntry['lengths'] {
    const { lengths } = this.#field;
    let [least, greatest] = [0xffffffff, 0];
    for (let ordinal = 0; ordinal < docCount; ordinal++) {
      const length = lengths[ordinal]!;
      if (length < least) least = length;
      if (length > greatest) greatest = length;
    }
    const width = least >= greatest ? 0 : greatest <= 0xff ? 1 : greatest <= 0xffff ? 2 : 4;
    const packing = { base: width === 0 ? greatest : 0, step: 1, width } as const;
    writePacked(this.#file.section(this.#owner, 'lengths'), packing, lengths, 0, docCount);
    return packing;
  }

  #beginBlocks(docCount: number): BlockWriter {
    const { field, codes, hasPositions, hasOffsets, lengths } = this.#field;
    const section = (name: Parameters<SegmentFile['section']>[1]) => this.#file.section(this.#owner, name);
    const norms = codes && new Uint8Array(docCount);
    for (let ordinal = 0; norms !== undefined && ordinal < docCount; ordinal++) {
      norms[ordinal] = encodeLength(lengths[ordinal]!);
    }
    if (norms !== undefined) this.#file.grew(docCount);
    const sections = {
      last: section('blockLast'),
      postingsAt: section('blockPostings'),
      width: section('blockWidth'),
      postings: section('postings'),
      max: codes && section('blockMax'),
      positionsAt: hasPositions ? section('blockPositions') : undefined,
      positionBits: hasPositions ? section('blockPositionBits') : undefined,
      positions: hasPositions ? section('positions') : undefined,
      offsetsAt: hasOffsets ? section('blockOffsets') : undefined,
      offsets: hasOffsets ? section('offsets') : undefined,
    };
    return new BlockWriter({ field, docCount, codes, norms, sections });
  }

  #endTerm(): void {
    if (this.#previousLength < 0) return;
    const docFrequency = this.#blocks.endTerm();
    if (docFrequency === 0) throw new Error(`field \`${this.#field.field}\`: a term without postings`);
    this.#docFrequencies.varint(docFrequency);
    if (this.#kth10 === undefined) return;
    this.#kth10.u8(docFrequency < 10 ? 0 : this.#blocks.kth(10));
    this.#kth100!.u8(docFrequency < 100 ? 0 : this.#blocks.kth(100));
    this.#blocks.forget();
  }

  #checkOrder(bytes: Uint8Array, from: number, to: number): void {
    const { field } = this.#field;
    if (to - from > MAX_TERM_BYTES) throw new Error(`field \`${field}\`: a term of ${to - from} bytes`);
    const length = this.#previousLength;
    if (length < 0 || compareBytes(this.#previous, 0, length, bytes, from, to) < 0) return;
    throw new Error(`field \`${field}\`: terms are not in order`);
  }

  #remember(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length > this.#previous.length) this.#previous = new Uint8Array(length * 2);
    for (let i = 0; i < length; i++) this.#previous[i] = bytes[from + i]!;
    this.#previousLength = length;
  }

  #writeCodes(): void {
    const { codes } = this.#field;
    const frequencies = this.#file.section(this.#owner, 'codeFrequencies');
    const norms = this.#file.section(this.#owner, 'codeNorms');
    for (let code = 0; code < codes!.size; code++) {
      frequencies.u8(codes!.frequencies[code]!);
      frequencies.u8(codes!.frequencies[code]! >>> 8);
      norms.u8(codes!.norms[code]!);
    }
    const pairs = this.#file.section(this.#owner, 'pairs');
    this.#blocks.histogram().forEach((frequency, norm, count) => {
      pairs.varint(frequency);
      pairs.varint(norm);
      pairs.varint(count);
    });
  }
}

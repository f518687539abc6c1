/**
 * Writes the blocks of a field's postings: see inverted-layout.ts for their bytes.
 */
import { CoppiceError } from '../../errors.ts';
import { dominates } from './code-table.ts';
import type { PostingsBuffer } from './field-writer.ts';
import { BLOCK, type CodeTable, EXCEPTION, HAS_EXCEPTIONS, MAX_POSITION_BITS } from './inverted-layout.ts';
import { PairHistogram } from './pair-histogram.ts';
import type { SectionWriter } from './section-writer.ts';

/** Frequencies below this find their code in a table. */
const TABLED = 64;
const UNKNOWN = -1;

/** Sections that blocks are written to. Those of what the field does not have are undefined. */
export type BlockSections = {
  readonly last: SectionWriter;
  readonly postingsAt: SectionWriter;
  readonly width: SectionWriter;
  readonly postings: SectionWriter;
  readonly max: SectionWriter | undefined;
  readonly positionsAt: SectionWriter | undefined;
  readonly positionBits: SectionWriter | undefined;
  readonly positions: SectionWriter | undefined;
  readonly offsetsAt: SectionWriter | undefined;
  readonly offsets: SectionWriter | undefined;
};

/** How blocks of a field are written. */
export type BlockOptions = {
  readonly field: string;
  readonly docCount: number;
  /** Undefined for keywords. */
  readonly codes: CodeTable | undefined;
  readonly norms: Uint8Array | undefined;
  readonly sections: BlockSections;
};

/** Collects postings of one term after another and writes them in blocks of 128. */
export class BlockWriter {
  readonly #options: BlockOptions;
  readonly #codeOf = new Uint8Array(TABLED * 256).fill(EXCEPTION);
  /** Bounds of pairs that are exceptions, as far as they were looked for. */
  readonly #bounds = new Int16Array(TABLED * 256).fill(UNKNOWN);
  readonly #ordinals = new Uint32Array(BLOCK);
  readonly #frequencies = new Uint32Array(BLOCK);
  #positions = new Uint32Array(BLOCK);
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #count = 0;
  #positionCount = 0;
  /** Last ordinal of the block before in this term; -1 without one. */
  #last = -1;
  #docFrequency = 0;
  #blockCount = 0;
  /** Postings of the term by code. */
  readonly #term = new Uint32Array(256);
  /** Highest code of the term. */
  #highest = 0;
  readonly #codeCounts = new Float64Array(256);
  readonly #exceptions = new Map<number, number>();

  constructor(options: BlockOptions) {
    this.#options = options;
    const { codes } = options;
    for (let code = 0; code < (codes?.size ?? 0); code++) {
      const frequency = codes!.frequencies[code]!;
      if (frequency < TABLED) this.#codeOf[frequency * 256 + codes!.norms[code]!] = code;
    }
  }

  /** Blocks so far. */
  get blockCount(): number {
    return this.#blockCount;
  }

  /** Adds postings to the term. */
  add({ count, ordinals, frequencies, positions, starts, ends }: PostingsBuffer): void {
    const { sections } = this.#options;
    let position = 0;
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + BLOCK - this.#count);
      const places = this.#keep(ordinals, frequencies, from, to);
      if (sections.positions !== undefined) {
        this.#keepPositions(positions, position, places);
        if (sections.offsets !== undefined) this.#keepOffsets(starts, ends, position, places);
        this.#positionCount += places;
        position += places;
      }
      if (this.#count === BLOCK) this.#flush();
      from = to;
    }
  }

  /** Adds postings `from` to `to` - 1 to the block at hand, where there is room for them. Returns their positions. */
  #keep(ordinals: Uint32Array, frequencies: Uint32Array, from: number, to: number): number {
    const [keptOrdinals, keptFrequencies] = [this.#ordinals, this.#frequencies];
    let at = this.#count;
    let before = at === 0 ? this.#last : keptOrdinals[at - 1]!;
    let places = 0;
    for (let i = from; i < to; i++, at++) {
      const ordinal = ordinals[i]!;
      const frequency = frequencies[i]!;
      if (ordinal <= before || frequency === 0) this.#refuse(ordinal, frequency);
      keptOrdinals[at] = ordinal;
      keptFrequencies[at] = frequency;
      places += frequency;
      before = ordinal;
    }
    if (before >= this.#options.docCount) this.#refuse(before, keptFrequencies[at - 1]!);
    this.#count = at;
    return places;
  }

  /**
   * Ends the term.
   *
   * @returns Documents with the term.
   */
  endTerm(): number {
    if (this.#count > 0) this.#flush();
    const docFrequency = this.#docFrequency;
    this.#last = -1;
    this.#docFrequency = 0;
    return docFrequency;
  }

  /** Highest code that at least `k` postings of the ended term have or exceed; 0 for none. To be asked before `forget`. */
  kth(k: number): number {
    let sum = 0;
    for (let code = this.#highest; code > 0; code--) {
      sum += this.#term[code]!;
      if (sum >= k) return code;
    }
    return 0;
  }

  /** Forgets the codes of the ended term. */
  forget(): void {
    this.#term.fill(0, 0, this.#highest + 1);
    this.#highest = 0;
  }

  /** The pairs of all postings. */
  histogram(): PairHistogram {
    const histogram = new PairHistogram();
    const { codes } = this.#options;
    for (let code = 0; code < (codes?.size ?? 0); code++) {
      const count = this.#codeCounts[code]!;
      if (count > 0) histogram.add(codes!.frequencies[code]!, codes!.norms[code]!, count);
    }
    for (const [pair, count] of this.#exceptions) histogram.add(Math.floor(pair / 256), pair % 256, count);
    return histogram;
  }

  #refuse(ordinal: number, frequency: number): never {
    throw new Error(`field \`${this.#options.field}\`: posting of document ${ordinal} with frequency ${frequency}`);
  }

  #keepPositions(positions: Uint32Array, from: number, count: number): void {
    const at = this.#positionCount;
    if (at + count > this.#positions.length) this.#positions = grown(this.#positions, at + count);
    const into = this.#positions;
    for (let i = 0; i < count; i++) into[at + i] = positions[from + i]!;
  }

  #keepOffsets(starts: Uint32Array, ends: Uint32Array, from: number, count: number): void {
    const needed = this.#positionCount + count;
    if (needed > this.#starts.length) {
      this.#starts = grown(this.#starts, needed);
      this.#ends = grown(this.#ends, needed);
    }
    for (let i = 0; i < count; i++) {
      this.#starts[this.#positionCount + i] = starts[from + i]!;
      this.#ends[this.#positionCount + i] = ends[from + i]!;
    }
  }

  #flush(): void {
    const { sections, codes } = this.#options;
    const count = this.#count;
    sections.last.varint(this.#ordinals[count - 1]!);
    const width = this.#writeOrdinals(sections.postings);
    const hasExceptions = codes !== undefined && this.#writeCodes(sections.postings, codes);
    sections.width.u8(hasExceptions ? width | HAS_EXCEPTIONS : width);
    this.#writePositions();
    this.#writeOffsets();
    this.#last = this.#ordinals[count - 1]!;
    this.#docFrequency += count;
    this.#blockCount++;
    this.#count = 0;
    this.#positionCount = 0;
  }

  #writeOrdinals(postings: SectionWriter): number {
    const count = this.#count;
    const base = this.#last + 1;
    const span = this.#ordinals[count - 1]! - base;
    const width = span <= 0xff ? 1 : span <= 0xffff ? 2 : 4;
    postings.align(width);
    this.#options.sections.postingsAt.rising(postings.memoryBytes);
    postings.room(count * width);
    const into = postings.buffer;
    let at = postings.at;
    for (let i = 0; i < count; i++) {
      const offset = this.#ordinals[i]! - base;
      into[at++] = offset;
      if (width > 1) into[at++] = offset >>> 8;
      if (width === 4) {
        into[at++] = offset >>> 16;
        into[at++] = offset >>> 24;
      }
    }
    postings.advance(count * width);
    return width;
  }

  /** Writes codes, exceptions and the block's bound; tells whether there are exceptions. */
  #writeCodes(postings: SectionWriter, codes: CodeTable): boolean {
    const count = this.#count;
    const norms = this.#options.norms!;
    postings.room(count + 1 + 5 * count);
    const into = postings.buffer;
    const start = postings.at;
    const [ordinals, frequencies, codeOf] = [this.#ordinals, this.#frequencies, this.#codeOf];
    const [term, codeCounts] = [this.#term, this.#codeCounts];
    let [exceptions, highest, highestOwn] = [0, 0, this.#highest];
    let at = start + count + 1;
    for (let i = 0; i < count; i++) {
      const frequency = frequencies[i]!;
      const norm = norms[ordinals[i]!]!;
      const code = frequency < TABLED ? codeOf[frequency * 256 + norm]! : this.#rareCode(codes, frequency, norm);
      into[start + i] = code;
      if (code !== EXCEPTION) {
        term[code]!++;
        codeCounts[code]!++;
        if (code > highest) highest = code;
        if (code > highestOwn) highestOwn = code;
        continue;
      }
      into[at++] = i;
      for (let shift = 0; shift < 32; shift += 8) into[at++] = frequency >>> shift;
      exceptions++;
      const pair = frequency * 256 + norm;
      this.#exceptions.set(pair, (this.#exceptions.get(pair) ?? 0) + 1);
      highest = Math.max(highest, this.#bound(codes, frequency, norm));
    }
    this.#highest = highestOwn;
    if (exceptions > 0) into[start + count] = exceptions;
    postings.advance(exceptions > 0 ? at - start : count);
    this.#options.sections.max!.u8(highest);
    return exceptions > 0;
  }

  /** The lowest code that bounds a pair; see `boundOf`. */
  #bound(codes: CodeTable, frequency: number, norm: number): number {
    if (frequency >= TABLED) return boundOf(codes, frequency, norm);
    const at = frequency * 256 + norm;
    if (this.#bounds[at] === UNKNOWN) this.#bounds[at] = boundOf(codes, frequency, norm);
    return this.#bounds[at]!;
  }

  #rareCode(codes: CodeTable, frequency: number, norm: number): number {
    for (let code = codes.size - 1; code >= 0; code--) {
      if (codes.frequencies[code] === frequency && codes.norms[code] === norm) return code;
    }
    return EXCEPTION;
  }

  #writePositions(): void {
    const { positions, positionsAt, positionBits } = this.#options.sections;
    if (positions === undefined) return;
    const count = this.#positionCount;
    let all = 0;
    for (let i = 0; i < count; i++) all |= this.#positions[i]!;
    const bits = 32 - Math.clz32(all);
    if (bits > MAX_POSITION_BITS) {
      const { field } = this.#options;
      throw new CoppiceError('LIMIT_EXCEEDED', `field \`${field}\` has a position above ${2 ** MAX_POSITION_BITS - 1}`);
    }
    positionsAt!.rising(positions.memoryBytes);
    positionBits!.u8(bits);
    const byteLength = Math.ceil((count * bits) / 8);
    positions.room(byteLength);
    packBits(this.#positions, count, bits, positions.buffer, positions.at);
    positions.advance(byteLength);
  }

  /** For each occurrence: varint of its start less the start before in the posting, and of its length. */
  #writeOffsets(): void {
    const { offsets, offsetsAt } = this.#options.sections;
    if (offsets === undefined) return;
    offsetsAt!.rising(offsets.memoryBytes);
    let at = 0;
    for (let i = 0; i < this.#count; i++) {
      let before = 0;
      for (const end = at + this.#frequencies[i]!; at < end; at++) {
        const start = this.#starts[at]!;
        offsets.bytesOfVarint((start - before) >>> 0);
        offsets.bytesOfVarint((this.#ends[at]! - start) >>> 0);
        before = start;
      }
    }
  }
}

/** The lowest code that bounds a pair under any statistics; `EXCEPTION` if none does. */
function boundOf(codes: CodeTable, frequency: number, norm: number): number {
  for (let code = 0; code < codes.size; code++) if (dominates(codes, code, frequency, norm)) return code;
  return EXCEPTION;
}

/** Packs numbers of `bits` bits, the first in the lowest bits of the first byte. */
function packBits(values: Uint32Array, count: number, bits: number, into: Uint8Array, from: number): void {
  let [held, heldBits, at] = [0, 0, from];
  for (let i = 0; i < count; i++) {
    held |= values[i]! << heldBits;
    heldBits += bits;
    while (heldBits >= 8) {
      into[at++] = held;
      held >>>= 8;
      heldBits -= 8;
    }
  }
  if (heldBits > 0) into[at] = held;
}

function grown(values: Uint32Array, needed: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(Math.max(needed, values.length * 2));
  longer.set(values);
  return longer;
}

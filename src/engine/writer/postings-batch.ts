/** Postings of one term on their way into a segment: filled by flushes and merges, handed over a few blocks at a time. */
import { grownUint32 } from '../head/growable.ts';
import type { FieldWriter, PostingsBuffer } from '../segment/field-writer.ts';
import { BLOCK } from '../segment/inverted-layout.ts';

/** Postings handed over at once; whole blocks. */
const BATCH = BLOCK * 8;
/** Positions that are worth handing over before that. */
const MANY_POSITIONS = 1 << 15;

/** Collects the postings of one term after another for a `FieldWriter`. */
export class PostingsBatch implements PostingsBuffer {
  count = 0;
  readonly ordinals = new Uint32Array(BATCH);
  readonly frequencies = new Uint32Array(BATCH);
  positions: Uint32Array = new Uint32Array(1 << 10);
  starts: Uint32Array = new Uint32Array(0);
  ends: Uint32Array = new Uint32Array(0);
  /** Positions of all postings so far. */
  positionCount = 0;
  readonly #writer: FieldWriter;
  readonly hasOffsets: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #isNew = true;

  constructor(writer: FieldWriter, hasOffsets: boolean) {
    this.#writer = writer;
    this.hasOffsets = hasOffsets;
  }

  /** Begins a term: bytes `from` to `to` - 1, which stay as they are until `endTerm`. */
  beginTerm(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#isNew = true;
  }

  /** Makes room for the positions of one more posting. */
  reservePositions(frequency: number): void {
    this.positions = grownUint32(this.positions, this.positionCount + frequency);
    if (!this.hasOffsets) return;
    this.starts = grownUint32(this.starts, this.positionCount + frequency);
    this.ends = grownUint32(this.ends, this.positionCount + frequency);
  }

  /** Ends a posting, whose positions were added already. */
  add(ordinal: number, frequency: number): void {
    this.ordinals[this.count] = ordinal;
    this.frequencies[this.count] = frequency;
    this.count++;
    if (this.count === BATCH || this.positionCount >= MANY_POSITIONS) this.#handOver();
  }

  /** Ends the term. One without postings is left out: then the answer is false. */
  endTerm(): boolean {
    if (this.count > 0) this.#handOver();
    return !this.#isNew;
  }

  #handOver(): void {
    if (this.#isNew) this.#writer.term(this.#bytes, this.#from, this.#to, this);
    else this.#writer.more(this);
    this.#isNew = false;
    this.count = 0;
    this.positionCount = 0;
  }
}

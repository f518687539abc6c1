/** Postings of one term on their way into a segment: filled by flushes, handed over a few blocks at a time. */
import { grownUint32 } from '../head/growable.ts';
import type { FieldWriter, PostingsBuffer } from '../segment/field-writer.ts';
import { BLOCK } from '../segment/inverted-layout.ts';

/** Postings that there is room for; whole blocks. */
export const BATCH = BLOCK * 8;

/** The postings of one term after another, for a `FieldWriter`. */
export class PostingsBatch implements PostingsBuffer {
  /** Set by `handOver`. */
  count = 0;
  readonly ordinals = new Uint32Array(BATCH);
  readonly frequencies = new Uint32Array(BATCH).fill(1);
  positions: Uint32Array = new Uint32Array(1 << 10);
  starts: Uint32Array = new Uint32Array(0);
  ends: Uint32Array = new Uint32Array(0);
  readonly hasOffsets: boolean;
  readonly #writer: TermWriter;

  constructor(writer: TermWriter, hasOffsets: boolean) {
    this.#writer = writer;
    this.hasOffsets = hasOffsets;
  }

  /** Makes room for so many positions. */
  reservePositions(count: number): void {
    this.positions = grownUint32(this.positions, count);
    if (!this.hasOffsets) return;
    this.starts = grownUint32(this.starts, count);
    this.ends = grownUint32(this.ends, count);
  }

  /** Adds the first `count` postings, at most `BATCH`, to the term. */
  handOver(count: number): void {
    this.count = count;
    this.#writer.add(this);
  }
}

/** Writes terms with postings, and leaves out those without. */
export class TermWriter {
  readonly #writer: FieldWriter;
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #isNew = true;

  constructor(writer: FieldWriter) {
    this.#writer = writer;
  }

  /** Begins a term: bytes `from` to `to` - 1, which stay as they are until its first postings. */
  begin(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#isNew = true;
  }

  /** Adds postings to the term. */
  add(postings: PostingsBuffer): void {
    if (this.#isNew) this.#writer.term(this.#bytes, this.#from, this.#to, postings);
    else this.#writer.more(postings);
    this.#isNew = false;
  }

  /** Whether the term got postings. */
  get isWritten(): boolean {
    return !this.#isNew;
  }
}

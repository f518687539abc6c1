/**
 * The tokens of a text field of the head in the order in which they came: one number each, the term's. What a flush
 * sorts, and where the head looks up positions. Tokens of a document are pending until `commit`, so that a document
 * can be refused half-way.
 *
 * An entry from 0 on is a term at the place at hand, which then moves on by one; `STEP_BACK` moves it back by one (the
 * next token stands for the last one); any other negative entry moves it on by as much (dropped words, gaps).
 */
import { grownInt32, grownUint32 } from './growable.ts';

/** Entry after which the next token has the place of the last one. */
export const STEP_BACK = -0x80000000;

/** Tokens by ordinal. */
export class TokenLog {
  /** Read-only outside; replaced when it grows, as are the others. */
  entries: Int32Array;
  /** Entries of ordinal `o` begin at `starts[o]` and end before `starts[o + 1]`, for ordinals below `rowCount`. */
  starts: Uint32Array;
  /** UTF-16 start and end of each entry, where offsets are kept. */
  offsets: Uint32Array = new Uint32Array(0);
  readonly hasOffsets: boolean;
  #rowCount = 0;
  #end = 0;
  #pendingTokens = 0;
  /** Place of the next entry of the pending document. */
  #place = 0;
  #greatestPlace = 0;

  /** @param size Documents and entries that there will be, about. */
  constructor(hasOffsets: boolean, size = { documents: 64, tokens: 1000 }) {
    this.entries = new Int32Array(size.tokens + 1);
    this.starts = new Uint32Array(size.documents + 1);
    this.hasOffsets = hasOffsets;
  }

  /** One past the last ordinal that has a row. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** One past the last entry, pending ones included. */
  get end(): number {
    return this.#end;
  }

  /** Where the entries that are pending begin. */
  get committedEnd(): number {
    return this.starts[this.#rowCount]!;
  }

  /** Places taken so far by the pending document. */
  get place(): number {
    return this.#place;
  }

  /** No token of any document has a greater place. */
  get greatestPlace(): number {
    return this.#greatestPlace;
  }

  /** Pending tokens, less those that stand for others. */
  get pendingTokens(): number {
    return this.#pendingTokens;
  }

  get sizeBytes(): number {
    return this.entries.byteLength + this.starts.byteLength + this.offsets.byteLength;
  }

  /** Bytes that entries take. */
  get usedBytes(): number {
    return this.#end * (this.hasOffsets ? 12 : 4) + this.#rowCount * 4;
  }

  /** Adds a token at the place at hand. */
  add(term: number): void {
    if (this.#end === this.entries.length) this.entries = grownInt32(this.entries, this.#end + 1);
    this.entries[this.#end++] = term;
    this.#place++;
    this.#pendingTokens++;
  }

  /** Adds a token at a place, that of the last token or a later one. */
  addAt(place: number, term: number): void {
    if (place >= this.#place) this.moveTo(place);
    else {
      this.#push(STEP_BACK);
      this.#place--;
      this.#pendingTokens--;
    }
    this.add(term);
  }

  /** Leaves places before `place` empty. */
  moveTo(place: number): void {
    if (place <= this.#place) return;
    this.#push(this.#place - place);
    this.#place = place;
  }

  /** Tells where in the text the last token stands. */
  setOffsets(start: number, end: number): void {
    this.offsets = grownUint32(this.offsets, this.entries.length * 2);
    this.offsets[this.#end * 2 - 2] = start;
    this.offsets[this.#end * 2 - 1] = end;
  }

  /** Makes the pending tokens those of `ordinal`; ordinals rise. */
  commit(ordinal: number): void {
    this.starts = grownUint32(this.starts, ordinal + 2);
    const from = this.committedEnd;
    this.#greatestPlace = Math.max(this.#greatestPlace, this.#place);
    while (this.#rowCount < ordinal) this.starts[++this.#rowCount] = from;
    this.starts[++this.#rowCount] = this.#end;
    this.#begin();
  }

  /** Drops the pending tokens. */
  rollback(): void {
    this.#end = this.committedEnd;
    this.#begin();
  }

  /** Places of a term in a document, rising. */
  positions(term: number, ordinal: number, into: Uint32Array): void {
    const { entries } = this;
    const end = this.starts[ordinal + 1]!;
    let place = 0;
    let found = 0;
    for (let i = this.starts[ordinal]!; i < end; i++) {
      const entry = entries[i]!;
      if (entry >= 0) {
        if (entry === term) into[found++] = place;
        place++;
      } else place = entry === STEP_BACK ? place - 1 : place - entry;
    }
  }

  /** Where a term stands in the text of a document; false if offsets are not kept. */
  placesInText(term: number, ordinal: number, starts: Uint32Array, ends: Uint32Array): boolean {
    if (!this.hasOffsets) return false;
    const end = this.starts[ordinal + 1]!;
    let found = 0;
    for (let i = this.starts[ordinal]!; i < end; i++) {
      if (this.entries[i] !== term) continue;
      starts[found] = this.offsets[i * 2]!;
      ends[found++] = this.offsets[i * 2 + 1]!;
    }
    return true;
  }

  #push(entry: number): void {
    if (this.#end === this.entries.length) this.entries = grownInt32(this.entries, this.#end + 1);
    this.entries[this.#end++] = entry;
  }

  #begin(): void {
    this.#place = 0;
    this.#pendingTokens = 0;
  }
}

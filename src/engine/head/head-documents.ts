/** Stored documents of the head, by ordinal and by id, and which of them are alive. */
import type { EngineDocument } from '../engine.ts';
import type { PartDocuments } from '../part/index-part.ts';
import { WINDOW } from '../part/index-part.ts';
import { grownFloat64, grownInt32, grownUint32 } from './growable.ts';
import { HeadSources } from './head-sources.ts';
import { AT, RECORD, TermTable } from './term-table.ts';

/** Numbers per document: version, sequence number, primary term, position. */
const NUMBERS = 4;
/** Bytes of a document's numbers. */
const DOCUMENT_BYTES = NUMBERS * 8 + 4;
const WINDOW_WORDS = WINDOW / 32;

const decoder = new TextDecoder();

/** Documents in the order in which they were put. The record of an id holds the ordinal + 1 of its live document. */
export class HeadDocuments implements PartDocuments {
  readonly #ids: TermTable;
  readonly sources = new HeadSources();
  /** Number of the id of each ordinal. */
  #idNumbers: Int32Array;
  #numbers: Float64Array;
  #live: Uint32Array;
  #endOrdinal = 0;
  #liveCount = 0;

  /** @param capacity Documents that there will be, about. */
  constructor(capacity = 100) {
    this.#ids = new TermTable({ terms: capacity, bytes: capacity * 24 });
    this.#idNumbers = new Int32Array(capacity);
    this.#numbers = new Float64Array(capacity * NUMBERS);
    this.#live = new Uint32Array(Math.ceil(capacity / WINDOW) * WINDOW_WORDS);
  }

  /** One past the last ordinal. */
  get endOrdinal(): number {
    return this.#endOrdinal;
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  /** One bit per ordinal, for a whole number of windows. */
  get live(): Uint32Array {
    return this.#live;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    const tables = this.#idNumbers.byteLength + this.#numbers.byteLength + this.#live.byteLength;
    return this.#ids.sizeBytes + this.sources.sizeBytes + tables;
  }

  /** Bytes that documents take. */
  get usedBytes(): number {
    return this.#ids.usedBytes + this.sources.usedBytes + this.#endOrdinal * DOCUMENT_BYTES;
  }

  /** Adds a document whose id is not alive here; returns its ordinal. */
  append(document: EngineDocument, json: string): number {
    const ordinal = this.#endOrdinal++;
    const id = this.#ids.intern(document.id);
    this.#ids.records[id * RECORD + AT.newest] = ordinal + 1;
    this.#idNumbers = grownInt32(this.#idNumbers, ordinal + 1);
    this.#idNumbers[ordinal] = id;
    this.sources.add(json);
    this.#numbers = grownFloat64(this.#numbers, (ordinal + 1) * NUMBERS);
    const numbers = this.#numbers;
    const at = ordinal * NUMBERS;
    numbers[at] = document.version;
    numbers[at + 1] = document.seqNo;
    numbers[at + 2] = document.primaryTerm;
    numbers[at + 3] = document.position;
    const word = ordinal >>> 5;
    if (word >= this.#live.length) this.#live = grownUint32(this.#live, word + WINDOW_WORDS);
    this.#live[word]! |= 1 << (ordinal & 31);
    this.#liveCount++;
    return ordinal;
  }

  /** Marks a live document as gone. */
  remove(ordinal: number): void {
    this.#ids.records[this.#idNumbers[ordinal]! * RECORD + AT.newest] = 0;
    this.#live[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
    this.#liveCount--;
  }

  find(id: string): number {
    const number = this.#ids.lookup(id);
    return number < 0 ? -1 : this.#ids.records[number * RECORD + AT.newest]! - 1;
  }

  id(ordinal: number): string {
    return this.#ids.term(this.#idNumbers[ordinal]!);
  }

  /** Bytes of an id. */
  idBytes(ordinal: number): Uint8Array {
    const number = this.#idNumbers[ordinal]!;
    return this.#ids.bytes.subarray(this.#ids.from(number), this.#ids.to(number));
  }

  source(ordinal: number): unknown {
    return JSON.parse(decoder.decode(this.sources.sourceBytes(ordinal)));
  }

  version(ordinal: number): number {
    return this.#numbers[ordinal * NUMBERS]!;
  }

  seqNo(ordinal: number): number {
    return this.#numbers[ordinal * NUMBERS + 1]!;
  }

  primaryTerm(ordinal: number): number {
    return this.#numbers[ordinal * NUMBERS + 2]!;
  }

  position(ordinal: number): number {
    return this.#numbers[ordinal * NUMBERS + 3]!;
  }
}

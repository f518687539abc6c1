/** Stored documents of the head, by ordinal and by id, and which of them are alive. */
import type { EngineDocument } from '../engine.ts';
import type { PartDocuments } from '../part/index-part.ts';
import { WINDOW } from '../part/index-part.ts';
import { grownFloat64, grownUint32 } from './growable.ts';

/** Numbers per document: version, sequence number, primary term, position. */
const NUMBERS = 4;
const WINDOW_WORDS = WINDOW / 32;

/** Documents in the order in which they were put. Sources are kept as JSON. */
export class HeadDocuments implements PartDocuments {
  readonly #ordinals = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #sources: string[] = [];
  #numbers: Float64Array = new Float64Array(NUMBERS << 6);
  #live: Uint32Array = new Uint32Array(WINDOW_WORDS);
  #textBytes = 0;

  /** One past the last ordinal. */
  get endOrdinal(): number {
    return this.#ids.length;
  }

  get liveCount(): number {
    return this.#ordinals.size;
  }

  /** One bit per ordinal, for a whole number of windows. */
  get live(): Uint32Array {
    return this.#live;
  }

  /** Bytes held, about: one per character of ids and sources. */
  get sizeBytes(): number {
    return this.#textBytes + this.#numbers.byteLength + this.#live.byteLength;
  }

  /** Adds a document whose id is not alive here; returns its ordinal. */
  append(document: EngineDocument, json: string): number {
    const ordinal = this.#ids.push(document.id) - 1;
    this.#sources.push(json);
    this.#textBytes += json.length + document.id.length;
    this.#ordinals.set(document.id, ordinal);
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
    return ordinal;
  }

  /** Marks a document as gone and frees its source. */
  remove(ordinal: number): void {
    this.#ordinals.delete(this.#ids[ordinal]!);
    this.#live[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
    this.#textBytes -= this.#sources[ordinal]!.length;
    this.#sources[ordinal] = '';
  }

  find(id: string): number {
    return this.#ordinals.get(id) ?? -1;
  }

  id(ordinal: number): string {
    return this.#ids[ordinal]!;
  }

  source(ordinal: number): unknown {
    const json = this.json(ordinal);
    return json === '' ? undefined : JSON.parse(json);
  }

  /** The source as JSON; empty for undefined, and once the document is deleted. */
  json(ordinal: number): string {
    return this.#sources[ordinal]!;
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

/** Stored documents of one shard, by ordinal and by id, and which of them are alive. */
import type { EngineDocument, StoredDocument } from '../../engine.ts';
import { grown, newFloat64, newUint32, stringBytes } from './growable.ts';
import { DEAD, type OrdinalMap } from './inverted-field.ts';

/** Documents in the order in which they were put. Sources are kept as JSON. */
export class DocumentTable {
  readonly #ordinals = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #sources: string[] = [];
  #textBytes = 0;
  /** Version, seqNo, primary term and position of each document, in this order. */
  #numbers: Float64Array = new Float64Array(16 * NUMBERS);
  #positionsRise = true;
  #live: Uint32Array = new Uint32Array(LIVE_GRAIN);

  /** One past the last ordinal. */
  get endOrdinal(): number {
    return this.#ids.length;
  }

  /** Live documents. */
  get liveCount(): number {
    return this.#ordinals.size;
  }

  /** One bit per ordinal, set for live documents; as long as a whole number of windows. */
  get live(): Uint32Array {
    return this.#live;
  }

  /** Bytes held, about. */
  get sizeBytes(): number {
    return (
      this.#textBytes + this.#numbers.byteLength + this.#live.byteLength + this.#ids.length * DOCUMENT_OVERHEAD_BYTES
    );
  }

  /** Ordinal of a live document. */
  ordinalOf(id: string): number | undefined {
    return this.#ordinals.get(id);
  }

  /** Place in the log of a document. */
  position(ordinal: number): number {
    return this.#numbers[ordinal * NUMBERS + 3]!;
  }

  /** Whether positions rise with ordinals, as they do when documents come in the order of the log. */
  get positionsRise(): boolean {
    return this.#positionsRise;
  }

  /** Adds a document whose id is not alive; returns its ordinal. */
  append(document: EngineDocument, json: string): number {
    const { id, version, seqNo, primaryTerm, position } = document;
    return this.#push(id, json, [version, seqNo, primaryTerm, position]);
  }

  /** Marks a document as gone and frees its source. */
  remove(ordinal: number): void {
    const id = this.#ids[ordinal]!;
    this.#textBytes -= stringBytes(this.#sources[ordinal]!) + stringBytes(id);
    this.#sources[ordinal] = '';
    this.#ordinals.delete(id);
    this.#live[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
  }

  /** A stored document; throws if the ordinal is not one of a live document. */
  read(ordinal: number): StoredDocument {
    if (!this.#isLive(ordinal)) throw new Error(`no live document has ordinal ${ordinal}`);
    const json = this.#sources[ordinal]!;
    const at = ordinal * NUMBERS;
    return {
      id: this.#ids[ordinal]!,
      source: json === '' ? undefined : JSON.parse(json),
      version: this.#numbers[at]!,
      seqNo: this.#numbers[at + 1]!,
      primaryTerm: this.#numbers[at + 2]!,
    };
  }

  /** A copy without dead documents, and how ordinals changed. */
  compacted(): { readonly documents: DocumentTable; readonly map: OrdinalMap } {
    const documents = new DocumentTable();
    const map = new Uint32Array(this.endOrdinal).fill(DEAD);
    for (let old = 0; old < map.length; old++) {
      if (!this.#isLive(old)) continue;
      const numbers = this.#numbers.subarray(old * NUMBERS, (old + 1) * NUMBERS);
      map[old] = documents.#push(this.#ids[old]!, this.#sources[old]!, numbers);
    }
    return { documents, map };
  }

  #push(id: string, json: string, numbers: ArrayLike<number>): number {
    const ordinal = this.#ids.push(id) - 1;
    this.#sources.push(json);
    this.#textBytes += stringBytes(json) + stringBytes(id);
    this.#ordinals.set(id, ordinal);
    this.#numbers = grown(this.#numbers, (ordinal + 1) * NUMBERS, newFloat64);
    this.#numbers.set(numbers, ordinal * NUMBERS);
    if (ordinal > 0 && this.position(ordinal) <= this.position(ordinal - 1)) this.#positionsRise = false;
    if (ordinal >>> 5 >= this.#live.length) this.#live = grown(this.#live, this.#live.length + LIVE_GRAIN, newUint32);
    this.#live[ordinal >>> 5]! |= 1 << (ordinal & 31);
    return ordinal;
  }

  #isLive(ordinal: number): boolean {
    return ordinal < this.endOrdinal && (this.#live[ordinal >>> 5]! & (1 << (ordinal & 31))) !== 0;
  }
}

/** Numbers per document. */
const NUMBERS = 4;
/** Words by which the live bits grow: a multiple of the words of a search window. */
const LIVE_GRAIN = 64;
/** Map entry and array slots of a document. */
const DOCUMENT_OVERHEAD_BYTES = 64;

/** The documents of a segment: ids, numbers from the log, and stored sources. */
import { Buffer } from 'node:buffer';
import type { PartDocuments } from '../part/index-part.ts';
import { decodeTerm, soughtBytes } from '../part/term-bytes.ts';
import { corrupt } from './corrupt.ts';
import { checkOffsets, checkSlots } from './field-data.ts';
import { HashIndex } from './hash-index.ts';
import type { LiveDocuments } from './live-documents.ts';
import type { PackedValues } from './packing.ts';
import type { RegionViews } from './region-views.ts';
import type { StoredSources } from './stored-sources.ts';
import type { DocumentsEntry } from './table-of-contents.ts';

/** What documents are made of. */
export type SegmentDocumentsOptions = {
  readonly entry: DocumentsEntry;
  readonly views: RegionViews;
  readonly live: LiveDocuments;
  readonly sources: StoredSources;
  readonly fileName: string;
};

/** Documents by ordinal and id. */
export class SegmentDocuments implements PartDocuments {
  readonly #live: LiveDocuments;
  readonly #sources: StoredSources;
  readonly #fileName: string;
  readonly #idBytes: Uint8Array;
  readonly #idOffsets: Uint32Array;
  readonly #idSlots: Uint32Array;
  readonly #index: HashIndex;
  readonly #versions: PackedValues;
  readonly #seqNos: PackedValues;
  readonly #primaryTerms: PackedValues;
  readonly #logPositions: PackedValues;

  constructor({ entry, views, live, sources, fileName }: SegmentDocumentsOptions) {
    this.#live = live;
    this.#sources = sources;
    this.#fileName = fileName;
    this.#idBytes = views.u8('idBytes');
    this.#idOffsets = views.u32('idOffsets');
    this.#idSlots = views.u32('idSlots');
    const count = live.docCount;
    this.#index = new HashIndex({ slots: this.#idSlots, count, bytes: this.#idBytes, offsets: this.#idOffsets });
    this.#versions = views.packed('versions', entry.versions, count);
    this.#seqNos = views.packed('seqNos', entry.seqNos, count);
    this.#primaryTerms = views.packed('primaryTerms', entry.primaryTerms, count);
    this.#logPositions = views.packed('logPositions', entry.logPositions, count);
  }

  find(id: string): number {
    const { bytes, length, hash } = soughtBytes(id);
    return this.findBytes(bytes, 0, length, hash);
  }

  /** Ordinal of the live document whose id has these bytes and this hash (`hashBytes`); -1 if there is none. */
  findBytes(bytes: Uint8Array, from: number, to: number, hash: number): number {
    return this.#index.find(bytes, from, to, hash, this.#live.words);
  }

  id(ordinal: number): string {
    return decodeTerm(this.#idBytes, this.#idOffsets[ordinal]!, this.#idOffsets[ordinal + 1]!);
  }

  /** The bytes of an id; not to be changed. */
  idBytes(ordinal: number): Uint8Array {
    return this.#idBytes.subarray(this.#idOffsets[ordinal], this.#idOffsets[ordinal + 1]);
  }

  source(ordinal: number): unknown {
    const { buffer, byteOffset, byteLength } = this.#sources.source(ordinal);
    const text = Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw corrupt(this.#fileName, 'section `sourceBlocks`', `document ${ordinal} is not JSON: ${String(cause)}`);
    }
  }

  version(ordinal: number): number {
    return this.#versions.at(ordinal);
  }

  seqNo(ordinal: number): number {
    return this.#seqNos.at(ordinal);
  }

  primaryTerm(ordinal: number): number {
    return this.#primaryTerms.at(ordinal);
  }

  position(ordinal: number): number {
    return this.#logPositions.at(ordinal);
  }

  /** Checks what readers rely on, a slice at a time. */
  *check(fail: (problem: string) => Error): Generator<void, void> {
    yield* checkOffsets(this.#idOffsets, this.#idBytes.length, this.#idBytes.length, fail);
    yield* checkSlots(this.#idSlots, this.#live.docCount, fail);
  }
}

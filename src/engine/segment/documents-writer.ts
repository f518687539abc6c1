/** Writes ids, versions, sequence numbers, terms and log positions of a segment's documents. */
import { hashBytes } from '../part/term-bytes.ts';
import { placeSlots, slotCount } from './hash-slots.ts';
import { NumberList } from './number-list.ts';
import { writeNumbers, writePacked } from './packed-writer.ts';
import { type Packing, PackingChooser } from './packing.ts';
import type { SectionWriter } from './section-writer.ts';
import { DOCUMENTS, type SectionName } from './sections.ts';
import type { SegmentFile } from './segment-file.ts';
import type { DocumentsEntry } from './table-of-contents.ts';

/** The document of the next ordinal. */
export type NewDocument = {
  /** Bytes of the id (`termBytes`), free again after the call. */
  readonly id: Uint8Array;
  readonly version: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
  readonly position: number;
};

/** Values that are worked on between two yields. */
const SLICE = 1 << 15;

/** Documents being written, in the order of their ordinals. */
export class DocumentsWriter {
  readonly #file: SegmentFile;
  readonly #docCount: number;
  readonly #idBytes: SectionWriter;
  readonly #idOffsets: SectionWriter;
  readonly #hashes = new NumberList();
  readonly #versions: Float64Array;
  readonly #seqNos: Float64Array;
  readonly #primaryTerms: Float64Array;
  readonly #logPositions: Float64Array;

  constructor(file: SegmentFile, docCount: number) {
    this.#file = file;
    this.#docCount = docCount;
    this.#idBytes = file.section(DOCUMENTS, 'idBytes');
    this.#idOffsets = file.section(DOCUMENTS, 'idOffsets');
    this.#versions = new Float64Array(docCount);
    this.#seqNos = new Float64Array(docCount);
    this.#primaryTerms = new Float64Array(docCount);
    this.#logPositions = new Float64Array(docCount);
    file.grew(slotCount(docCount) * 4 + docCount / 8);
  }

  get docCount(): number {
    return this.#hashes.length;
  }

  /** Adds the document of the next ordinal. */
  add({ id, version, seqNo, primaryTerm, position }: NewDocument): void {
    const ordinal = this.#hashes.length;
    if (ordinal === this.#docCount) throw new Error(`more than ${this.#docCount} documents`);
    this.#idOffsets.rising(this.#idBytes.memoryBytes);
    this.#idBytes.bytes(id, 0, id.length);
    this.#hashes.add(hashBytes(id, 0, id.length));
    this.#versions[ordinal] = version;
    this.#seqNos[ordinal] = seqNo;
    this.#primaryTerms[ordinal] = primaryTerm;
    this.#logPositions[ordinal] = position;
  }

  /** Writes what could not be written before all documents were known. */
  *finish(): Generator<void, DocumentsEntry> {
    this.#idOffsets.rising(this.#idBytes.memoryBytes);
    const slots = yield* placeSlots(this.#hashes.toArray());
    yield* writeNumbers(this.#file.section(DOCUMENTS, 'idSlots'), slots);
    this.#file.grew(-slots.byteLength);
    return {
      versions: yield* this.#pack('versions', this.#versions),
      seqNos: yield* this.#pack('seqNos', this.#seqNos),
      primaryTerms: yield* this.#pack('primaryTerms', this.#primaryTerms),
      logPositions: yield* this.#pack('logPositions', this.#logPositions),
    };
  }

  *#pack(name: SectionName, values: Float64Array): Generator<void, Packing> {
    const chooser = new PackingChooser();
    for (let from = 0; from < values.length; from += SLICE) {
      if (from > 0) yield;
      chooser.add(values, from, Math.min(values.length, from + SLICE));
    }
    const packing = chooser.packing();
    const section = this.#file.section(DOCUMENTS, name);
    for (let from = 0; from < values.length; from += SLICE) {
      if (from > 0) yield;
      writePacked(section, packing, values, from, Math.min(values.length, from + SLICE));
    }
    return packing;
  }
}

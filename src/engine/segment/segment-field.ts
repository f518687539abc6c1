/** An inverted field of a segment, as queries and merges read it. */
import type { Automaton } from '../automata/automaton.ts';
import type { CloseWord } from '../automata/close-word.ts';
import type { FieldStatistics } from '../engine.ts';
import type { SharedMemory } from '../memory/region.ts';
import type { InvertedField, Postings } from '../part/index-part.ts';
import type { SignatureScan } from '../part/term-signature.ts';
import { BlockDecoder } from './block-decoder.ts';
import type { FieldData } from './field-data.ts';
import type { InvertedLayout } from './inverted-layout.ts';
import type { LiveDocuments } from './live-documents.ts';
import { LiveFrequencies } from './live-frequencies.ts';
import { PairHistogram } from './pair-histogram.ts';
import { type PostingsBlocks, SegmentBlocks, SegmentPostings } from './segment-postings.ts';
import { SimilarTerms } from './similar-terms.ts';
import { TermDictionary } from './term-dictionary.ts';

/** A field of a segment. */
export class SegmentField implements InvertedField {
  readonly field: string;
  readonly type: 'text' | 'keyword';
  readonly hasPositions: boolean;
  readonly hasOffsets: boolean;
  readonly isSorted = true;
  readonly termCount: number;
  readonly norms: Uint8Array | undefined;
  /** Bytes of term `t`: `termBytes` from `termOffsets[t]` to `termOffsets[t + 1]` - 1. */
  readonly termBytes: Uint8Array;
  readonly termOffsets: Uint32Array;
  readonly #data: FieldData;
  readonly #decoder: BlockDecoder;
  readonly #dictionary: TermDictionary;
  readonly #similarTerms: SimilarTerms;
  readonly #liveFrequencies: LiveFrequencies;
  #docCount: number;
  #totalTokens: number;

  /** @param data Prepared by `prepareField`, which gave `statistics`. */
  constructor(data: FieldData, statistics: FieldStatistics, live: LiveDocuments, fileName: string) {
    this.#data = data;
    this.field = data.entry.field;
    this.type = data.entry.type;
    this.hasPositions = data.entry.hasPositions;
    this.hasOffsets = data.entry.hasOffsets;
    this.termCount = data.entry.termCount;
    this.norms = data.entry.type === 'text' ? data.norms : undefined;
    this.termBytes = data.termBytes;
    this.termOffsets = data.termOffsets;
    this.#decoder = new BlockDecoder(data, fileName);
    this.#dictionary = new TermDictionary(data);
    this.#similarTerms = new SimilarTerms(data);
    this.#liveFrequencies = new LiveFrequencies(this.#decoder, live);
    this.#docCount = statistics.docCount;
    this.#totalTokens = statistics.totalTokens;
  }

  get docCount(): number {
    return this.#docCount;
  }

  get totalTokens(): number {
    return this.#totalTokens;
  }

  length(ordinal: number): number {
    return this.#data.lengths.at(ordinal);
  }

  lookup(term: string): number {
    return this.#dictionary.lookup(term);
  }

  term(number: number): string {
    return this.#dictionary.term(number);
  }

  docFrequency(number: number): number {
    return this.#data.docFrequencies[number]!;
  }

  liveDocFrequency(number: number): number {
    return this.#liveFrequencies.of(number);
  }

  accepted(automaton: Automaton, visit: (number: number) => boolean): void {
    this.#dictionary.accepted(automaton, visit);
  }

  close(word: CloseWord, visit: (number: number, edits: number) => void, scan?: SignatureScan): void {
    this.#similarTerms.find(word, visit, scan);
  }

  postings(number: number): Postings {
    return new SegmentPostings(this.#decoder, number);
  }

  /** A new reader of whole blocks, for merges. */
  blocks(): PostingsBlocks {
    return new SegmentBlocks(this.#decoder);
  }

  /** Copies the exact lengths of documents `from` to `to` - 1 into `into`, from its start. */
  readLengths(from: number, to: number, into: Uint32Array): void {
    this.#data.lengths.read(from, to, into);
  }

  /** Pairs of all postings, deleted documents included. Empty for keywords. */
  histogram(): PairHistogram {
    const histogram = new PairHistogram();
    const { pairs } = this.#data;
    for (let i = 0; i < pairs.length; i += 3) histogram.add(pairs[i]!, pairs[i + 1]!, pairs[i + 2]!);
    return histogram;
  }

  /** Takes a document that was deleted out of the statistics. */
  forget(ordinal: number): void {
    const length = this.length(ordinal);
    if (length === 0) return;
    this.#docCount--;
    this.#totalTokens -= length;
  }

  /** Where the field lies. */
  layout(memory: SharedMemory): InvertedLayout {
    const { hasPositions } = this;
    const data = this.#data;
    return {
      memory,
      hasFrequencies: this.type === 'text',
      hasPositions,
      blockLast: data.blockLast.byteOffset,
      blockPostings: data.blockPostings.byteOffset,
      blockPositions: hasPositions ? data.blockPositions.byteOffset : 0,
      blockPositionBits: hasPositions ? data.blockPositionBits.byteOffset : 0,
      blockMax: data.blockMax.byteOffset,
      blockWidth: data.blockWidth.byteOffset,
      postings: data.postings.byteOffset,
      positions: hasPositions ? data.positions.byteOffset : 0,
      norms: this.type === 'text' ? data.norms.byteOffset : 0,
      docFrequencies: data.docFrequencies,
      firstBlocks: data.firstBlocks,
      kth10: data.kth10,
      kth100: data.kth100,
      codes: data.codes,
    };
  }
}

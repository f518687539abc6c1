/**
 * One text or keyword field: its dictionary, postings, lengths and statistics. Statistics count live documents only:
 * each document keeps the list of its terms, so that removing it lowers their document frequencies.
 */

import { MAX_TOKEN_LENGTH } from '../../analysis/tokenizer.ts';
import type { FieldStatistics } from '../../engine.ts';
import { encodeLength } from '../../score/norms.ts';
import { Column } from './column.ts';
import { grown, newUint8, newUint32, stringBytes } from './growable.ts';
import { type PostingList, Postings } from './postings.ts';

/** New ordinal by old one; `DEAD` for documents that are gone. */
export type OrdinalMap = Uint32Array;
export const DEAD = 0xffffffff;

/** An inverted field. Give a document with `count` per token, then `finish`. */
export class InvertedField {
  readonly type: 'text' | 'keyword';
  /** Term numbers of each document, each once; of keywords in the order of the terms. */
  readonly termsOfDocument = new Column(newUint32);
  readonly #numbers = new Map<string, number>();
  readonly #terms: string[] = [];
  #termBytes = 0;
  readonly #postings = new Postings();
  #docFrequencies: Uint32Array = new Uint32Array(64);
  /** Token counts plus one by ordinal; 0 where the field is missing. */
  #lengths: Uint32Array = new Uint32Array(16);
  #norms: Uint8Array = new Uint8Array(16);
  #docCount = 0;
  #totalTokens = 0;
  /** Frequencies of the document at hand, by term number; zero between documents. */
  #counts: Uint32Array = new Uint32Array(64);
  #touched: number[] = [];
  #tokenCount = 0;

  constructor(type: 'text' | 'keyword') {
    this.type = type;
  }

  /** Live documents with at least one token, and their tokens. */
  get statistics(): FieldStatistics {
    return { docCount: this.#docCount, totalTokens: this.#totalTokens };
  }

  /** Bytes held, about. */
  get sizeBytes(): number {
    const tables =
      this.#docFrequencies.byteLength + this.#counts.byteLength + this.#lengths.byteLength + this.#norms.byteLength;
    return tables + this.#termBytes + this.#postings.sizeBytes + this.termsOfDocument.sizeBytes;
  }

  /** Length codes by ordinal, or undefined for keywords, which score as if of length 1. */
  get norms(): Uint8Array | undefined {
    return this.type === 'text' ? this.#norms : undefined;
  }

  /** Whether a document has the field, be it without tokens. */
  has(ordinal: number): boolean {
    return ordinal < this.#lengths.length && this.#lengths[ordinal]! > 0;
  }

  /** A term by its number. */
  term(number: number): string {
    return this.#terms[number] ?? '';
  }

  /** All terms, in the order of their numbers; some may have no live document. */
  get terms(): readonly string[] {
    return this.#terms;
  }

  /** Live documents that have a term. */
  docFrequency(term: string): number {
    const number = this.#numbers.get(term);
    return number === undefined ? 0 : this.#docFrequencies[number]!;
  }

  /** The posting list of a term that has live documents, dead documents included. */
  postings(term: string): PostingList | undefined {
    const number = this.#numbers.get(term);
    return number === undefined || this.#docFrequencies[number] === 0 ? undefined : this.#postings.list(number);
  }

  /** Counts one token of the document at hand. */
  count(term: string): void {
    const number = this.#numberOf(term);
    if (this.#counts[number]!++ === 0) this.#touched.push(number);
    this.#tokenCount++;
  }

  /** Indexes what was counted as the document `ordinal`; ordinals must rise. */
  finish(ordinal: number): void {
    if (this.type === 'keyword') this.#sortTouched();
    const length = this.type === 'keyword' ? this.#touched.length : this.#tokenCount;
    for (const number of this.#touched) {
      this.#postings.append(number, ordinal, this.type === 'keyword' ? 1 : this.#counts[number]!);
      this.#docFrequencies[number]!++;
      this.#counts[number] = 0;
    }
    this.termsOfDocument.append(ordinal, this.#touched);
    this.#setLength(ordinal, length);
    this.#touched = [];
    this.#tokenCount = 0;
  }

  /** Takes a document out of the statistics; its postings stay until `compacted`. */
  remove(ordinal: number): void {
    if (!this.has(ordinal)) return;
    const end = this.termsOfDocument.end(ordinal);
    for (let i = this.termsOfDocument.start(ordinal); i < end; i++)
      this.#docFrequencies[this.termsOfDocument.values[i]!]!--;
    const length = this.#lengths[ordinal]! - 1;
    this.#docCount -= length > 0 ? 1 : 0;
    this.#totalTokens -= length;
    this.#lengths[ordinal] = 0;
  }

  /** A copy without dead documents and terms. */
  compacted(map: OrdinalMap): InvertedField {
    const next = new InvertedField(this.type);
    const renumbered = new Uint32Array(this.#terms.length);
    this.#terms.forEach((term, number) => {
      if (this.#docFrequencies[number] === 0) return;
      renumbered[number] = next.#numberOf(term);
      next.#copyPostings(renumbered[number]!, this.#postings.list(number), map);
    });
    const { values } = this.termsOfDocument;
    for (let old = 0; old < map.length; old++) {
      if (map[old] === DEAD || !this.has(old)) continue;
      const terms: number[] = [];
      const end = this.termsOfDocument.end(old);
      for (let i = this.termsOfDocument.start(old); i < end; i++) terms.push(renumbered[values[i]!]!);
      next.termsOfDocument.append(map[old]!, terms);
      next.#setLength(map[old]!, this.#lengths[old]! - 1);
    }
    return next;
  }

  #copyPostings(number: number, { ordinals, frequencies }: PostingList, map: OrdinalMap): void {
    for (let i = 0; i < ordinals.length; i++) {
      const ordinal = map[ordinals[i]!]!;
      if (ordinal === DEAD) continue;
      this.#postings.append(number, ordinal, frequencies[i]!);
      this.#docFrequencies[number]!++;
    }
  }

  #setLength(ordinal: number, length: number): void {
    this.#lengths = grown(this.#lengths, ordinal + 1, newUint32);
    this.#norms = grown(this.#norms, ordinal + 1, newUint8);
    this.#lengths[ordinal] = length + 1;
    this.#norms[ordinal] = encodeLength(length);
    this.#docCount += length > 0 ? 1 : 0;
    this.#totalTokens += length;
  }

  #sortTouched(): void {
    if (this.#touched.length > 1) this.#touched.sort((a, b) => (this.term(a) < this.term(b) ? -1 : 1));
  }

  #numberOf(term: string): number {
    const known = this.#numbers.get(term);
    if (known !== undefined) return known;
    const number = this.#terms.length;
    const own = detached(term);
    this.#terms.push(own);
    this.#numbers.set(own, number);
    this.#termBytes += stringBytes(own) + TERM_OVERHEAD_BYTES;
    this.#postings.addTerm();
    this.#docFrequencies = grown(this.#docFrequencies, number + 1, newUint32);
    this.#counts = grown(this.#counts, number + 1, newUint32);
    return number;
  }
}

/** Map entry and array slot of a term. */
const TERM_OVERHEAD_BYTES = 48;

/**
 * A copy that does not keep alive the text it was cut from: V8 makes a slice of 13 characters or more a view.
 * Longer than any token means a keyword, which is not a slice.
 */
function detached(term: string): string {
  if (term.length < 13 || term.length > MAX_TOKEN_LENGTH) return term;
  const codes: number[] = [];
  for (let i = 0; i < term.length; i++) codes.push(term.charCodeAt(i));
  return String.fromCharCode(...codes);
}

/**
 * A text field of the head. A document's values are cut into tokens first, which can fail, and counted afterwards,
 * which cannot: so a document is indexed whole or not at all.
 */
import type { Analyzer } from '../analysis/analyzer.ts';
import type { Automaton } from '../automata/automaton.ts';
import type { CloseWord } from '../automata/close-word.ts';
import type { FieldOptions } from '../engine.ts';
import type { InvertedField, Postings } from '../part/index-part.ts';
import { MAX_TERM_BYTES } from '../part/term-bytes.ts';
import { encodeLength } from '../score/norms.ts';
import { MAX_POSITION_BITS } from '../segment/inverted-layout.ts';
import { acceptedTerms } from './accepted-terms.ts';
import { grownUint8, grownUint32 } from './growable.ts';
import { HeadSimilarTerms } from './head-similar-terms.ts';
import { type PlaceReader, PostingChains } from './posting-chains.ts';
import { TermTable, type TermTableSize, UNMAPPED } from './term-table.ts';
import { TokenLog } from './token-log.ts';
import { WordScanner } from './word-scanner.ts';

/** Greatest position of a token. */
export const MAX_POSITION = 2 ** MAX_POSITION_BITS - 1;

const DEFAULT_GAP = 100;
/** Bytes of a document's length and its code. */
const LENGTH_BYTES = 5;

/** How much a field will hold, about: so that its tables need not grow. */
export type TextFieldSize = TermTableSize & {
  readonly documents: number;
  readonly tokens: number;
  readonly postings: number;
};

/** What a field is made with. */
export type TextFieldParts = { readonly analyzer: Analyzer; readonly size: TextFieldSize | undefined };

/** Terms, tokens and postings of a text field. */
export class HeadTextField implements InvertedField, PlaceReader {
  readonly field: string;
  readonly type = 'text';
  readonly hasPositions = true;
  readonly isSorted = false;
  readonly terms: TermTable;
  readonly log: TokenLog;
  readonly chains: PostingChains;
  readonly #scanner: WordScanner;
  readonly #similarTerms: HeadSimilarTerms;
  readonly #analyzer: Analyzer;
  readonly #gap: number;
  #norms: Uint8Array;
  #lengths: Uint32Array;
  #docCount = 0;
  #totalTokens = 0;
  #hasPending = false;
  #hasLongTerm = false;
  /** UTF-16 units of the pending values before the one at hand. */
  #textBase = 0;

  constructor(field: string, options: FieldOptions, { analyzer, size }: TextFieldParts) {
    this.field = field;
    this.terms = new TermTable(size);
    this.log = new TokenLog(options.offsets ?? false, size);
    this.chains = new PostingChains(this.terms, size?.postings);
    this.#scanner = new WordScanner(this.terms);
    this.#similarTerms = new HeadSimilarTerms(this.terms);
    this.#norms = new Uint8Array(size?.documents ?? 64);
    this.#lengths = new Uint32Array(size?.documents ?? 64);
    this.#analyzer = analyzer;
    this.#gap = options.positionIncrementGap ?? DEFAULT_GAP;
  }

  get termCount(): number {
    return this.terms.count;
  }

  get docCount(): number {
    return this.#docCount;
  }

  get totalTokens(): number {
    return this.#totalTokens;
  }

  get norms(): Uint8Array {
    return this.#norms;
  }

  /** What a field that takes on where this one ends should have room for. */
  get size(): TextFieldSize {
    return {
      terms: this.terms.count,
      bytes: this.terms.end,
      documents: this.log.rowCount,
      tokens: this.log.end,
      postings: this.chains.count,
    };
  }

  get sizeBytes(): number {
    const tables = this.#norms.byteLength + this.#lengths.byteLength + this.#similarTerms.sizeBytes;
    return this.terms.sizeBytes + this.log.sizeBytes + this.chains.sizeBytes + tables;
  }

  /** Bytes that terms, tokens and postings take. */
  get usedBytes(): number {
    return this.terms.usedBytes + this.log.usedBytes + this.chains.usedBytes + this.log.rowCount * LENGTH_BYTES;
  }

  /** Cuts a value of the pending document into tokens. Returns what is wrong with it, if anything is. */
  addValue(text: string): string | undefined {
    const { log } = this;
    const base = this.#hasPending ? log.place + this.#gap : 0;
    this.#hasPending = true;
    log.moveTo(base);
    if (this.#analyzer.mapWord !== undefined) this.#addWords(text, this.#analyzer.mapWord);
    else this.#addTokens(text, base);
    this.#textBase += text.length + 1;
    if (this.#hasLongTerm) return `has a term of more than ${MAX_TERM_BYTES} bytes`;
    return log.place <= MAX_POSITION ? undefined : `has more than ${MAX_POSITION} positions`;
  }

  /** Indexes what was added as the document `ordinal`; ordinals rise. Without a value nothing changes. */
  commit(ordinal: number): void {
    if (!this.#hasPending) return;
    const { log } = this;
    const chains = this.chains;
    const length = log.pendingTokens;
    const { end, entries, committedEnd } = log;
    chains.reserve(end - committedEnd);
    for (let i = committedEnd; i < end; i++) if (entries[i]! >= 0) chains.add(entries[i]!, ordinal);
    log.commit(ordinal);
    this.#lengths = grownUint32(this.#lengths, ordinal + 1);
    this.#norms = grownUint8(this.#norms, ordinal + 1);
    this.#lengths[ordinal] = length;
    this.#norms[ordinal] = encodeLength(length);
    this.#docCount += length > 0 ? 1 : 0;
    this.#totalTokens += length;
    this.#hasPending = false;
    this.#textBase = 0;
  }

  /** Drops what was added. */
  rollback(): void {
    this.log.rollback();
    this.#hasPending = false;
    this.#hasLongTerm = false;
    this.#textBase = 0;
  }

  /** Takes a deleted document out of the statistics. */
  remove(ordinal: number): void {
    if (ordinal >= this.log.rowCount) return;
    const length = this.length(ordinal);
    this.#docCount -= length > 0 ? 1 : 0;
    this.#totalTokens -= length;
    const { entries, starts } = this.log;
    const end = starts[ordinal + 1]!;
    for (let i = starts[ordinal]!; i < end; i++) if (entries[i]! >= 0) this.chains.removeTerm(entries[i]!, ordinal);
  }

  length(ordinal: number): number {
    return ordinal < this.log.rowCount ? this.#lengths[ordinal]! : 0;
  }

  lookup(term: string): number {
    const number = this.terms.lookup(term);
    return number >= 0 && this.chains.docFrequency(number) > 0 ? number : -1;
  }

  term(number: number): string {
    return this.terms.term(number);
  }

  docFrequency(number: number): number {
    return this.chains.docFrequency(number);
  }

  liveDocFrequency(number: number): number {
    return this.chains.liveDocFrequency(number);
  }

  accepted(automaton: Automaton, visit: (number: number) => boolean): void {
    acceptedTerms(this.terms, automaton, (term) => this.chains.liveDocFrequency(term) === 0 || visit(term));
  }

  close(word: CloseWord, visit: (number: number, edits: number) => void): void {
    this.#similarTerms.find(word, (number, edits) => {
      if (this.chains.liveDocFrequency(number) > 0) visit(number, edits);
    });
  }

  postings(number: number): Postings {
    return this.chains.cursor(number, this);
  }

  positions(term: number, ordinal: number, into: Uint32Array): void {
    this.log.positions(term, ordinal, into);
  }

  offsets(term: number, ordinal: number, starts: Uint32Array, ends: Uint32Array): boolean {
    return this.log.placesInText(term, ordinal, starts, ends);
  }

  /** The way of analyzers that map the words of the standard tokenizer: each distinct word is mapped once. */
  #addWords(text: string, mapWord: (word: string) => string | null): void {
    const { log, terms } = this;
    const words = this.#scanner.reset(text);
    const { starts, ends, numbers } = words;
    let holes = 0;
    for (let count = words.next(); count > 0; count = words.next()) {
      for (let i = 0; i < count; i++) {
        let term = terms.mapped(numbers[i]!);
        if (term === UNMAPPED) term = this.#map(numbers[i]!, mapWord);
        if (term < 0) {
          holes++;
          continue;
        }
        if (holes > 0) log.moveTo(log.place + holes);
        holes = 0;
        log.add(term);
        if (log.hasOffsets) log.setOffsets(this.#textBase + starts[i]!, this.#textBase + ends[i]!);
      }
    }
    if (holes > 0) log.moveTo(log.place + holes);
  }

  #map(word: number, mapWord: (word: string) => string | null): number {
    const mapped = mapWord(this.terms.term(word));
    const term = mapped === null ? -1 : this.terms.intern(mapped);
    this.terms.setMapped(word, term);
    return term;
  }

  #addTokens(text: string, base: number): void {
    const { log, terms } = this;
    const places = this.#analyzer.analyze(text, (term, position, start, end) => {
      const number = terms.intern(term);
      if (terms.to(number) - terms.from(number) > MAX_TERM_BYTES) this.#hasLongTerm = true;
      log.addAt(base + position, number);
      if (log.hasOffsets) log.setOffsets(this.#textBase + start, this.#textBase + end);
    });
    log.moveTo(base + places);
  }
}

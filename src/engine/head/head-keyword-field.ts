/** A keyword field of the head: its terms, their documents, and the column of term numbers by document. */
import type { Automaton } from '../automata/automaton.ts';
import type { CloseWord } from '../automata/close-word.ts';
import type { InvertedField, Postings } from '../part/index-part.ts';
import type { FieldValue } from '../query/query.ts';
import { acceptedTerms } from './accepted-terms.ts';
import { HeadColumn, type OrdinalCounter } from './head-column.ts';
import { HeadSimilarTerms } from './head-similar-terms.ts';
import { type PlaceReader, PostingChains } from './posting-chains.ts';
import { TermTable } from './term-table.ts';

/** Terms, postings and column of a keyword field. */
export class HeadKeywordField implements InvertedField, PlaceReader {
  readonly field: string;
  readonly type = 'keyword';
  readonly hasPositions = false;
  readonly isSorted = false;
  readonly norms = undefined;
  readonly terms = new TermTable();
  /** Values of a document are sorted by the bytes of their terms, without duplicates. */
  readonly column: HeadColumn;
  readonly #chains = new PostingChains(this.terms);
  readonly #similarTerms = new HeadSimilarTerms(this.terms);
  /** Terms of the document at hand. */
  readonly #numbers: number[] = [];
  #docCount = 0;
  #totalTokens = 0;

  constructor(field: string, part: OrdinalCounter) {
    this.field = field;
    this.column = new HeadColumn(field, 'keyword', part);
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

  get sizeBytes(): number {
    return this.terms.sizeBytes + this.column.sizeBytes + this.#chains.sizeBytes + this.#similarTerms.sizeBytes;
  }

  /** Bytes that terms, postings and values take. */
  get usedBytes(): number {
    return this.terms.usedBytes + this.column.usedBytes + this.#chains.usedBytes;
  }

  /** Indexes the values of a document, which are strings; ordinals rise. */
  append(ordinal: number, values: readonly FieldValue[]): void {
    const { terms } = this;
    const numbers = this.#numbers;
    numbers.length = 0;
    for (const value of values) numbers.push(terms.intern(String(value)));
    if (numbers.length > 1) numbers.sort((a, b) => terms.compare(a, b));
    this.#chains.reserve(numbers.length);
    let count = 0;
    for (const number of numbers) {
      if (count > 0 && numbers[count - 1] === number) continue;
      numbers[count++] = number;
      this.#chains.add(number, ordinal);
    }
    this.column.append(ordinal, numbers, count);
    this.#docCount++;
    this.#totalTokens += count;
  }

  /** Takes a deleted document out of the statistics. */
  remove(ordinal: number): void {
    const [start, end] = [this.column.start(ordinal), this.column.end(ordinal)];
    if (start === end) return;
    for (let i = start; i < end; i++) this.#chains.removeTerm(this.column.at(i), ordinal);
    this.#docCount--;
    this.#totalTokens -= end - start;
  }

  length(ordinal: number): number {
    return this.column.end(ordinal) - this.column.start(ordinal);
  }

  lookup(term: string): number {
    return this.terms.lookup(term);
  }

  term(number: number): string {
    return this.terms.term(number);
  }

  docFrequency(number: number): number {
    return this.#chains.docFrequency(number);
  }

  liveDocFrequency(number: number): number {
    return this.#chains.liveDocFrequency(number);
  }

  accepted(automaton: Automaton, visit: (number: number) => boolean): void {
    acceptedTerms(this.terms, automaton, (term) => this.#chains.liveDocFrequency(term) === 0 || visit(term));
  }

  close(word: CloseWord, visit: (number: number, edits: number) => void): void {
    this.#similarTerms.find(word, (number, edits) => {
      if (this.#chains.liveDocFrequency(number) > 0) visit(number, edits);
    });
  }

  postings(number: number): Postings {
    return this.#chains.cursor(number, this);
  }

  /** Keywords have none. */
  positions(): void {
    throw new Error(`field \`${this.field}\` is of keywords and has no positions`);
  }

  /** Keywords have none. */
  offsets(): boolean {
    return false;
  }
}

/** The documents of the oracle as words, and what BM25 needs of them, counted by looking at every document. */
import type { EngineDocument, FieldType, Schema } from '../../src/engine/engine.ts';
import type { FieldValue } from '../../src/engine/query/query.ts';
import { decodeLength, encodeLength } from '../../src/engine/score/norms.ts';
import { oraclePlaces } from './oracle-words.ts';

/** A word and its place in a field, over all values. */
type PlacedWord = { readonly word: string; readonly place: number };
type Counts = { readonly docCount: number; readonly average: number; readonly totalTokens: number };

const { fround } = Math;
const GAP = 100;

/** Documents and their words. */
export class OracleTexts {
  readonly #documents = new Map<string, EngineDocument>();
  readonly #schema: Schema;
  readonly #wordsOf = new WeakMap<EngineDocument, Map<string, readonly PlacedWord[]>>();
  #counts = new Map<string, Counts>();
  #frequencies = new Map<string, number>();
  #vocabulary = new Map<string, string[]>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  get documents(): Iterable<EngineDocument> {
    return this.#documents.values();
  }

  put(document: EngineDocument): void {
    this.#documents.set(document.id, document);
    this.#forget();
  }

  delete(id: string): boolean {
    this.#forget();
    return this.#documents.delete(id);
  }

  /** Words of a text field; distinct values of a keyword field; else the values. */
  values(document: EngineDocument, field: string): readonly FieldValue[] {
    const values = document.fields[field] ?? [];
    if (this.type(field) === 'text') return this.strings(document, field);
    return this.type(field) === 'keyword' ? [...new Set(values)] : values;
  }

  strings(document: EngineDocument, field: string): readonly string[] {
    if (this.type(field) === 'text') return this.placed(document, field).map(({ word }) => word);
    return this.type(field) === 'keyword' ? [...new Set(document.fields[field] ?? [])].map(String) : [];
  }

  placed(document: EngineDocument, field: string): readonly PlacedWord[] {
    const byField = this.#wordsOf.get(document) ?? new Map<string, readonly PlacedWord[]>();
    this.#wordsOf.set(document, byField);
    const known = byField.get(field);
    if (known !== undefined) return known;
    let base = 0;
    const placed = (document.fields[field] ?? []).flatMap((value) => {
      const { places, size } = oraclePlaces(String(value), this.analyzer(field));
      const own = places.map(({ place, words }) => ({ word: words[0] ?? '', place: base + place }));
      base += size + GAP;
      return own;
    });
    byField.set(field, placed);
    return placed;
  }

  bm25(field: string, document: EngineDocument, weight: number, frequency: number): number {
    const length =
      this.type(field) === 'keyword' ? 1 : decodeLength(encodeLength(this.strings(document, field).length));
    const [k1, b] = [fround(1.2), fround(0.75)];
    const share = fround(fround(b * length) / this.count(field).average);
    const factor = fround(1 / fround(k1 * fround(fround(1 - b) + share)));
    return fround(weight - fround(weight / fround(1 + fround(frequency * factor))));
  }

  idf(field: string, docFrequency: number): number {
    const docCount = Math.max(docFrequency, this.count(field).docCount);
    return fround(Math.log(1 + (docCount - docFrequency + 0.5) / (docFrequency + 0.5)));
  }

  /** Counted over all documents, once until they change. */
  count(field: string): Counts {
    const known = this.#counts.get(field);
    if (known !== undefined) return known;
    const lengths = [...this.#documents.values()]
      .map((document) => this.strings(document, field).length)
      .filter((length) => length > 0);
    const totalTokens = lengths.reduce((total, length) => total + length, 0);
    const counted = { docCount: lengths.length, totalTokens, average: fround(totalTokens / lengths.length) };
    this.#counts.set(field, counted);
    return counted;
  }

  docFrequency(field: string, word: string): number {
    const key = `${field} ${word}`;
    const known = this.#frequencies.get(key);
    if (known !== undefined) return known;
    const having = [...this.#documents.values()].filter((document) => this.strings(document, field).includes(word));
    this.#frequencies.set(key, having.length);
    return having.length;
  }

  /** Words that occur in a field. */
  words(field: string): string[] {
    const known = this.#vocabulary.get(field);
    if (known !== undefined) return [...known];
    const words = [...new Set([...this.#documents.values()].flatMap((document) => this.strings(document, field)))];
    this.#vocabulary.set(field, words);
    return [...words];
  }

  type(field: string): FieldType | undefined {
    const options = this.#schema[field];
    return typeof options === 'string' ? options : options?.type;
  }

  analyzer(field: string): string {
    const options = this.#schema[field];
    return typeof options === 'object' ? (options.analyzer ?? 'standard') : 'standard';
  }

  parsed(field: string, text: string): FieldValue {
    const type = this.type(field);
    if (type === 'keyword' || type === undefined) return text;
    return type === 'boolean' ? text === 'true' : Number(text);
  }

  #forget(): void {
    this.#counts = new Map();
    this.#frequencies = new Map();
    this.#vocabulary = new Map();
  }
}

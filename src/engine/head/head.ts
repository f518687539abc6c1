/**
 * The head: the part of a shard's index that takes writes. A document is searchable as soon as it is put; nothing needs
 * flushing for that. Once it is large enough the engine freezes it (it then only takes deletes) and writes it out as a
 * segment.
 */
import { CoppiceError } from '../../errors.ts';
import type { Analyzers } from '../analysis/analyzer.ts';
import { sourceJson } from '../check/check-document.ts';
import { shown } from '../check/checks.ts';
import type { EngineDocument, FieldOptions } from '../engine.ts';
import type { Column, IndexPart, InvertedField } from '../part/index-part.ts';
import { MAX_TERM_BYTES, termBytes } from '../part/term-bytes.ts';
import type { FieldValue } from '../query/query.ts';
import { HeadColumn } from './head-column.ts';
import { HeadDocuments } from './head-documents.ts';
import { HeadKeywordField } from './head-keyword-field.ts';
import { HeadTextField, type TextFieldSize } from './head-text-field.ts';

/** What a head knows of the shard. Both may gain entries while it lives. */
export type HeadContext = {
  readonly fields: ReadonlyMap<string, FieldOptions>;
  readonly analyzers: Analyzers;
};

/** How much a head holds, or will hold, about. */
export type HeadSize = { readonly documents: number; readonly texts: ReadonlyMap<string, TextFieldSize> };

/** A size times a factor. */
export function scaledSize({ documents, texts }: HeadSize, factor: number): HeadSize {
  const scaled = (count: number): number => Math.ceil(count * factor);
  const sizes = Array.from(texts, ([name, size]): [string, TextFieldSize] => [
    name,
    {
      documents: scaled(size.documents),
      tokens: scaled(size.tokens),
      postings: scaled(size.postings),
      terms: scaled(size.terms),
      bytes: scaled(size.bytes),
    },
  ]);
  return { documents: scaled(documents), texts: new Map(sizes) };
}

/** A field of the head. */
export type HeadField = HeadTextField | HeadKeywordField | HeadColumn;

/** Documents and their fields, in memory. */
export class Head implements IndexPart {
  readonly name = 'head';
  readonly documents: HeadDocuments;
  readonly kernelPart = undefined;
  readonly #context: HeadContext;
  readonly #size: HeadSize | undefined;
  readonly #fields = new Map<string, HeadField>();
  /** Values of the column at hand. */
  readonly #numbers: number[] = [];
  #generation = 0;
  #weight = 0;

  /** @param size What the head is going to hold, if it is like the one before. */
  constructor(context: HeadContext, size?: HeadSize) {
    this.#context = context;
    this.#size = size;
    this.documents = new HeadDocuments(size?.documents);
  }

  get endOrdinal(): number {
    return this.documents.endOrdinal;
  }

  get liveCount(): number {
    return this.documents.liveCount;
  }

  get live(): Uint32Array {
    return this.documents.live;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Fields that some document here has. */
  get fields(): ReadonlyMap<string, HeadField> {
    return this.#fields;
  }

  /** Bytes that the documents put here take; those of deleted ones too. */
  get weight(): number {
    return this.#weight;
  }

  /** Bytes held, with what is there for more. */
  get sizeBytes(): number {
    let bytes = this.documents.sizeBytes;
    for (const field of this.#fields.values()) bytes += field.sizeBytes;
    return bytes;
  }

  /** What a head that takes on where this one ends should have room for. */
  get size(): HeadSize {
    const texts = new Map<string, TextFieldSize>();
    for (const [name, field] of this.#fields) if (field instanceof HeadTextField) texts.set(name, field.size);
    return { documents: this.endOrdinal, texts };
  }

  inverted(field: string): InvertedField | undefined {
    const found = this.#fields.get(field);
    return found instanceof HeadColumn ? undefined : found;
  }

  column(field: string): Column | undefined {
    const found = this.#fields.get(field);
    if (found instanceof HeadKeywordField) return found.column;
    return found instanceof HeadColumn ? found : undefined;
  }

  /**
   * Indexes a document whose id is not alive in the shard. Values of fields that the schema does not have are stored
   * with the source alone.
   *
   * @param beforeChange Called once nothing can fail any more and before anything changes: the place to delete the
   *   document that this one replaces.
   * @throws CoppiceError `MAPPING_FAILED` if a value does not fit its field; nothing has changed then.
   */
  put(document: EngineDocument, beforeChange: () => void): void {
    this.#check(document);
    const json = sourceJson(document);
    const { fields } = document;
    this.#cutTexts(document);
    beforeChange();
    const ordinal = this.documents.append(document, json);
    for (const name in fields) this.#index(ordinal, name, fields[name]!);
    this.#generation++;
    this.#weight = this.#usedBytes();
  }

  /** Deletes a live document. */
  delete(ordinal: number): void {
    for (const field of this.#fields.values()) if (!(field instanceof HeadColumn)) field.remove(ordinal);
    this.documents.remove(ordinal);
    this.#generation++;
  }

  #check(document: EngineDocument): void {
    for (const field in document.fields) {
      const type = this.#context.fields.get(field)?.type;
      if (type === undefined) continue;
      for (const value of document.fields[field]!) {
        if (!isOfType(value, type)) this.#refuse(document.id, field, `of type ${type} cannot hold ${shown(value)}`);
        if (type === 'keyword' && isTooLong(value))
          this.#refuse(document.id, field, `has a term of more than ${MAX_TERM_BYTES} bytes`);
      }
    }
  }

  /** Cuts all texts of a document into tokens, or none. */
  #cutTexts({ id, fields }: EngineDocument): void {
    for (const name in fields) {
      if (this.#context.fields.get(name)?.type !== 'text') continue;
      for (const value of fields[name]!) {
        const problem = this.#textField(name).addValue(String(value));
        if (problem === undefined) continue;
        for (const field of this.#fields.values()) if (field instanceof HeadTextField) field.rollback();
        this.#refuse(id, name, problem);
      }
    }
  }

  #refuse(id: string, field: string, problem: string): never {
    throw new CoppiceError('MAPPING_FAILED', `document \`${id}\`: field \`${field}\` ${problem}`, {
      details: { id, field },
    });
  }

  #usedBytes(): number {
    let bytes = this.documents.usedBytes;
    for (const field of this.#fields.values()) bytes += field.usedBytes;
    return bytes;
  }

  #index(ordinal: number, name: string, values: readonly FieldValue[]): void {
    const type = this.#context.fields.get(name)?.type;
    if (type === undefined || values.length === 0) return;
    if (type === 'text') this.#textField(name).commit(ordinal);
    else if (type === 'keyword') this.#keywordField(name).append(ordinal, values);
    else {
      const numbers = this.#numbers;
      numbers.length = 0;
      for (const value of values) numbers.push(numberOf(value));
      if (numbers.length > 1) numbers.sort((a, b) => a - b);
      this.#columnField(name, type).append(ordinal, numbers, numbers.length);
    }
  }

  #textField(name: string): HeadTextField {
    const known = this.#fields.get(name);
    if (known instanceof HeadTextField) return known;
    const options = this.#context.fields.get(name) ?? { type: 'text' };
    const analyzer = this.#context.analyzers.get(options.analyzer ?? 'standard');
    const field = new HeadTextField(name, options, { analyzer, size: this.#size?.texts.get(name) });
    this.#fields.set(name, field);
    return field;
  }

  #keywordField(name: string): HeadKeywordField {
    const known = this.#fields.get(name);
    if (known instanceof HeadKeywordField) return known;
    const field = new HeadKeywordField(name, this);
    this.#fields.set(name, field);
    return field;
  }

  #columnField(name: string, type: Column['type']): HeadColumn {
    const known = this.#fields.get(name);
    if (known instanceof HeadColumn) return known;
    const field = new HeadColumn(name, type, this);
    this.#fields.set(name, field);
    return field;
  }
}

/** A value of a number, date or boolean field as its column holds it; minus zero is zero. */
function numberOf(value: FieldValue): number {
  return value === true ? 1 : value === false ? 0 : Number(value) + 0;
}

function isOfType(value: FieldValue, type: FieldOptions['type']): boolean {
  if (type === 'text' || type === 'keyword') return typeof value === 'string';
  return type === 'boolean' ? typeof value === 'boolean' : Number.isFinite(value);
}

function isTooLong(value: FieldValue): boolean {
  const term = String(value);
  return term.length * 3 > MAX_TERM_BYTES && termBytes(term).length > MAX_TERM_BYTES;
}

/**
 * The data of one shard in memory: documents, inverted fields and columns. Writing goes through here; searching reads
 * the parts. Dead documents are dropped by rewriting everything once they are many, at a constant cost per write.
 */
import { CoppiceError } from '../../../errors.ts';
import { Tokenizer } from '../../analysis/tokenizer.ts';
import type { EngineDocument, FieldType, Schema } from '../../engine.ts';
import type { FieldValue } from '../../query/query.ts';
import { Column } from './column.ts';
import { DocumentTable } from './document-table.ts';
import { numberOf } from './field-values.ts';
import { newFloat64 } from './growable.ts';
import { DEAD, InvertedField, type OrdinalMap } from './inverted-field.ts';

/** Dead documents that are never worth a rewrite. */
const MIN_DEAD = 1024;
/** Share of dead documents above which all is rewritten. */
const MAX_DEAD_SHARE = 0.3;

/** Documents and their fields. */
export class MemoryIndex {
  #documents = new DocumentTable();
  readonly #types = new Map<string, FieldType>();
  #inverted = new Map<string, InvertedField>();
  #columns = new Map<string, Column>();
  readonly #tokenizer = new Tokenizer();

  /** Stored documents. */
  get documents(): DocumentTable {
    return this.#documents;
  }

  /** Types of the fields. */
  get types(): ReadonlyMap<string, FieldType> {
    return this.#types;
  }

  /** A text or keyword field. */
  inverted(field: string): InvertedField | undefined {
    return this.#inverted.get(field);
  }

  /** The column of a number, date or boolean field. */
  column(field: string): Column | undefined {
    return this.#columns.get(field);
  }

  /** Bytes held, about. */
  get sizeBytes(): number {
    const parts = [this.#documents, ...this.#inverted.values(), ...this.#columns.values()];
    return parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  }

  /** Adds fields: all or, if one exists with another type, none. */
  addFields(schema: Schema): void {
    const types = Object.entries(schema).map(([field, options]): [string, FieldType] => [
      field,
      typeof options === 'string' ? options : options.type,
    ]);
    for (const [field, type] of types) {
      const known = this.#types.get(field);
      if (known === undefined || known === type) continue;
      throw new CoppiceError('MAPPING_FAILED', `field \`${field}\` is of type ${known} and cannot become ${type}`);
    }
    for (const [field, type] of types) if (!this.#types.has(field)) this.#addField(field, type);
  }

  /** Indexes a document in place of the one with the same id. A refused document changes nothing. */
  put(document: EngineDocument): void {
    this.#check(document);
    const json = JSON.stringify(document.source) ?? '';
    const replaced = this.#documents.ordinalOf(document.id);
    if (replaced !== undefined) this.#remove(replaced);
    const ordinal = this.#documents.append(document, json);
    for (const [field, values] of Object.entries(document.fields)) {
      if (values.length > 0) this.#indexField(ordinal, field, values);
    }
    this.#compactIfWorthwhile();
  }

  /** Deletes by id; tells whether it was there. */
  delete(id: string): boolean {
    const ordinal = this.#documents.ordinalOf(id);
    if (ordinal === undefined) return false;
    this.#remove(ordinal);
    this.#compactIfWorthwhile();
    return true;
  }

  #addField(field: string, type: FieldType): void {
    this.#types.set(field, type);
    if (type === 'text' || type === 'keyword') this.#inverted.set(field, new InvertedField(type));
    else this.#columns.set(field, new Column(newFloat64));
  }

  #check({ id, fields }: EngineDocument): void {
    for (const [field, values] of Object.entries(fields)) {
      const type = this.#types.get(field);
      const wrong = type === undefined ? undefined : values.find((value) => !isOfType(value, type));
      if (wrong === undefined) continue;
      const message = `document \`${id}\`: field \`${field}\` of type ${type} cannot hold ${JSON.stringify(wrong)}`;
      throw new CoppiceError('MAPPING_FAILED', message, { details: { id, field } });
    }
  }

  #indexField(ordinal: number, field: string, values: readonly FieldValue[]): void {
    const inverted = this.#inverted.get(field);
    if (inverted === undefined) {
      this.#columns.get(field)?.append(ordinal, Float64Array.from(values, numberOf).sort());
      return;
    }
    for (const value of values) {
      if (inverted.type === 'keyword') inverted.count(String(value));
      else this.#countTokens(inverted, String(value));
    }
    inverted.finish(ordinal);
  }

  #countTokens(inverted: InvertedField, text: string): void {
    const tokenizer = this.#tokenizer.reset(text);
    while (tokenizer.next()) inverted.count(tokenizer.term());
  }

  #remove(ordinal: number): void {
    for (const inverted of this.#inverted.values()) inverted.remove(ordinal);
    this.#documents.remove(ordinal);
  }

  #compactIfWorthwhile(): void {
    const { endOrdinal, liveCount } = this.#documents;
    const dead = endOrdinal - liveCount;
    if (dead < MIN_DEAD || dead < endOrdinal * MAX_DEAD_SHARE) return;
    const { documents, map } = this.#documents.compacted();
    this.#documents = documents;
    for (const [field, inverted] of this.#inverted) this.#inverted.set(field, inverted.compacted(map));
    for (const [field, column] of this.#columns) this.#columns.set(field, compactedColumn(column, map));
  }
}

function isOfType(value: FieldValue, type: FieldType): boolean {
  if (type === 'text' || type === 'keyword') return typeof value === 'string';
  return type === 'boolean' ? typeof value === 'boolean' : typeof value === 'number' && !Number.isNaN(value);
}

function compactedColumn(column: Column, map: OrdinalMap): Column {
  const next = new Column(newFloat64);
  for (let old = 0; old < column.rowCount; old++) {
    if (map[old] === DEAD || !column.has(old)) continue;
    next.append(map[old]!, column.values.subarray(column.start(old), column.end(old)));
  }
  return next;
}

/** Documents of a test as the oracle sees them: values of fields, their order, and queries. */
import type { FieldValue, Query } from '../../../src/engine/query/query.ts';
import type { Doc } from './shards.ts';

/** A value as columns hold it. */
export type Value = number | string;

export type OfField = { readonly field: string; readonly missing?: FieldValue };

/** Values as columns hold them: keywords without duplicates, booleans as 0 and 1. */
export function valuesOf(doc: Doc, { field, missing }: OfField): Value[] {
  const values = doc.fields[field] ?? (missing === undefined ? [] : [missing]);
  const shown = values.map((value) => (typeof value === 'boolean' ? Number(value) : value));
  return typeof shown[0] === 'string' ? [...new Set(shown)] : shown;
}

/** Numbers by value, strings by their bytes. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** Booleans as 0 and 1. */
export function asValue(value: FieldValue): Value {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Only the kinds of query that the tests ask. */
export function matches(query: Query, doc: Doc): boolean {
  if (query.kind === 'matchAll') return true;
  if (query.kind === 'term') return valuesOf(doc, query).includes(asValue(query.value));
  if (query.kind === 'exists') return doc.fields[query.field] !== undefined;
  if (query.kind === 'range')
    return valuesOf(doc, query).some(
      (value) =>
        Number(value) >= Number(query.bounds.gte ?? -Infinity) && Number(value) < Number(query.bounds.lt ?? Infinity),
    );
  throw new Error(`no oracle for ${query.kind}`);
}

/**
 * A document as the engine indexes it: values by field path, of the field's type. Every copy does this alike when it
 * applies a record, from the mappings in its own state.
 */
import type { FieldValue } from '../engine/query/query.ts';
import { CoppiceError } from '../errors.ts';
import { documentValue } from './field-types.ts';
import { fieldAt, type LeafMapping, type Mappings } from './mapping.ts';
import { describe, isPlainObject, isScalar } from './shape.ts';

/** A document as sent: a JSON object. */
export type Source = Readonly<Record<string, unknown>>;

/** Limits of a document. Depth leaves room for what a record wraps around it; a keyword's is Lucene's, in characters. */
export const DOCUMENT_LIMITS = { depth: 64, idBytes: 512, keywordLength: 32_766 } as const;

const RESERVED = new Set([
  '_id',
  '_index',
  '_source',
  '_routing',
  '_version',
  '_seq_no',
  '_primary_term',
  '_score',
  '_doc',
  '_type',
]);
/** What UTF-8 cannot express: two such ids would become one on their way. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const utf8 = new TextEncoder();

/**
 * Checks that a value is a document: an object that JSON can express, without names that would be taken for something
 * else.
 *
 * @throws CoppiceError `MAPPING_FAILED` that names the path at fault.
 */
export function checkSource(value: unknown): Source {
  if (!isPlainObject(value))
    throw new CoppiceError('MAPPING_FAILED', `failed to parse: a document must be an object, got ${describe(value)}`);
  const reserved = Object.keys(value).find((name) => RESERVED.has(name));
  if (reserved !== undefined)
    throw new CoppiceError(
      'MAPPING_FAILED',
      `field [${reserved}] is a metadata field and cannot be added inside a document`,
    );
  checkInner(value, '', DOCUMENT_LIMITS.depth);
  return value;
}

/**
 * Checks a document id.
 *
 * @throws CoppiceError `BAD_REQUEST` if it is empty, no string or number, no valid Unicode, or longer than 512 bytes.
 */
export function checkId(value: unknown): string {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id !== 'string') throw new CoppiceError('BAD_REQUEST', `an id must be a string, got ${describe(value)}`);
  if (id === '') throw new CoppiceError('BAD_REQUEST', 'if an id is specified it must not be empty');
  if (LONE_SURROGATE.test(id)) throw new CoppiceError('BAD_REQUEST', 'an id must be valid Unicode');
  const length = id.length > DOCUMENT_LIMITS.idBytes ? id.length : utf8.encode(id).length;
  if (length <= DOCUMENT_LIMITS.idBytes) return id;
  throw new CoppiceError(
    'BAD_REQUEST',
    `id is too long, must be no longer than ${DOCUMENT_LIMITS.idBytes} bytes but was: ${length}`,
  );
}

/**
 * Turns a document into the values to index. Fields without a mapping are left out.
 *
 * @returns Values by path, sub-fields included, in the order of the document.
 * @throws CoppiceError `MAPPING_FAILED` if a value does not fit its field's type.
 */
export function documentFields(mappings: Mappings, document: unknown): Readonly<Record<string, readonly FieldValue[]>> {
  const values = new Map<string, FieldValue[]>();
  collect(document, '', { mappings, values });
  return Object.fromEntries(values);
}

type Walk = { readonly mappings: Mappings; readonly values: Map<string, FieldValue[]> };

function collect(value: unknown, path: string, walk: Walk): void {
  if (value === undefined) return;
  if (value === null) collectNull(path, walk);
  else if (typeof value !== 'object') collectLeaf(value, path, walk);
  else if (Array.isArray(value)) {
    for (const element of value) collect(element, path, walk);
  } else if (isPlainObject(value)) collectObject(value, path, walk);
  else collectLeaf(value, path, walk);
}

/** A null is nothing, but for fields that say what it stands for. */
function collectNull(path: string, { mappings, values }: Walk): void {
  const field = fieldAt(mappings, path);
  if (field === undefined || field.type === 'object') return;
  if (field.nullValue !== undefined) addLeaf(values, { path, leaf: field, value: field.nullValue });
  for (const [name, leaf] of Object.entries(field.fields ?? {}))
    if (leaf.nullValue !== undefined) addLeaf(values, { path: `${path}.${name}`, leaf, value: leaf.nullValue });
}

function collectObject(object: Source, path: string, walk: Walk): void {
  if (path !== '') {
    const field = fieldAt(walk.mappings, path);
    if (field === undefined) return;
    if (field.type !== 'object') throw misfit(path, field.type, object);
  }
  for (const name of Object.keys(object)) collect(object[name], path === '' ? name : `${path}.${name}`, walk);
}

function collectLeaf(value: unknown, path: string, { mappings, values }: Walk): void {
  const field = fieldAt(mappings, path);
  if (field === undefined) return;
  if (field.type === 'object')
    throw new CoppiceError(
      'MAPPING_FAILED',
      `object mapping for [${path}] tried to parse field [${path}] as object, but found a concrete value`,
    );
  addLeaf(values, { path, leaf: field, value });
  if (field.fields === undefined) return;
  for (const [name, leaf] of Object.entries(field.fields)) addLeaf(values, { path: `${path}.${name}`, leaf, value });
}

function addLeaf(
  values: Map<string, FieldValue[]>,
  { path, leaf, value }: { path: string; leaf: LeafMapping; value: unknown },
): void {
  const typed = documentValue(leaf.type, value);
  if (typed === undefined) throw misfit(path, leaf.type, value);
  if (typed === null || (typeof typed === 'string' && leaf.type === 'keyword' && !keeps(path, leaf, typed))) return;
  const list = values.get(path);
  if (list === undefined) values.set(path, [typed]);
  else list.push(typed);
}

function keeps(path: string, leaf: LeafMapping, text: string): boolean {
  if (leaf.ignoreAbove !== undefined && text.length > leaf.ignoreAbove) return false;
  if (text.length <= DOCUMENT_LIMITS.keywordLength) return true;
  throw new CoppiceError(
    'MAPPING_FAILED',
    `field [${path}] of type [keyword] holds ${text.length} characters, at most ${DOCUMENT_LIMITS.keywordLength} are allowed without [ignore_above]`,
  );
}

function misfit(path: string, type: string, value: unknown): CoppiceError {
  return new CoppiceError(
    'MAPPING_FAILED',
    `failed to parse field [${path}] of type [${type}]: got ${describe(value)}`,
    { details: { field: path, type } },
  );
}

function checkInner(value: unknown, path: string, left: number): void {
  if (value === null || value === undefined || isScalar(value)) return;
  if (left === 0)
    throw new CoppiceError('MAPPING_FAILED', `document nests deeper than ${DOCUMENT_LIMITS.depth} levels`);
  if (Array.isArray(value)) {
    for (const element of value) checkInner(element, path, left - 1);
    return;
  }
  if (!isPlainObject(value))
    throw new CoppiceError('MAPPING_FAILED', `failed to parse field [${path}]: got ${describe(value)}`);
  for (const [name, child] of Object.entries(value)) {
    if (name === '__proto__') throw new CoppiceError('MAPPING_FAILED', 'field name [__proto__] is not allowed');
    checkInner(child, path === '' ? name : `${path}.${name}`, left - 1);
  }
}

/**
 * Which fields an index has and of which type. Held flat, by dotted path; written as Elasticsearch's nested
 * `properties`. Fields and sub-fields are only ever added: a document indexed once stays searchable as it was.
 */
import type { FieldOptions, FieldType, Schema } from '../engine/engine.ts';
import { CoppiceError } from '../errors.ts';
import { type DeclaredType, engineType } from './field-types.ts';
import { compact, type Scalar } from './shape.ts';

/** What happens to fields of a document that are not mapped: they are added, kept in the source only, or refused. */
export type Dynamic = true | false | 'strict';

/** How a field is indexed. Analyzers and what follows are for text. */
export type LeafMapping = {
  readonly type: DeclaredType;
  /** A longer keyword is not indexed. In characters. */
  readonly ignoreAbove?: number;
  /** Stands for an explicit null of a document; as documents give it. */
  readonly nullValue?: Scalar;
  /** Name of the analyzer of documents, and of queries unless `searchAnalyzer` is given. */
  readonly analyzer?: string;
  readonly searchAnalyzer?: string;
  /** `offsets` keeps where words stand in the text, for highlighting. */
  readonly indexOptions?: IndexOptions;
  /** Positions between one value and the next. */
  readonly positionIncrementGap?: number;
};

/** What the index keeps of a text's words. */
export type IndexOptions = (typeof INDEX_OPTIONS)[number];

/** Every value of `index_options` that is supported. */
export const INDEX_OPTIONS = ['positions', 'offsets'] as const;

/** A field: an inner object, or a type with sub-fields that index the same value in other ways. */
export type FieldMapping =
  | { readonly type: 'object' }
  | (LeafMapping & { readonly fields?: Readonly<Record<string, LeafMapping>> });

/** The mappings of an index; JSON-safe. `fields` holds inner objects too, each before or after what is inside it. */
export type Mappings = {
  /** Default true. */
  readonly dynamic?: Dynamic;
  /** Whether new strings that look like dates become dates. Default true. */
  readonly dateDetection?: boolean;
  readonly fields: Readonly<Record<string, FieldMapping>>;
};

/** The parameters of a field by their names in JSON; none of them ever changes. */
export const LEAF_PARAMETERS = [
  ['ignore_above', 'ignoreAbove'],
  ['null_value', 'nullValue'],
  ['analyzer', 'analyzer'],
  ['search_analyzer', 'searchAnalyzer'],
  ['index_options', 'indexOptions'],
  ['position_increment_gap', 'positionIncrementGap'],
] as const satisfies readonly (readonly [string, keyof LeafMapping])[];

/** Limits as in Elasticsearch. Inner objects and sub-fields count as fields. */
export const MAPPING_LIMITS = { fields: 1000, depth: 20, nameLength: 512 } as const;

/** Mappings without a field, to which documents add theirs. */
export const EMPTY_MAPPINGS: Mappings = { fields: {} };

/** The mapping at a path that a document's value has; no sub-field. */
export function fieldAt(mappings: Mappings, path: string): FieldMapping | undefined {
  return Object.hasOwn(mappings.fields, path) ? mappings.fields[path] : undefined;
}

/** The type and options of a field or sub-field; undefined for an inner object or an unknown path. */
export function leafAt(mappings: Mappings, path: string): LeafMapping | undefined {
  const field = fieldAt(mappings, path);
  if (field !== undefined) return field.type === 'object' ? undefined : field;
  const dot = path.lastIndexOf('.');
  const parent = dot < 0 ? undefined : fieldAt(mappings, path.slice(0, dot));
  if (parent === undefined || parent.type === 'object' || parent.fields === undefined) return undefined;
  const name = path.slice(dot + 1);
  return Object.hasOwn(parent.fields, name) ? parent.fields[name] : undefined;
}

/** Every path that can be searched, with its type: fields and sub-fields, no inner objects. */
export function leavesOf(mappings: Mappings): readonly (readonly [path: string, leaf: LeafMapping])[] {
  return Object.entries(mappings.fields).flatMap(([path, field]) =>
    field.type === 'object' ? [] : [[path, field] as const, ...subFields(path, field)],
  );
}

/** The path where a document holds the values of a field: a sub-field's is its parent's. */
export function sourcePathOf(mappings: Mappings, path: string): string {
  return fieldAt(mappings, path) === undefined ? path.slice(0, path.lastIndexOf('.')) : path;
}

/**
 * The engine's schema of these mappings.
 *
 * @param defaultAnalyzer Name of the analyzer of texts that name none, if it is not the engine's own default.
 */
export function schemaOf(mappings: Mappings, defaultAnalyzer?: string): Schema {
  return Object.fromEntries(leavesOf(mappings).map(([path, leaf]) => [path, fieldOptions(leaf, defaultAnalyzer)]));
}

/**
 * Adds the fields of one mapping to another. What the addition sets beside fields counts.
 *
 * @throws CoppiceError `BAD_REQUEST` if a field would change its type or options, naming its path; `MAPPING_FAILED` if
 * a limit would be passed.
 */
export function mergeMappings(base: Mappings, addition: Mappings): Mappings {
  const fields = new Map(Object.entries(base.fields));
  for (const [path, added] of Object.entries(addition.fields)) {
    const existing = fields.get(path);
    fields.set(path, existing === undefined ? added : mergeField(path, existing, added));
  }
  const merged: Mappings = compact({
    dynamic: addition.dynamic ?? base.dynamic,
    dateDetection: addition.dateDetection ?? base.dateDetection,
    fields: Object.fromEntries(fields),
  });
  checkMappings(merged);
  return merged;
}

/**
 * The fields and sub-fields that one mapping has and another lacks.
 *
 * @returns Undefined if there is none.
 */
export function missingMappings(from: Mappings, wanted: Mappings): Mappings | undefined {
  const missing = Object.entries(wanted.fields).filter(([path, field]) => !covers(fieldAt(from, path), field));
  return missing.length === 0 ? undefined : { fields: Object.fromEntries(missing) };
}

/**
 * Checks limits, and that what holds fields is an object.
 *
 * @throws CoppiceError `MAPPING_FAILED`.
 */
export function checkMappings(mappings: Mappings): void {
  let count = 0;
  for (const [path, field] of Object.entries(mappings.fields)) {
    count += 1 + (field.type === 'object' ? 0 : Object.keys(field.fields ?? {}).length);
    checkPath(mappings, path);
  }
  if (count <= MAPPING_LIMITS.fields) return;
  throw new CoppiceError(
    'MAPPING_FAILED',
    `limit of total fields [${MAPPING_LIMITS.fields}] has been exceeded: ${count} fields`,
  );
}

/**
 * Checks one part of a field's path.
 *
 * @throws CoppiceError `MAPPING_FAILED` for an empty, overlong or reserved name.
 */
export function checkFieldName(name: string, path: string): void {
  if (name.trim() === '')
    throw new CoppiceError('MAPPING_FAILED', `field name cannot be empty or only whitespace: [${path.slice(0, 100)}]`);
  if (name.length > MAPPING_LIMITS.nameLength)
    throw new CoppiceError(
      'MAPPING_FAILED',
      `field name is longer than ${MAPPING_LIMITS.nameLength} characters: [${name.slice(0, 40)}…]`,
    );
  if (name === '__proto__' || name.includes('*') || name.includes('\u0000'))
    throw new CoppiceError('MAPPING_FAILED', `field name [${name}] is not allowed`);
}

function fieldOptions(leaf: LeafMapping, defaultAnalyzer: string | undefined): FieldOptions | FieldType {
  const type = engineType(leaf.type);
  if (type !== 'text') return type;
  const { analyzer = defaultAnalyzer, searchAnalyzer, positionIncrementGap, indexOptions } = leaf;
  const offsets = indexOptions === 'offsets' ? true : undefined;
  const options = compact({ type, analyzer, searchAnalyzer, positionIncrementGap, offsets });
  return Object.keys(options).length === 1 ? type : options;
}

function subFields(
  path: string,
  field: Exclude<FieldMapping, { type: 'object' }>,
): readonly (readonly [string, LeafMapping])[] {
  return Object.entries(field.fields ?? {}).map(([name, leaf]) => [`${path}.${name}`, leaf] as const);
}

function mergeField(path: string, existing: FieldMapping, added: FieldMapping): FieldMapping {
  if (existing.type === 'object' || added.type === 'object') {
    if (existing.type === added.type) return existing;
    throw new CoppiceError(
      'BAD_REQUEST',
      `mapper [${path}] cannot be changed from type [${existing.type}] to [${added.type}]`,
    );
  }
  checkSameLeaf(path, existing, added);
  const fields = new Map(Object.entries(existing.fields ?? {}));
  for (const [name, leaf] of Object.entries(added.fields ?? {})) {
    const known = fields.get(name);
    if (known === undefined) fields.set(name, leaf);
    else checkSameLeaf(`${path}.${name}`, known, leaf);
  }
  return fields.size === 0 ? existing : { ...existing, fields: Object.fromEntries(fields) };
}

function checkSameLeaf(path: string, existing: LeafMapping, added: LeafMapping): void {
  if (existing.type !== added.type) {
    throw new CoppiceError(
      'BAD_REQUEST',
      `mapper [${path}] cannot be changed from type [${existing.type}] to [${added.type}]`,
    );
  }
  for (const [parameter, key] of LEAF_PARAMETERS) {
    if (existing[key] !== added[key])
      throw new CoppiceError('BAD_REQUEST', `mapper [${path}] cannot change its parameter [${parameter}]`);
  }
}

function covers(existing: FieldMapping | undefined, wanted: FieldMapping): boolean {
  if (existing === undefined) return false;
  if (existing === wanted || wanted.type === 'object' || existing.type === 'object') return true;
  return Object.keys(wanted.fields ?? {}).every((name) => Object.hasOwn(existing.fields ?? {}, name));
}

function checkPath(mappings: Mappings, path: string): void {
  const parts = path.split('.');
  if (parts.length > MAPPING_LIMITS.depth)
    throw new CoppiceError(
      'MAPPING_FAILED',
      `limit of mapping depth [${MAPPING_LIMITS.depth}] has been exceeded due to field [${path.slice(0, 100)}]`,
    );
  for (let depth = 1; depth < parts.length; depth++) {
    const parent = parts.slice(0, depth).join('.');
    const type = fieldAt(mappings, parent)?.type;
    if (type !== 'object')
      throw new CoppiceError(
        'MAPPING_FAILED',
        `field [${path}] lies inside [${parent}], which is ${type === undefined ? 'not mapped' : `of type [${type}]`}`,
      );
  }
}

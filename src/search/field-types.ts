/**
 * The types a field may be declared with: what the engine indexes each one as, and how a document's value or a query's
 * value becomes one of that type.
 */
import type { FieldType } from '../engine/engine.ts';
import type { FieldValue } from '../engine/query/query.ts';
import { parseDate } from './dates.ts';
import { asNumber, isScalar } from './shape.ts';

/** What a declared type means. `min` and `max` bound integers; both are exact in a double. */
type TypeTraits = { readonly engine: FieldType; readonly min?: number; readonly max?: number };

/** Every type that a mapping may declare, beside `object`. */
export const FIELD_TYPES = {
  text: { engine: 'text' },
  keyword: { engine: 'keyword' },
  long: { engine: 'long', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  integer: { engine: 'long', min: -(2 ** 31), max: 2 ** 31 - 1 },
  short: { engine: 'long', min: -(2 ** 15), max: 2 ** 15 - 1 },
  byte: { engine: 'long', min: -(2 ** 7), max: 2 ** 7 - 1 },
  double: { engine: 'double' },
  float: { engine: 'double' },
  half_float: { engine: 'double' },
  boolean: { engine: 'boolean' },
  date: { engine: 'date' },
} as const satisfies Record<string, TypeTraits>;

/** A declared type. */
export type DeclaredType = keyof typeof FIELD_TYPES;

/** Types of Elasticsearch that are not there yet: named in the error, so that it is no riddle. */
export const LATER_TYPES = [
  'alias',
  'binary',
  'completion',
  'constant_keyword',
  'date_nanos',
  'dense_vector',
  'flattened',
  'geo_point',
  'geo_shape',
  'ip',
  'join',
  'match_only_text',
  'nested',
  'percolator',
  'rank_feature',
  'scaled_float',
  'search_as_you_type',
  'semantic_text',
  'sparse_vector',
  'token_count',
  'unsigned_long',
  'version',
  'wildcard',
] as const;

/** What the engine indexes a declared type as. */
export function engineType(type: DeclaredType): FieldType {
  return FIELD_TYPES[type].engine;
}

/** Whether a name is a declared type. */
export function isDeclaredType(name: string): name is DeclaredType {
  return Object.hasOwn(FIELD_TYPES, name);
}

/**
 * Turns a document's value into one of the field's type: `"5"` becomes the long 5, and 5.7 the long 5.
 *
 * @returns The value; null if it is empty and to be skipped; undefined if it does not fit the type.
 */
export function documentValue(type: DeclaredType, value: unknown): FieldValue | null | undefined {
  const engine = engineType(type);
  if (!isScalar(value)) return undefined;
  if (engine === 'text' || engine === 'keyword') return String(value);
  if (engine === 'boolean') return value === '' ? false : asBoolean(value);
  if (typeof value === 'boolean') return undefined;
  if (value === '') return engine === 'date' ? undefined : null;
  if (engine === 'date') return parseDate(value);
  const number = asNumber(value);
  return engine === 'long' && number !== undefined ? asInteger(type, number) : number;
}

/**
 * Turns a query's value into one of the field's type. A fraction stays a fraction: it is between two longs.
 *
 * @returns The value; undefined if it does not fit the type.
 */
export function queryValue(type: DeclaredType, value: unknown): FieldValue | undefined {
  const engine = engineType(type);
  if (!isScalar(value)) return undefined;
  if (engine === 'text' || engine === 'keyword') return String(value);
  if (engine === 'boolean') return asBoolean(value);
  if (typeof value === 'boolean') return undefined;
  return engine === 'date' ? parseDate(value) : asNumber(value);
}

function asBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' || value === 'false' ? value === 'true' : undefined;
}

function asInteger(type: DeclaredType, number: number): number | undefined {
  const { min = -Infinity, max = Infinity }: TypeTraits = FIELD_TYPES[type];
  const integer = Math.trunc(number) + 0;
  return integer >= min && integer <= max ? integer : undefined;
}

/**
 * Reads values of unknown shape: the one place where request bodies, mappings and settings are taken apart. Every
 * failure is a CoppiceError `PARSING_FAILED` that names the JSON path, what was expected, and a close name if any.
 */
import { CoppiceError, type ErrorCode } from '../errors.ts';
import { closest } from '../wire/suggest.ts';

/** A string, number or boolean. */
export type Scalar = string | number | boolean;

/** Bounds of a number; both ends included. */
export type Bounds = { readonly min?: number; readonly max?: number };

/** Keys of an object: those that are read, and those that Elasticsearch knows but this version does not. */
export type Keys = { readonly known: readonly string[]; readonly later?: readonly string[] };

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out keys whose value is undefined. Where there is none, the object itself is given back. */
export function compact<T extends object>(object: T): Compact<T> {
  const whole: object = object;
  if (!Object.values(object).includes(undefined)) return whole as Compact<T>;
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Compact<T>;
}

/** Whether a value is a plain object: neither a list, nor bytes, nor an instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a value is a string, a finite number or a boolean. */
export function isScalar(value: unknown): value is Scalar {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

/** The JSON path of a key inside an object. The root's path is empty. */
export function childPath(path: string, key: string): string {
  return path === '' ? clip(key) : `${path}.${clip(key)}`;
}

/** The JSON path of an element inside a list. */
export function elementPath(path: string, index: number): string {
  return `${path}[${index}]`;
}

/** An error at a path: what was expected, and what was there instead. */
export function shapeError(path: string, expected: string, got: unknown): CoppiceError {
  return pathError(path, `expected ${expected}, got ${describe(got)}`, expected);
}

/** An error at a path with a message of its own. */
export function pathError(
  path: string,
  message: string,
  expected: string,
  code: ErrorCode = 'PARSING_FAILED',
): CoppiceError {
  return new CoppiceError(code, `${path === '' ? 'body' : path}: ${message}`, { details: { path, expected } });
}

/** An error about a name that is not in a table, with the closest name of the table. */
export function unknownNameError(at: { path: string; what: string; name: string }, keys: Keys): CoppiceError {
  const { path, what, name } = at;
  const expected = `one of [${keys.known.join(', ')}]`;
  if (keys.later?.includes(name))
    return pathError(path, `${what} [${name}] is not supported by this version`, expected);
  const close = closest(name, keys.known);
  const hint = close === undefined ? `, expected ${expected}` : `, did you mean [${close}]?`;
  return pathError(path, `unknown ${what} [${clip(name)}]${hint}`, expected);
}

/** Shows a value in an error message, in a few words. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `"${clip(value)}"`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  return isPlainObject(value) ? 'an object' : `a value that JSON cannot express`;
}

/** Takes a value as a list; one that is no list stands for a list of itself. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Takes a string. */
export function stringAt(value: unknown, path: string, expected = 'a string'): string {
  if (typeof value !== 'string') throw shapeError(path, expected, value);
  return value;
}

/** Takes a string that is not empty. */
export function nameAt(value: unknown, path: string, expected = 'a name'): string {
  if (typeof value !== 'string' || value === '') throw shapeError(path, expected, value);
  return value;
}

/** Takes a finite number within bounds, or a string that is one. */
export function numberAt(value: unknown, path: string, bounds: Bounds = {}): number {
  const number = asNumber(value);
  const fits = number !== undefined && number >= (bounds.min ?? -Infinity) && number <= (bounds.max ?? Infinity);
  if (!fits) throw shapeError(path, `a number${rangeText(bounds)}`, value);
  return number;
}

/** Takes a safe integer within bounds, or a string that is one. */
export function integerAt(value: unknown, path: string, bounds: Bounds = {}): number {
  const number = asNumber(value);
  const fits =
    Number.isSafeInteger(number) &&
    (number ?? 0) >= (bounds.min ?? -Infinity) &&
    (number ?? 0) <= (bounds.max ?? Infinity);
  if (!fits || number === undefined) throw shapeError(path, `an integer${rangeText(bounds)}`, value);
  return number;
}

/** Takes `true`, `false`, `"true"` or `"false"`. */
export function booleanAt(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw shapeError(path, 'true or false', value);
}

/** Takes a string, a number or a boolean. */
export function scalarAt(value: unknown, path: string): Scalar {
  if (!isScalar(value)) throw shapeError(path, 'a string, a number or a boolean', value);
  return value;
}

/** Takes one word of a list, in any case. */
export function wordAt<const Word extends string>(value: unknown, path: string, words: readonly Word[]): Word {
  const wanted = typeof value === 'string' ? value.toLowerCase() : undefined;
  const word = words.find((candidate) => candidate.toLowerCase() === wanted);
  if (word !== undefined) return word;
  const expected = `one of [${words.join(', ')}]`;
  const close = wanted === undefined ? undefined : closest(wanted, words);
  const hint = close === undefined ? '' : `, did you mean [${close}]?`;
  throw pathError(path, `expected ${expected}, got ${describe(value)}${hint}`, expected);
}

/** A finite number from a number or a decimal string; undefined if it is neither. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > 64 || !DECIMAL.test(value.trim())) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SHOWN_LENGTH = 60;

function rangeText({ min, max }: Bounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

function clip(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}

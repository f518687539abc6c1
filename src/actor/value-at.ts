/**
 * Looks up fields by path, for `by` polling, which routes a request by a key found in its body, and for reducers.
 */
import { CoppiceError } from '../errors.ts';

/**
 * The key at a path of a body, as it is hashed to a slot. Numbers and booleans are written out, so `7` and `'7'` are
 * one key.
 *
 * @param path Field names separated by dots; `user.id` is the field `id` of the object `user`.
 * @throws CoppiceError `BAD_REQUEST` that names the path, if there is no such field or no key in it.
 */
export function valueAt(body: unknown, path: string): string {
  const value = fieldAt(body, path);
  if (value === undefined || value === null)
    throw new CoppiceError('BAD_REQUEST', `the body has no \`${path}\`, by which it is routed`);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new CoppiceError(
    'BAD_REQUEST',
    `\`${path}\` routes the request and must be a string, number or boolean, got ${shapeOf(value)}`,
  );
}

/** The value at a path of nested objects; undefined if a field on the way is missing. Inherited fields do not count. */
export function fieldAt(value: unknown, path: string): unknown {
  let at = value;
  for (const field of path.split('.')) {
    if (!isObject(at) || !Object.hasOwn(at, field)) return undefined;
    at = at[field];
  }
  return at;
}

/** Whether a value is an object with named fields, rather than a list, bytes, or nothing. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** What a value is, in a word for messages. */
export function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return ArrayBuffer.isView(value) ? 'bytes' : typeof value;
}

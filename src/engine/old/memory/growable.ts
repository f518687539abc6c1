/** Typed arrays that grow: the ground under postings, columns and the document table. */

/** What every typed array of numbers has. */
export type NumberArray = ArrayLike<number> & { set(source: ArrayLike<number>): void };

/** Returns `array` if it has room for `length` entries, else a copy at least twice as long. Amortized constant. */
export function grown<A extends NumberArray>(array: A, length: number, create: (length: number) => A): A {
  if (length <= array.length) return array;
  const next = create(Math.max(length, array.length * 2));
  next.set(array);
  return next;
}

/** Factories for `grown`. */
export const newUint8 = (length: number): Uint8Array => new Uint8Array(length);
export const newUint16 = (length: number): Uint16Array => new Uint16Array(length);
export const newUint32 = (length: number): Uint32Array => new Uint32Array(length);
export const newFloat64 = (length: number): Float64Array => new Float64Array(length);

/** Bytes that a string holds in V8, about: one per character, or two if one of them is not Latin-1. */
export function stringBytes(text: string): number {
  return 20 + (WIDE.test(text) ? 2 * text.length : text.length);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range starts at zero
const WIDE = /[^\u0000-\u00ff]/;

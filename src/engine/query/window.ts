/** Windows of ordinals as bits: what matchers fill and combine. */
import { WINDOW } from '../part/index-part.ts';

/** Words of 32 bits per window. */
export const WINDOW_WORDS = WINDOW / 32;

/** Keeps the bits that are also in `other`; tells whether any are left. */
export function intersect(bits: Uint32Array, other: Uint32Array): boolean {
  let any = 0;
  for (let i = 0; i < WINDOW_WORDS; i++) any |= bits[i]! &= other[i]!;
  return any !== 0;
}

/** Adds the bits of `other`. */
export function unite(bits: Uint32Array, other: Uint32Array): void {
  for (let i = 0; i < WINDOW_WORDS; i++) bits[i]! |= other[i]!;
}

/** Takes away the bits of `other`. */
export function subtract(bits: Uint32Array, other: Uint32Array): void {
  for (let i = 0; i < WINDOW_WORDS; i++) bits[i]! &= ~other[i]!;
}

/** Whether a place of a window is set. */
export function isSet(bits: Uint32Array, place: number): boolean {
  return ((bits[place >>> 5]! >>> (place & 31)) & 1) !== 0;
}

/** Number of bits set in a window. */
export function countWindow(bits: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < WINDOW_WORDS; i++) count += bitCount(bits[i]!);
  return count;
}

/** Number of bits set in a word. */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Index of the lowest bit set in a word other than 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/**
 * Terms and ids as bytes: UTF-8, with lone surrogates as three bytes of their own (WTF-8), so that every string of
 * JavaScript comes back as it was. Dictionaries are sorted by these bytes, which is the order of code points.
 */

/** Most bytes that a term may have; the analysis chain and `put` keep longer ones out. */
export const MAX_TERM_BYTES = 32_766;

/** Bytes that `encodeTerm` may need for a string. */
export function termRoom(term: string): number {
  return term.length * 3;
}

/** Writes a term at `at`; `into` has `termRoom(term)` bytes there. Returns one past the last byte. */
export function encodeTerm(term: string, into: Uint8Array, at: number): number {
  let end = at;
  for (let i = 0; i < term.length; i++) {
    const unit = term.charCodeAt(i);
    if (unit < 0x80) into[end++] = unit;
    else if (unit < 0x800) {
      into[end++] = 0xc0 | (unit >>> 6);
      into[end++] = 0x80 | (unit & 63);
    } else {
      const code = term.codePointAt(i)!;
      if (code > 0xffff) {
        i++;
        into[end++] = 0xf0 | (code >>> 18);
        into[end++] = 0x80 | ((code >>> 12) & 63);
      } else into[end++] = 0xe0 | (code >>> 12);
      into[end++] = 0x80 | ((code >>> 6) & 63);
      into[end++] = 0x80 | (code & 63);
    }
  }
  return end;
}

/** The bytes of a term. */
export function termBytes(term: string): Uint8Array {
  const bytes = new Uint8Array(termRoom(term));
  return bytes.subarray(0, encodeTerm(term, bytes, 0));
}

/** The string of bytes that `encodeTerm` wrote. Other bytes give some string, and never an error. */
export function decodeTerm(bytes: Uint8Array, from: number, to: number): string {
  let term = '';
  for (let at = from; at < to; ) {
    const first = bytes[at]!;
    if (first < 0x80) {
      term += String.fromCharCode(first);
      at += 1;
    } else if (first < 0xe0) {
      term += String.fromCharCode(((first & 31) << 6) | (bytes[at + 1]! & 63));
      at += 2;
    } else if (first < 0xf0) {
      term += String.fromCharCode(((first & 15) << 12) | ((bytes[at + 1]! & 63) << 6) | (bytes[at + 2]! & 63));
      at += 3;
    } else {
      const code =
        ((first & 7) << 18) | ((bytes[at + 1]! & 63) << 12) | ((bytes[at + 2]! & 63) << 6) | (bytes[at + 3]! & 63);
      term += String.fromCodePoint(Math.min(code, 0x10ffff));
      at += 4;
    }
  }
  return term;
}

/** Start of a hash of bytes; see `hashByte`. */
export const HASH_START = 0x811c9dc5 | 0;

/** Adds a byte to a hash (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/). */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Mixes the bits of a hash; what tables are addressed by. Signed 32 bits. */
export function finishHash(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 12);
}

/** The hash of bytes `from` to `to` - 1. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_START;
  for (let i = from; i < to; i++) hash = hashByte(hash, bytes[i]!);
  return finishHash(hash);
}

/** Negative, 0 or positive as the first bytes come before, equal or come after the second. */
export function compareBytes(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const shared = Math.min(aTo - aFrom, bTo - bFrom);
  for (let i = 0; i < shared; i++) {
    const difference = a[aFrom + i]! - b[bFrom + i]!;
    if (difference !== 0) return difference;
  }
  return aTo - aFrom - (bTo - bFrom);
}

/** The bytes of a string that is looked for, and their hash. */
export type SoughtBytes = {
  /** The first `length` count; overwritten by the next call. */
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly hash: number;
};

let soughtTerm: string | undefined;
let soughtRoom = new Uint8Array(256);
let sought: SoughtBytes = { bytes: soughtRoom, length: 0, hash: 0 };

/** Encodes and hashes a string. Asked for the same one again, as by one segment after the other, it remembers. */
export function soughtBytes(term: string): SoughtBytes {
  if (term === soughtTerm) return sought;
  if (soughtRoom.length < termRoom(term)) soughtRoom = new Uint8Array(termRoom(term) * 2);
  const length = encodeTerm(term, soughtRoom, 0);
  sought = { bytes: soughtRoom, length, hash: hashBytes(soughtRoom, 0, length) };
  soughtTerm = term;
  return sought;
}

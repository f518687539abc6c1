/**
 * MurmurHash3_x86_128 by Austin Appleby (public domain, https://github.com/aappleby/smhasher), of which the first 64
 * bits are used, with seed 0. Numbers are hashed as the eight bytes of their double, little-endian.
 */
import { encodeTerm, termRoom } from '../part/term-bytes.ts';

/** 64 bits of a hash, as two halves of 32. Filled in place: hashing makes no objects. */
export class Hash64 {
  high = 0;
  low = 0;
  readonly #bits = new Float64Array(1);
  readonly #words = new Uint32Array(this.#bits.buffer);
  #bytes = new Uint8Array(256);

  /** Hashes a number; minus zero counts as zero. */
  ofNumber(value: number): void {
    this.#bits[0] = value + 0;
    const h1 = mix1(0, this.#words[0]!);
    const h2 = mix2(0, this.#words[1]!);
    this.#finish(h1, h2, 0, 0, 8);
  }

  /** Hashes the UTF-8 bytes of a string. */
  ofString(value: string): void {
    const room = termRoom(value);
    if (room + 4 > this.#bytes.length) this.#bytes = new Uint8Array(2 * room);
    const bytes = this.#bytes;
    const length = encodeTerm(value, bytes, 0);
    bytes.fill(0, length, length + 4);
    const blockEnd = length - (length % 16);
    let h1 = 0;
    let h2 = 0;
    let h3 = 0;
    let h4 = 0;
    for (let at = 0; at < blockEnd; at += 16) {
      h1 = mix1(h1, word(bytes, at));
      h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
      h2 = mix2(h2, word(bytes, at + 4));
      h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
      h3 = mix3(h3, word(bytes, at + 8));
      h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
      h4 = mix4(h4, word(bytes, at + 12));
      h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
    }
    const left = length - blockEnd;
    if (left > 12) h4 = mix4(h4, word(bytes, blockEnd + 12));
    if (left > 8) h3 = mix3(h3, word(bytes, blockEnd + 8));
    if (left > 4) h2 = mix2(h2, word(bytes, blockEnd + 4));
    if (left > 0) h1 = mix1(h1, word(bytes, blockEnd));
    this.#finish(h1, h2, h3, h4, length);
  }

  #finish(a: number, b: number, c: number, d: number, length: number): void {
    const sum = (a ^ length) + (b ^ length) + (c ^ length) + (d ^ length);
    const h1 = avalanche(sum | 0);
    const h2 = avalanche(((b ^ length) + sum) | 0);
    const h3 = avalanche(((c ^ length) + sum) | 0);
    const h4 = avalanche(((d ^ length) + sum) | 0);
    this.high = (h1 + h2 + h3 + h4) >>> 0;
    this.low = (h2 + this.high) >>> 0;
  }
}

function mix1(hash: number, block: number): number {
  return hash ^ Math.imul(rotate(Math.imul(block, 0x239b961b), 15), 0xab0e9789);
}

function mix2(hash: number, block: number): number {
  return hash ^ Math.imul(rotate(Math.imul(block, 0xab0e9789), 16), 0x38b34ae5);
}

function mix3(hash: number, block: number): number {
  return hash ^ Math.imul(rotate(Math.imul(block, 0x38b34ae5), 17), 0xa1e38b93);
}

function mix4(hash: number, block: number): number {
  return hash ^ Math.imul(rotate(Math.imul(block, 0xa1e38b93), 18), 0x239b961b);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** Four bytes, little-endian. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function avalanche(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

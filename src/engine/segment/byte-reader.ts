/** Reads what `ByteWriter` wrote, and never past its end. */
import { decodeTerm } from '../part/term-bytes.ts';

/** Reads numbers and texts one after another. `fail` makes the error that is thrown when there is something wrong. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: (problem: string) => Error;
  #at = 0;

  constructor(bytes: Uint8Array, fail: (problem: string) => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  /** Bytes that were not read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.u8();
      value += (byte & 127) * factor;
      if (byte < 128) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw this.#fail('a number is too long');
  }

  /** A varint that is at most `limit`. */
  count(limit: number, what: string): number {
    const value = this.varint();
    if (value > limit) throw this.#fail(`${value} ${what}, at most ${limit} are possible`);
    return value;
  }

  text(): string {
    const length = this.count(this.left, 'bytes of text');
    const at = this.#take(length);
    return decodeTerm(this.#bytes, at, at + length);
  }

  #take(count: number): number {
    if (count > this.left) throw this.#fail(`it ends after ${this.#bytes.length} bytes`);
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

/**
 * Collects one section of a segment and hands it over chunk by chunk, so that no section is ever whole in memory.
 */
import type { SectionKind } from './sections.ts';

/** Where chunks go to. */
export interface ChunkSink {
  /** Takes the next chunk of a section; `bytes` are free again after the call. */
  chunk(section: number, bytes: Uint8Array, deflate: boolean): void;
  /** Learns that sections took this many bytes more of memory. */
  grew(bytes: number): void;
}

/** One section being written. Its items are written by the method that suits the kind's coding. */
export class SectionWriter {
  readonly #sink: ChunkSink;
  readonly #index: number;
  readonly #chunkBytes: number;
  readonly #deflate: boolean;
  #bytes = new Uint8Array(512);
  #used = 0;
  #flushed = 0;
  #reported = 0;
  #previous = 0;
  #coded = 0;
  readonly #isCoded: boolean;

  constructor(sink: ChunkSink, index: number, kind: SectionKind, chunkBytes: number) {
    this.#sink = sink;
    this.#index = index;
    this.#chunkBytes = chunkBytes;
    this.#deflate = kind.deflate;
    this.#isCoded = kind.coding !== 'plain';
  }

  /** Bytes of the section in memory so far. */
  get memoryBytes(): number {
    return this.#isCoded ? this.#coded * 4 : this.#flushed + this.#used;
  }

  /** Makes room for `count` bytes in one piece; they go to `buffer` at `at`, and `advance` counts them. */
  room(count: number): void {
    if (this.#used + count <= this.#bytes.length) return;
    if (this.#used >= this.#chunkBytes / 2 || this.#used + count > this.#chunkBytes) this.flush();
    if (this.#used + count > this.#bytes.length) this.#grow(this.#used + count);
  }

  get buffer(): Uint8Array {
    return this.#bytes;
  }

  get at(): number {
    return this.#used;
  }

  advance(count: number): void {
    this.#used += count;
  }

  /** Puts zeros until the section's length is a multiple of `alignment`. */
  align(alignment: number): void {
    while ((this.#flushed + this.#used) % alignment !== 0) this.u8(0);
  }

  u8(value: number): void {
    if (this.#used === this.#bytes.length) this.room(1);
    this.#bytes[this.#used++] = value;
  }

  /** Bytes `from` to `to` - 1. */
  bytes(source: Uint8Array, from: number, to: number): void {
    for (let start = from; start < to; start += this.#chunkBytes) {
      const end = Math.min(to, start + this.#chunkBytes);
      this.room(end - start);
      this.#bytes.set(source.subarray(start, end), this.#used);
      this.#used += end - start;
    }
  }

  /** An item of a `varint` section. */
  varint(value: number): void {
    this.bytesOfVarint(value);
    this.#coded++;
  }

  /** A varint among the bytes of a plain section. */
  bytesOfVarint(value: number): void {
    if (this.#used + 5 > this.#bytes.length) this.room(5);
    const bytes = this.#bytes;
    let [at, rest] = [this.#used, value];
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#used = at;
  }

  /** An item of a `rising` section. */
  rising(value: number): void {
    this.varint((value - this.#previous) >>> 0);
    this.#previous = value;
  }

  /** Hands over what has been collected. */
  flush(): void {
    if (this.#used > 0) this.#sink.chunk(this.#index, this.#bytes.subarray(0, this.#used), this.#deflate);
    this.#flushed += this.#used;
    this.#used = 0;
    this.#sink.grew(this.memoryBytes - this.#reported);
    this.#reported = this.memoryBytes;
  }

  #grow(needed: number): void {
    const longer = new Uint8Array(Math.max(needed, Math.min(this.#bytes.length * 4, this.#chunkBytes)));
    longer.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = longer;
  }
}

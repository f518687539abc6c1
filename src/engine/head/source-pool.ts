/** The sources of the head's documents: JSON as UTF-8, in chunks. As strings they would be moved about by the collector. */
import { grownInt32 } from './growable.ts';

const CHUNK_BYTES = 1 << 20;
/** Bytes of UTF-8 per UTF-16 unit, at most. */
const WORST = 3;
/** Chunk, first byte, length. */
const PLACE = 3;

const decoder = new TextDecoder();

/** Texts by number, in the order in which they came. */
export class SourcePool {
  readonly #chunks: Uint8Array[] = [];
  #places: Int32Array = new Int32Array(PLACE << 6);
  #count = 0;
  /** The chunk at hand, and where it is free from. */
  #chunk = Buffer.alloc(0);
  #end = 0;
  #chunkBytes = 0;

  get sizeBytes(): number {
    return this.#chunkBytes + this.#places.byteLength;
  }

  /** Adds a text, which has no lone surrogates. */
  add(text: string): void {
    this.#places = grownInt32(this.#places, (this.#count + 1) * PLACE);
    const at = this.#count++ * PLACE;
    if (text.length * WORST > CHUNK_BYTES / 4) {
      const bytes = Buffer.from(text);
      this.#chunkBytes += bytes.length;
      this.#places.set([this.#chunks.push(bytes) - 1, 0, bytes.length], at);
      return;
    }
    if (this.#chunk.length - this.#end < text.length * WORST) this.#openChunk();
    const written = this.#chunk.write(text, this.#end);
    this.#places[at] = this.#chunks.length - 1;
    this.#places[at + 1] = this.#end;
    this.#places[at + 2] = written;
    this.#end += written;
  }

  bytes(number: number): Uint8Array {
    const at = number * PLACE;
    const from = this.#places[at + 1]!;
    return this.#chunks[this.#places[at]!]!.subarray(from, from + this.#places[at + 2]!);
  }

  text(number: number): string {
    return decoder.decode(this.bytes(number));
  }

  #openChunk(): void {
    this.#chunk = Buffer.alloc(CHUNK_BYTES);
    this.#end = 0;
    this.#chunkBytes += CHUNK_BYTES;
    this.#chunks.push(this.#chunk);
  }
}

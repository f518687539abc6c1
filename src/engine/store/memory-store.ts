/** A store in memory: for tests, and for indexes that need not outlive their process. */
import { CoppiceError } from '../../errors.ts';
import type { Store, StoreFile, StoreWriter } from './store.ts';
import { checkName } from './store-name.ts';

/** A file as the pieces that were written. */
type Content = { readonly pieces: readonly Uint8Array[]; readonly starts: readonly number[]; readonly size: number };

/** Creates an empty store in memory. */
export function createMemoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  readonly #files = new Map<string, Content>();

  /** Nothing to do: nobody has the store but those that it was given to. */
  lock(): () => void {
    return () => {};
  }

  create(name: string): StoreWriter {
    checkName(name);
    if (this.#files.has(name)) throw new Error(`there is a file \`${name}\` already`);
    return new MemoryWriter((content) => {
      if (this.#files.has(name)) throw new Error(`there is a file \`${name}\` already`);
      this.#files.set(name, content);
    });
  }

  open(name: string): StoreFile {
    checkName(name);
    const content = this.#files.get(name);
    if (content === undefined) throw new CoppiceError('CORRUPT_SEGMENT', `there is no file \`${name}\``);
    return new MemoryFile(name, content);
  }

  names(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  remove(name: string): void {
    checkName(name);
    this.#files.delete(name);
  }

  sync(names: readonly string[]): void {
    for (const name of names) {
      if (!this.#files.has(name)) throw new CoppiceError('CORRUPT_SEGMENT', `there is no file \`${name}\``);
    }
  }
}

class MemoryWriter implements StoreWriter {
  readonly #done: (content: Content) => void;
  readonly #pieces: Uint8Array[] = [];
  readonly #starts: number[] = [];
  #size = 0;
  #isOpen = true;

  constructor(done: (content: Content) => void) {
    this.#done = done;
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOpen) throw new Error('file is finished');
    if (bytes.length === 0) return;
    this.#pieces.push(bytes.slice());
    this.#starts.push(this.#size);
    this.#size += bytes.length;
  }

  finish(): void {
    if (!this.#isOpen) throw new Error('file is finished');
    this.#isOpen = false;
    this.#done({ pieces: this.#pieces, starts: this.#starts, size: this.#size });
  }

  abort(): void {
    this.#isOpen = false;
  }
}

class MemoryFile implements StoreFile {
  readonly #name: string;
  readonly #content: Content;

  constructor(name: string, content: Content) {
    this.#name = name;
    this.#content = content;
  }

  get size(): number {
    return this.#content.size;
  }

  read(offset: number, into: Uint8Array): void {
    const { pieces, starts, size } = this.#content;
    if (!(offset >= 0) || offset + into.length > size) {
      const wanted = `${into.length} bytes at ${offset}`;
      throw new CoppiceError('CORRUPT_SEGMENT', `file \`${this.#name}\` of ${size} bytes has no ${wanted}`);
    }
    let piece = findPiece(starts, offset);
    for (let at = 0; at < into.length; piece++) {
      const from = offset + at - starts[piece]!;
      const part = pieces[piece]!.subarray(from, from + into.length - at);
      into.set(part, at);
      at += part.length;
    }
  }

  close(): void {}
}

function findPiece(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low;
}

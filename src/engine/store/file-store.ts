/**
 * A store in a folder: the only place of the engine that touches a disk. A file is written under another name and gets its
 * own when it is complete, so that a crash leaves nothing that looks complete.
 */
import fs from 'node:fs';
import path from 'node:path';
import { CoppiceError } from '../../errors.ts';
import { makeFolderSync } from '../../make-folder.ts';
import { isLock, lockFolder } from './folder-lock.ts';
import type { Store, StoreFile, StoreWriter } from './store.ts';
import { checkName, UNFINISHED } from './store-name.ts';

/** Bytes that are collected before they are written. */
const BUFFER_BYTES = 1 << 16;

/** Opens the store in a folder, which is made if need be. An engine locks it while it is open. */
export function openFileStore(folder: string): Store {
  makeFolderSync(folder);
  return new FileStore(folder);
}

class FileStore implements Store {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  lock(): () => void {
    const release = lockFolder(this.#folder);
    for (const name of fs.readdirSync(this.#folder)) {
      if (name.endsWith(UNFINISHED)) fs.rmSync(path.join(this.#folder, name), { force: true });
    }
    return release;
  }

  create(name: string): StoreWriter {
    const target = this.#path(name);
    if (fs.existsSync(target)) throw new Error(`there is a file \`${name}\` already`);
    if (fs.existsSync(target + UNFINISHED)) throw new Error(`file \`${name}\` is being written`);
    return new FileWriter(target);
  }

  open(name: string): StoreFile {
    try {
      return new OpenFile(name, fs.openSync(this.#path(name), 'r'));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      throw new CoppiceError('CORRUPT_SEGMENT', `there is no file \`${name}\``, { cause });
    }
  }

  names(): readonly string[] {
    const entries = fs.readdirSync(this.#folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !isLock(entry.name) && !entry.name.endsWith(UNFINISHED))
      .map((entry) => entry.name)
      .sort();
  }

  remove(name: string): void {
    fs.rmSync(this.#path(name), { force: true });
  }

  sync(names: readonly string[]): void {
    for (const name of names) {
      try {
        syncPath(this.#path(name));
      } catch (cause) {
        if (!isMissing(cause)) throw cause;
        throw new CoppiceError('CORRUPT_SEGMENT', `there is no file \`${name}\``, { cause });
      }
    }
    syncPath(this.#folder);
  }

  #path(name: string): string {
    checkName(name);
    return path.join(this.#folder, name);
  }
}

class FileWriter implements StoreWriter {
  readonly #target: string;
  readonly #unfinished: string;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  #isFinished = false;
  #descriptor: number | undefined;

  constructor(target: string) {
    this.#target = target;
    this.#unfinished = target + UNFINISHED;
    this.#descriptor = fs.openSync(this.#unfinished, 'w');
  }

  get size(): number {
    return this.#written + this.#buffered;
  }

  write(bytes: Uint8Array): void {
    if (this.#descriptor === undefined) throw new Error(`file \`${this.#target}\` is finished`);
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length >= BUFFER_BYTES) {
      this.#writeAll(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
  }

  finish(): void {
    this.#flush();
    this.#close();
    if (fs.existsSync(this.#target)) throw new Error(`there is a file \`${this.#target}\` already`);
    fs.renameSync(this.#unfinished, this.#target);
    this.#isFinished = true;
  }

  abort(): void {
    if (this.#isFinished) return;
    this.#close();
    fs.rmSync(this.#unfinished, { force: true });
  }

  #flush(): void {
    this.#writeAll(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #writeAll(bytes: Uint8Array): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) throw new Error(`file \`${this.#target}\` is finished`);
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(descriptor, bytes, at);
    this.#written += bytes.length;
  }

  #close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    fs.closeSync(descriptor);
  }
}

class OpenFile implements StoreFile {
  readonly size: number;
  readonly #name: string;
  #descriptor: number | undefined;

  constructor(name: string, descriptor: number) {
    this.#name = name;
    this.#descriptor = descriptor;
    this.size = fs.fstatSync(descriptor).size;
  }

  read(offset: number, into: Uint8Array): void {
    if (this.#descriptor === undefined) throw new Error(`file \`${this.#name}\` is closed`);
    for (let at = 0; at < into.length; ) {
      const read = fs.readSync(this.#descriptor, into, at, into.length - at, offset + at);
      if (read === 0) {
        const wanted = `${into.length} bytes at ${offset}`;
        throw new CoppiceError('CORRUPT_SEGMENT', `file \`${this.#name}\` of ${this.size} bytes has no ${wanted}`);
      }
      at += read;
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    fs.closeSync(descriptor);
  }
}

function syncPath(file: string): void {
  const descriptor = fs.openSync(file, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

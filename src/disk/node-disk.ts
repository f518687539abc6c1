/** The machine's own disk. Reads and writes of data are synchronous, since an engine's are; what waits for the device is not. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { lockFolder } from '../engine/store/folder-lock.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import { makeFolderSync } from '../make-folder.ts';
import type { Disk, DiskEntry, DiskFile, DiskWriter } from './disk.ts';

/** What the system says where there is no room. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Bytes that are read and hashed at once. */
const DIGEST_BYTES = 1024 * 1024;

/** The disk of this machine. */
export const nodeDisk: Disk = {
  makeFolder: (path) => attempt(path, () => makeFolderSync(path)),
  list: (folder) => attempt(folder, () => listFolder(folder)),
  create: (path) => attemptWrite(path, () => new NodeWriter(path, fs.openSync(path, 'wx'))),
  open: (path) => attempt(path, () => new NodeFile(path, fs.openSync(path, 'r'))),
  rename: (from, to) => attemptWrite(from, () => fs.renameSync(from, to)),
  digest: async (path, { signal, onBytes = () => {} }) => {
    try {
      return await digestOf(path, onBytes, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw diskError(path, error);
    }
  },
  remove: (path) => attempt(path, () => fs.rmSync(path, { recursive: true, force: true })),
  sync: async (path) => {
    try {
      const file = await fs.promises.open(path, 'r');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw diskError(path, error);
    }
  },
  lock: (folder) => lockFolder(folder),
};

class NodeWriter implements DiskWriter {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  write(bytes: Uint8Array): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) throw new Error(`file \`${this.#path}\` is closed`);
    attempt(this.#path, () => {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(descriptor, bytes, at);
    });
  }

  close(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    attempt(this.#path, () => fs.closeSync(descriptor));
  }
}

class NodeFile implements DiskFile {
  readonly size: number;
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.size = fs.fstatSync(descriptor).size;
  }

  read(offset: number, into: Uint8Array): number {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) throw new Error(`file \`${this.#path}\` is closed`);
    return attempt(this.#path, () => {
      let at = 0;
      while (at < into.length) {
        const read = fs.readSync(descriptor, into, at, into.length - at, offset + at);
        if (read === 0) break;
        at += read;
      }
      return at;
    });
  }

  close(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    attempt(this.#path, () => fs.closeSync(descriptor));
  }
}

/** Reads beside the thread's work; only the hashing is done by it, in pieces. */
async function digestOf(
  path: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(DIGEST_BYTES);
  const file = await fs.promises.open(path, 'r');
  try {
    for (let sizeBytes = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, sizeBytes);
      if (bytesRead === 0) return { sha256: hash.digest('hex'), sizeBytes };
      hash.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
      onBytes(bytesRead);
    }
  } finally {
    await file.close();
  }
}

function listFolder(folder: string): readonly DiskEntry[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const stat = entry.isFile() ? fs.statSync(`${folder}/${entry.name}`, { throwIfNoEntry: false }) : undefined;
    return { name: entry.name, isFolder: entry.isDirectory(), sizeBytes: stat?.size ?? 0 };
  });
}

function attempt<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw diskError(path, error);
  }
}

/** A folder that is gone takes nothing: that is the disk's trouble, and no answer. */
function attemptWrite<Result>(path: string, work: () => Result): Result {
  try {
    return attempt(path, work);
  } catch (error) {
    if (!isCoppiceError(error, 'NOT_FOUND')) throw error;
    throw new CoppiceError('STORAGE_FAILED', error.message, { cause: error });
  }
}

function diskError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  const { code } = error;
  if (code === 'ENOENT') return new CoppiceError('NOT_FOUND', `there is no \`${path}\``, { cause: error });
  if (FULL.has(code)) return new CoppiceError('STORAGE_FULL', `no room for \`${path}\` (${code})`, { cause: error });
  return new CoppiceError('STORAGE_FAILED', `the disk failed at \`${path}\`: ${error.message}`, { cause: error });
}

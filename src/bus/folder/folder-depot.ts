/**
 * The depot in a folder, which may be shared by many machines. A blob is written beside, synced, and then linked under
 * its name, which the file system does for one writer only; its checksum stands at the end of its file.
 *
 * A step of a name is a folder, its last step a file with `+blob` after it: `+` may not stand in a name, so no file can
 * be in a folder's way. Needs a file system with hard links that tells upper from lower case.
 */
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Env, randomToken } from '../../env.ts';
import { asCoppiceError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { decodeFooter, FOOTER_BYTES, hexOf, withFooter, withoutFooter } from '../blob-footer.ts';
import {
  type BlobSource,
  type BlobStat,
  blobNotFound,
  checkBlobName,
  checkBlobPrefix,
  type Depot,
  type DepotOptions,
  isBlobName,
  type TransferOptions,
} from '../depot.ts';
import { inPieces, lengthOf, limitTime, Transfer, within } from '../transfer.ts';
import { fileError, isMissing, linkNew, removeEmptyFolders, syncFolder } from './durable.ts';

const PIECE_BYTES = 1024 * 1024;
const BLOB = '+blob';
const UNFINISHED = '+unfinished';

/** Opens the depot in a folder, which is made if need be. Throws CoppiceError `PREFLIGHT_FAILED` if it cannot be. */
export async function openFolderDepot(env: Env, folder: string): Promise<FolderDepot> {
  try {
    await makeFolder(resolve(folder, UNFINISHED));
  } catch (cause) {
    throw fileError('PREFLIGHT_FAILED', `the depot's folder \`${folder}\` cannot be made`, cause);
  }
  return new FolderDepot(env, folder);
}

/** The depot of one folder. */
export class FolderDepot implements Depot {
  readonly #env: Env;
  readonly #folder: string;

  /** The folder exists, and `+unfinished` in it: see `openFolderDepot`. */
  constructor(env: Env, folder: string) {
    this.#env = env;
    this.#folder = resolve(folder);
  }

  async put(name: string, source: BlobSource, options: TransferOptions = {}): Promise<BlobStat> {
    checkBlobName(name);
    const transfer = new Transfer(name, options, lengthOf(source));
    const limit = limitTime(this.#env.clock, `storing blob \`${name}\``, options);
    const unfinished = join(this.#folder, UNFINISHED, randomToken(this.#env.random, 16));
    try {
      await this.#write(unfinished, inPieces(withFooter(source, transfer), PIECE_BYTES, limit.signal), transfer);
      limit.signal.throwIfAborted();
      await linkNew(name, unfinished, { root: this.#folder, target: this.#path(name) });
      return { name, sizeBytes: transfer.sizeBytes, sha256: hexOf(transfer.digest()) };
    } finally {
      limit.stop();
      await rm(unfinished, { force: true });
    }
  }

  async *get(name: string, options: TransferOptions = {}): AsyncGenerator<Uint8Array> {
    checkBlobName(name);
    const limit = limitTime(this.#env.clock, `reading blob \`${name}\``, options);
    let handle: FileHandle | undefined;
    try {
      limit.signal.throwIfAborted();
      handle = await this.#open(name);
      const { size: storedBytes } = await handle.stat();
      const transfer = new Transfer(name, options, Math.max(0, storedBytes - FOOTER_BYTES));
      for await (const bytes of withoutFooter({ name, storedBytes }, piecesOf(handle), transfer)) {
        yield bytes;
        limit.signal.throwIfAborted();
      }
    } finally {
      limit.stop();
      await handle?.close();
    }
  }

  async stat(name: string, options: DepotOptions = {}): Promise<BlobStat> {
    checkBlobName(name);
    return this.#within(`looking up blob \`${name}\``, options, async () => {
      const handle = await this.#open(name);
      try {
        const { size: storedBytes } = await handle.stat();
        const footer = new Uint8Array(Math.min(FOOTER_BYTES, storedBytes));
        await handle.read(footer, 0, footer.length, storedBytes - footer.length);
        return decodeFooter(name, footer, storedBytes);
      } finally {
        await handle.close();
      }
    });
  }

  async list(prefix: string, options: DepotOptions = {}): Promise<readonly string[]> {
    checkBlobPrefix(prefix);
    return this.#within('listing blobs', options, async (signal) => {
      const names: string[] = [];
      for await (const name of this.#walk('', prefix)) {
        signal.throwIfAborted();
        if (isBlobName(name)) names.push(name);
      }
      return names.sort();
    });
  }

  async delete(name: string, options: DepotOptions = {}): Promise<void> {
    checkBlobName(name);
    await this.#within(`deleting blob \`${name}\``, options, async () => {
      const path = this.#path(name);
      try {
        await rm(path);
      } catch (error) {
        if (isMissing(error)) return;
        throw fileError('INTERNAL', `blob \`${name}\` cannot be deleted`, error);
      }
      await syncFolder(dirname(path));
      await removeEmptyFolders(dirname(path), this.#folder);
    });
  }

  async sweep(minAgeMs: number, options: DepotOptions = {}): Promise<number> {
    return this.#within('sweeping the depot', options, async (signal) => {
      let removed = 0;
      for (const entry of await readdir(join(this.#folder, UNFINISHED))) {
        signal.throwIfAborted();
        const path = join(this.#folder, UNFINISHED, entry);
        const modifiedMs = await modifiedMsOf(path);
        if (modifiedMs === undefined || this.#env.clock.wallMs() - modifiedMs < minAgeMs) continue;
        await rm(path, { force: true });
        removed += 1;
      }
      return removed;
    });
  }

  /** Nothing is held open. */
  async close(): Promise<void> {}

  #within<T>(what: string, options: DepotOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return within({ clock: this.#env.clock, what, options }, work);
  }

  #path(name: string): string {
    return join(this.#folder, ...`${name}${BLOB}`.split('/'));
  }

  async #open(name: string): Promise<FileHandle> {
    try {
      return await open(this.#path(name), 'r');
    } catch (error) {
      throw isMissing(error) ? blobNotFound(name) : fileError('INTERNAL', `blob \`${name}\` cannot be opened`, error);
    }
  }

  /** Writes pieces into a new file, each while the next one is made, and syncs it. */
  async #write(path: string, pieces: AsyncIterable<Uint8Array>, transfer: Transfer): Promise<void> {
    const handle = await open(path, 'wx').catch((error: unknown) => {
      throw fileError('INTERNAL', `\`${path}\` cannot be made`, error);
    });
    let writing = Promise.resolve();
    let written = 0;
    try {
      for await (const piece of pieces) {
        await writing;
        transfer.report(Math.min(written, transfer.sizeBytes));
        writing = writeAll(handle, piece);
        writing.catch(() => {}); // awaited with the next piece
        written += piece.length;
      }
      await writing;
      await syncFile(handle);
      transfer.report(transfer.sizeBytes);
    } finally {
      await Promise.allSettled([writing]);
      await handle.close();
    }
  }

  /** Names below a folder, in no order. What is removed meanwhile may be missing. */
  async *#walk(folder: string, prefix: string): AsyncGenerator<string> {
    const entries = await readdir(join(this.#folder, ...folder.split('/')), { withFileTypes: true }).catch(
      (error: unknown) => {
        if (isMissing(error)) return [];
        throw fileError('INTERNAL', 'the depot cannot be listed', error);
      },
    );
    for (const entry of entries) {
      const path = `${folder}${entry.name}`;
      const isBlob = entry.isFile() && path.endsWith(BLOB);
      const name = isBlob ? path.slice(0, -BLOB.length) : `${path}/`;
      if (isBlob && name.startsWith(prefix)) yield name;
      const leadsThere = name.startsWith(prefix) || prefix.startsWith(name);
      if (entry.isDirectory() && isBlobName(path) && leadsThere) yield* this.#walk(name, prefix);
    }
  }
}

/** The bytes of a file; the next piece is read while the last one is used. */
async function* piecesOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (let next = readPiece(handle); ; ) {
    const piece = await next;
    if (piece.length === 0) return;
    next = readPiece(handle);
    next.catch(() => {}); // awaited after the piece in hand
    yield piece;
  }
}

async function readPiece(handle: FileHandle): Promise<Uint8Array> {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  try {
    return piece.subarray(0, (await handle.read(piece)).bytesRead);
  } catch (error) {
    throw fileError('INTERNAL', 'the blob cannot be read', error);
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
  } catch (error) {
    throw fileError('INTERNAL', 'the blob cannot be written', error);
  }
}

async function syncFile(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    throw fileError('INTERNAL', 'the blob cannot be synced', error);
  }
}

/** Milliseconds since the Unix epoch; undefined if the file is gone. */
async function modifiedMsOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw asCoppiceError(error);
  }
}

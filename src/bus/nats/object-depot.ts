/**
 * The depot over a JetStream Object Store bucket: the default, since it needs nothing but NATS. It does what the NATS
 * client's own object store does, in the same layout, several times faster (its SHA-256 is native, its chunks are
 * larger and several are under way), and adds what that one lacks: names that can only be created, recovery from lost
 * connections, and a sweep for what dead uploads have left.
 */
import { CoppiceError } from '../../errors.ts';
import { hexOf } from '../blob-footer.ts';
import {
  type BlobSource,
  type BlobStat,
  blobExists,
  blobNotFound,
  checkBlobName,
  checkBlobPrefix,
  corruptBlob,
  type Depot,
  type DepotOptions,
  isBlobName,
  type TransferOptions,
} from '../depot.ts';
import { inPieces, lengthOf, limitTime, manyListeners, Transfer, within } from '../transfer.ts';
import type { JetStreamApi } from './api.ts';
import { readChunks } from './chunk-reader.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { ObjectBucket, type StoredMeta } from './object-bucket.ts';

/** Which bucket, and how it is used. */
export type ObjectDepotOptions = {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. Made if it does not exist. */
  readonly bucket: string;
  /** Copies that JetStream keeps, where the bucket is made. */
  readonly replicas: number;
  /** Largest message that the server takes, in bytes. */
  readonly maxPayloadBytes: number;
};

/** Size of a chunk, in bytes, where the server takes that much: larger ones would delay other messages. */
export const CHUNK_BYTES = 512 * 1024;

/** Chunks under way at once: 4 MiB. */
const WINDOW_CHUNKS = 8;
/** Room for the headers of a chunk below the server's limit. */
const HEADER_BYTES = 1_024;
/** Without any progress for so long a transfer fails: longer than a server takes to start or to elect a leader. */
const STALL_MS = 30_000;
const CLEAN_UP_MS = 2_000;
const LIST_AT_ONCE = 16;

/**
 * Opens the depot, making its bucket if need be.
 *
 * @throws CoppiceError `INVALID_NAME` for an impossible bucket, `PREFLIGHT_FAILED` if the bucket there cannot be used.
 */
export async function openObjectDepot(api: JetStreamApi, options: ObjectDepotOptions): Promise<ObjectDepot> {
  const bucket = new ObjectBucket(api, options.bucket);
  await bucket.open(options.replicas);
  return new ObjectDepot(bucket, options);
}

/** The depot of one bucket. Its connection belongs to somebody else. */
export class ObjectDepot implements Depot {
  readonly #bucket: ObjectBucket;
  readonly #chunkBytes: number;

  constructor(bucket: ObjectBucket, options: ObjectDepotOptions) {
    this.#bucket = bucket;
    this.#chunkBytes = Math.min(CHUNK_BYTES, options.maxPayloadBytes - HEADER_BYTES);
  }

  async put(name: string, source: BlobSource, options: TransferOptions = {}): Promise<BlobStat> {
    checkBlobName(name);
    const transfer = new Transfer(name, options, lengthOf(source));
    const limit = limitTime(this.#env.clock, `storing blob \`${name}\``, options);
    const upload = this.#env.random.id();
    const writer = this.#writer(upload, transfer, limit.signal);
    try {
      if ((await this.#bucket.find(name, limit.signal)) !== undefined) throw blobExists(name);
      await this.#send(source, writer, transfer, limit.signal);
      const meta = { name, upload, sizeBytes: transfer.sizeBytes, chunks: writer.count, digest: transfer.digest() };
      await this.#bucket.checkChunks(meta, limit.signal);
      limit.signal.throwIfAborted();
      await this.#bucket.create(meta, { chunkBytes: this.#chunkBytes, withinMs: STALL_MS });
      return statOf(meta);
    } catch (error) {
      await this.#cleanUp(error, upload, writer);
      throw error;
    } finally {
      limit.stop();
    }
  }

  async *get(name: string, options: TransferOptions = {}): AsyncGenerator<Uint8Array> {
    checkBlobName(name);
    const limit = limitTime(this.#env.clock, `reading blob \`${name}\``, options);
    const reading = new AbortController();
    const signal = manyListeners(AbortSignal.any([limit.signal, reading.signal]));
    try {
      const meta = await this.#mustFind(name, signal);
      const transfer = new Transfer(name, options, meta.sizeBytes);
      yield* this.#read(meta, transfer, signal);
      const fault = faultOf(meta, transfer);
      if (fault === undefined) return;
      // deleted while it was read: not damaged, but gone
      if ((await this.#mustFind(name, signal)).upload !== meta.upload) throw blobNotFound(name);
      throw corruptBlob(name, fault);
    } finally {
      reading.abort(new Error('the reading has ended'));
      limit.stop();
    }
  }

  async stat(name: string, options: DepotOptions = {}): Promise<BlobStat> {
    checkBlobName(name);
    return this.#within(`looking up blob \`${name}\``, options, async (signal) =>
      statOf(await this.#mustFind(name, signal)),
    );
  }

  async list(prefix: string, options: DepotOptions = {}): Promise<readonly string[]> {
    checkBlobPrefix(prefix);
    return this.#within('listing blobs', options, async (signal) => {
      const all = await this.#bucket.names(signal);
      const names = all.filter((name) => name.startsWith(prefix) && isBlobName(name));
      const found: string[] = [];
      for (let at = 0; at < names.length; at += LIST_AT_ONCE) {
        const some = names.slice(at, at + LIST_AT_ONCE);
        const metas = await Promise.all(some.map(async (name) => this.#bucket.find(name, signal)));
        found.push(...some.filter((_, place) => metas[place] !== undefined));
      }
      return found.sort();
    });
  }

  async delete(name: string, options: DepotOptions = {}): Promise<void> {
    checkBlobName(name);
    await this.#within(`deleting blob \`${name}\``, options, async (signal) => {
      const meta = await this.#bucket.find(name, signal);
      if (meta === undefined) return;
      await this.#bucket.remove(meta, signal);
      await this.#bucket.purgeChunks(meta.upload, { signal });
    });
  }

  async sweep(minAgeMs: number, options: DepotOptions = {}): Promise<number> {
    return this.#within('sweeping the depot', options, async (signal) => this.#bucket.sweep(minAgeMs, signal));
  }

  /** Nothing is held open. */
  async close(): Promise<void> {}

  get #env() {
    return this.#bucket.stream.api.env;
  }

  #writer(upload: string, transfer: Transfer, signal: AbortSignal): ChunkWriter {
    let storedBytes = 0;
    return new ChunkWriter(
      { stream: this.#bucket.stream, subject: this.#bucket.chunkSubject(upload), upload },
      {
        windowChunks: WINDOW_CHUNKS,
        stallMs: STALL_MS,
        signal,
        onStored: (bytes) => {
          storedBytes += bytes;
          transfer.report(storedBytes);
        },
      },
    );
  }

  async #send(source: BlobSource, writer: ChunkWriter, transfer: Transfer, signal: AbortSignal): Promise<void> {
    for await (const chunk of inPieces(source, this.#chunkBytes, signal)) {
      transfer.take(chunk);
      await writer.add(chunk);
    }
    await writer.finish();
  }

  /** Removes the chunks of an upload that failed. What cannot be removed now is left to `sweep`. */
  async #cleanUp(error: unknown, upload: string, writer: ChunkWriter): Promise<void> {
    await writer.stop(CLEAN_UP_MS);
    const inDoubt = error instanceof CoppiceError && error.code === 'OUTCOME_UNKNOWN';
    if (writer.count === 0 || inDoubt || !this.#bucket.stream.api.link.up) return;
    try {
      await this.#bucket.purgeChunks(upload, { withinMs: CLEAN_UP_MS });
    } catch (cause) {
      if (!(cause instanceof CoppiceError)) throw cause;
    }
  }

  async *#read(meta: StoredMeta, transfer: Transfer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const chunks = readChunks(this.#bucket.stream, {
      subject: this.#bucket.chunkSubject(meta.upload),
      chunks: meta.chunks,
      stallMs: STALL_MS,
      signal,
    });
    for await (const chunk of chunks) {
      transfer.take(chunk);
      transfer.report(transfer.sizeBytes);
      yield chunk;
      signal.throwIfAborted();
    }
  }

  async #mustFind(name: string, signal: AbortSignal): Promise<StoredMeta> {
    const meta = await this.#bucket.find(name, signal);
    if (meta === undefined) throw blobNotFound(name);
    return meta;
  }

  #within<T>(what: string, options: DepotOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return within({ clock: this.#env.clock, what, options }, work);
  }
}

function statOf(meta: { name: string; sizeBytes: number; digest: Uint8Array }): BlobStat {
  return { name: meta.name, sizeBytes: meta.sizeBytes, sha256: hexOf(meta.digest) };
}

/** What is wrong with the bytes that came, if anything is. */
function faultOf(meta: StoredMeta, transfer: Transfer): string | undefined {
  if (transfer.sizeBytes !== meta.sizeBytes) return `it has ${transfer.sizeBytes} bytes instead of ${meta.sizeBytes}`;
  return hexOf(transfer.digest()) === hexOf(meta.digest) ? undefined : 'its checksum is not that of its bytes';
}

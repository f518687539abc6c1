/**
 * The depot in S3, or in what speaks its protocol. A blob is one object: its bytes, then the footer with its checksum.
 * Names are created by `If-None-Match: *`, on which the one writer that may win is decided by the server.
 *
 * Each upload has a token in the object's metadata: when an answer was lost and the repeated request finds the name
 * taken, it tells whether by oneself.
 */
import { type Env, pause } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import { decodeFooter, FOOTER_BYTES, hexOf, withFooter, withoutFooter } from '../blob-footer.ts';
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
import { PartUpload } from './part-upload.ts';
import { type CreateOutcome, openS3Bucket, type S3Bucket, type S3Settings } from './s3-bucket.ts';

/** Smaller blobs go in one request; larger ones in parts of this size, unless that would make too many. */
export const PART_BYTES = 8 * 1024 * 1024;

const MAX_PARTS = 10_000;
const OPEN_MS = 15_000;
const COMMIT_MS = 60_000;
const CLEAN_UP_MS = 5_000;
const BUSY_TRIES = 10;
const BUSY_MS = 200;
const READ_TRIES = 5;

/**
 * Opens the depot, and makes sure that the server keeps what the depot relies on: it writes an object twice with
 * `If-None-Match: *`, of which the second must fail. With `conditionalWrites: false` that is left out, and a name is
 * looked up before it is written: then two writers at the same moment may both believe to have created it.
 *
 * @throws CoppiceError `PREFLIGHT_FAILED` if the SDK is not installed, the bucket cannot be used, or the server does
 *   not know conditional writes; `DISCONNECTED` if it cannot be reached.
 */
export async function openS3Depot(env: Env, settings: S3Settings): Promise<S3Depot> {
  const depot = new S3Depot(env, settings, await openS3Bucket(settings));
  try {
    await depot.check();
    return depot;
  } catch (error) {
    await depot.close();
    throw error;
  }
}

/** The depot below a prefix of a bucket. */
export class S3Depot implements Depot {
  readonly #env: Env;
  readonly #bucket: S3Bucket;
  readonly #prefix: string;
  readonly #onlyNew: boolean;

  constructor(env: Env, settings: S3Settings, bucket: S3Bucket) {
    this.#env = env;
    this.#bucket = bucket;
    this.#prefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
    this.#onlyNew = settings.conditionalWrites !== false;
  }

  /** See `openS3Depot`. */
  async check(): Promise<void> {
    await this.#within('opening the S3 depot', { withinMs: OPEN_MS }, async (signal) => {
      const upload = this.#env.random.id();
      const key = `${this.#prefix}+probe/${upload}`; // no name of a blob has a `+`
      const write = { upload, onlyNew: this.#onlyNew, signal };
      await this.#bucket.put(key, new Uint8Array(1), write);
      const second = this.#onlyNew ? await this.#bucket.put(key, new Uint8Array(1), write) : 'exists';
      await this.#bucket.remove(key, signal);
      if (second !== 'created') return;
      const message =
        'this S3 server ignores `If-None-Match` on writes, so names cannot be created safely; `conditionalWrites=false` accepts that';
      throw new CoppiceError('PREFLIGHT_FAILED', message);
    });
  }

  async put(name: string, source: BlobSource, options: TransferOptions = {}): Promise<BlobStat> {
    checkBlobName(name);
    const totalBytes = lengthOf(source);
    const transfer = new Transfer(name, options, totalBytes);
    const limit = limitTime(this.#env.clock, `storing blob \`${name}\``, options);
    try {
      if ((await this.#bucket.head(this.#key(name), limit.signal)) !== undefined) throw blobExists(name);
      const partBytes = Math.max(PART_BYTES, Math.ceil(((totalBytes ?? 0) + FOOTER_BYTES) / MAX_PARTS));
      const pieces = inPieces(withFooter(source, transfer), partBytes, limit.signal);
      await this.#store(name, { pieces, partBytes, transfer, signal: limit.signal });
      return { name, sizeBytes: transfer.sizeBytes, sha256: hexOf(transfer.digest()) };
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
      signal.throwIfAborted();
      const first = await this.#bucket.get(this.#key(name), { signal });
      if (first === undefined) throw blobNotFound(name);
      const transfer = new Transfer(name, options, Math.max(0, first.totalBytes - FOOTER_BYTES));
      const blob = { name, storedBytes: first.totalBytes };
      for await (const bytes of withoutFooter(blob, this.#receive(name, first, signal), transfer)) {
        yield bytes;
        signal.throwIfAborted();
      }
    } finally {
      reading.abort(new Error('the reading has ended'));
      limit.stop();
    }
  }

  async stat(name: string, options: DepotOptions = {}): Promise<BlobStat> {
    checkBlobName(name);
    return this.#within(`looking up blob \`${name}\``, options, async (signal) => {
      const key = this.#key(name);
      const head = await this.#bucket.head(key, signal);
      if (head === undefined) throw blobNotFound(name);
      const { sizeBytes: storedBytes, etag } = head;
      if (storedBytes < FOOTER_BYTES) throw corruptBlob(name, `it has only ${storedBytes} bytes`);
      // not `bytes=-48`: some servers get that wrong
      const range = `bytes=${storedBytes - FOOTER_BYTES}-${storedBytes - 1}`;
      const footer = await this.#bucket.get(key, { range, etag, signal });
      if (footer === undefined) throw blobNotFound(name);
      const pieces: Uint8Array[] = [];
      for await (const piece of footer.body) pieces.push(piece);
      return decodeFooter(name, Buffer.concat(pieces), storedBytes);
    });
  }

  async list(prefix: string, options: DepotOptions = {}): Promise<readonly string[]> {
    checkBlobPrefix(prefix);
    return this.#within('listing blobs', options, async (signal) => {
      const names: string[] = [];
      for await (const key of this.#bucket.keys(`${this.#prefix}${prefix}`, signal)) {
        const name = key.slice(this.#prefix.length);
        if (isBlobName(name)) names.push(name);
      }
      return names.sort();
    });
  }

  async delete(name: string, options: DepotOptions = {}): Promise<void> {
    checkBlobName(name);
    await this.#within(`deleting blob \`${name}\``, options, async (signal) =>
      this.#bucket.remove(this.#key(name), signal),
    );
  }

  async sweep(minAgeMs: number, options: DepotOptions = {}): Promise<number> {
    return this.#within('sweeping the depot', options, async (signal) => {
      let removed = 0;
      for await (const { key, id, begunMs } of this.#bucket.openUploads(this.#prefix, signal)) {
        if (this.#env.clock.wallMs() - begunMs < minAgeMs) continue;
        await this.#bucket.abortParts(key, id, signal);
        removed += 1;
      }
      return removed;
    });
  }

  async close(): Promise<void> {
    this.#bucket.close();
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  #within<T>(what: string, options: DepotOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return within({ clock: this.#env.clock, what, options }, work);
  }

  /** Stores what fits into one part in one request, and more than that in parts. */
  async #store(
    name: string,
    from: { pieces: AsyncGenerator<Uint8Array>; partBytes: number; transfer: Transfer; signal: AbortSignal },
  ): Promise<void> {
    const { pieces, partBytes, transfer, signal } = from;
    const upload = this.#env.random.id();
    const first = await pieces.next();
    if (first.done === true) throw new Error('a blob has a footer at least');
    if (first.value.length < partBytes) {
      const { value } = first;
      await this.#commit(name, upload, signal, (late) =>
        this.#bucket.put(this.#key(name), value, { upload, onlyNew: this.#onlyNew, signal: late }),
      );
      transfer.report(transfer.sizeBytes);
      return;
    }
    const report = (bytes: number): void => transfer.report(Math.min(bytes, transfer.sizeBytes));
    const parts = await PartUpload.begin(this.#bucket, this.#key(name), { upload, signal, onStored: report });
    try {
      await parts.add(first.value);
      for await (const piece of pieces) await parts.add(piece);
      await parts.finish();
      await this.#commit(name, upload, signal, (late) => parts.complete(this.#onlyNew, late));
    } catch (error) {
      await this.#drop(error, parts);
      throw error;
    }
  }

  /** The last step, which no abort interrupts any more: makes the object, and finds out whether it was made. */
  async #commit(
    name: string,
    upload: string,
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<CreateOutcome>,
  ): Promise<void> {
    signal.throwIfAborted();
    await this.#within(`completing blob \`${name}\``, { withinMs: COMMIT_MS }, async (late) => {
      const outcome = await this.#untilDecided(late, request);
      if (outcome === 'created') return;
      const owner = await this.#ownerOf(name, late);
      if (owner === upload) return;
      if (outcome === 'exists' && owner !== undefined) throw blobExists(name);
      if (outcome instanceof CoppiceError && outcome.code !== 'DISCONNECTED') throw outcome;
      const message = `it was not learned whether blob \`${name}\` is stored`;
      throw new CoppiceError('OUTCOME_UNKNOWN', message, { cause: outcome });
    });
  }

  /** Repeats a request while another one for the same key is under way. An error is a result, too. */
  async #untilDecided(
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<CreateOutcome>,
  ): Promise<CreateOutcome | CoppiceError> {
    for (let tries = 1; ; tries += 1) {
      try {
        const outcome = await request(signal);
        if (outcome !== 'busy' || tries === BUSY_TRIES) return outcome;
      } catch (error) {
        if (error instanceof CoppiceError) return error;
        throw error;
      }
      await pause(this.#env.clock, BUSY_MS * (0.5 + this.#env.random.next()), signal);
    }
  }

  /** The upload that made the object of a name; undefined if there is none, or it cannot be learned. */
  async #ownerOf(name: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.#bucket.head(this.#key(name), signal))?.upload;
    } catch (error) {
      if (error instanceof CoppiceError && error.code === 'DISCONNECTED') return undefined;
      throw error;
    }
  }

  /** Removes the parts of an upload that failed. What cannot be removed now is left to `sweep`. */
  async #drop(error: unknown, parts: PartUpload): Promise<void> {
    await parts.stop();
    if (error instanceof CoppiceError && error.code === 'OUTCOME_UNKNOWN') return;
    const what = 'dropping an upload';
    try {
      await this.#within(what, { withinMs: CLEAN_UP_MS }, async (signal) => parts.drop(signal));
    } catch (cause) {
      if (!(cause instanceof CoppiceError)) throw cause;
    }
  }

  /** The object's bytes; where the connection breaks, the rest of the very same object is asked for. */
  async *#receive(
    name: string,
    first: { body: AsyncIterable<Uint8Array>; totalBytes: number; etag: string },
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    let seen = 0;
    let { body } = first;
    for (let triesLeft = READ_TRIES; ; triesLeft -= 1) {
      try {
        for await (const piece of body) {
          seen += piece.length;
          triesLeft = READ_TRIES;
          yield piece;
        }
        if (seen >= first.totalBytes) return;
      } catch (error) {
        signal.throwIfAborted();
        if (triesLeft === 0) throw new CoppiceError('DISCONNECTED', `blob \`${name}\` breaks off`, { cause: error });
      }
      if (triesLeft === 0) throw corruptBlob(name, `only ${seen} of ${first.totalBytes} bytes came`);
      const rest = await this.#bucket.get(this.#key(name), { range: `bytes=${seen}-`, etag: first.etag, signal });
      if (rest === undefined) throw blobNotFound(name);
      body = rest.body;
    }
  }
}

/** An upload to S3 in parts, several of them under way at once, held in memory until they are stored. */
import { CoppiceError } from '../../errors.ts';
import { manyListeners } from '../transfer.ts';
import type { CreateOutcome, S3Bucket, S3Part } from './s3-bucket.ts';

/** What an upload is told. */
export type PartUploadOptions = {
  /** Token of the upload, for the object's metadata. */
  readonly upload: string;
  readonly signal: AbortSignal;
  /** Told how many bytes are stored by now. */
  readonly onStored: (storedBytes: number) => void;
};

const WINDOW_PARTS = 4;
const MAX_PARTS = 10_000;

/** One upload. */
export class PartUpload {
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #id: string;
  readonly #options: PartUploadOptions;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #underWay: { readonly stored: Promise<S3Part>; readonly sizeBytes: number }[] = [];
  readonly #parts: S3Part[] = [];
  #count = 0;
  #storedBytes = 0;

  private constructor(bucket: S3Bucket, key: string, id: string, options: PartUploadOptions) {
    this.#bucket = bucket;
    this.#key = key;
    this.#id = id;
    this.#options = options;
    this.#signal = manyListeners(AbortSignal.any([options.signal, this.#stopping.signal]));
  }

  /** Begins an upload. */
  static async begin(bucket: S3Bucket, key: string, options: PartUploadOptions): Promise<PartUpload> {
    const id = await bucket.beginParts(key, options.upload, options.signal);
    return new PartUpload(bucket, key, id, options);
  }

  /** Takes the next part, of 5 MiB at least unless it is the last; resolves when there is room for another. */
  async add(body: Uint8Array): Promise<void> {
    this.#count += 1;
    if (this.#count > MAX_PARTS)
      throw new CoppiceError('PAYLOAD_TOO_LARGE', `\`${this.#key}\` needs more than ${MAX_PARTS} parts`);
    const stored = this.#bucket.putPart(this.#key, this.#id, { number: this.#count, body, signal: this.#signal });
    stored.catch(() => {}); // #settleOldest hears of it
    this.#underWay.push({ stored, sizeBytes: body.length });
    if (this.#underWay.length >= WINDOW_PARTS) await this.#settleOldest();
  }

  /** Resolves when all parts are stored. */
  async finish(): Promise<void> {
    while (this.#underWay.length > 0) await this.#settleOldest();
  }

  /** Makes the object, if `onlyNew` is set only where there is none. */
  complete(onlyNew: boolean, signal: AbortSignal): Promise<CreateOutcome> {
    return this.#bucket.endParts(this.#key, this.#id, { parts: this.#parts, onlyNew, signal });
  }

  /** Sends nothing more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the upload was given up'));
    await Promise.allSettled(this.#underWay.map(({ stored }) => stored));
  }

  /** Has S3 forget the parts. */
  async drop(signal: AbortSignal): Promise<void> {
    await this.#bucket.abortParts(this.#key, this.#id, signal);
  }

  async #settleOldest(): Promise<void> {
    const [oldest] = this.#underWay;
    if (oldest === undefined) return;
    this.#parts.push(await oldest.stored);
    this.#underWay.shift();
    this.#storedBytes += oldest.sizeBytes;
    this.#options.onStored(this.#storedBytes);
  }
}

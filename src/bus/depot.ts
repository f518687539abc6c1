/**
 * The depot: where checkpoints and snapshots live, as immutable blobs under names. A blob is there as a whole or not
 * at all, is never replaced, and is checked by its SHA-256 whenever it is read. Over a JetStream object store
 * (`bus/nats`), a shared folder (`bus/folder`) or S3 (`bus/s3`).
 */
import { CoppiceError } from '../errors.ts';
import type { Closeable } from './bus.ts';

/**
 * The bytes of a blob, in one piece or in pieces of any size. What is handed over must not be changed afterwards: it
 * is sent as it is, not copied.
 */
export type BlobSource = Uint8Array | AsyncIterable<Uint8Array>;

/** What is known of a blob without reading it. `sha256` is of its bytes, as 64 hexadecimal digits in lower case. */
export type BlobStat = { readonly name: string; readonly sizeBytes: number; readonly sha256: string };

/** How far a transfer has come; `totalBytes` is undefined where the source does not tell its length. */
export type TransferProgress = { readonly doneBytes: number; readonly totalBytes: number | undefined };

/** Bounds of any operation. Beyond `withinMs` it fails with `DEADLINE_EXCEEDED`; aborted, with the signal's reason. */
export type DepotOptions = { readonly signal?: AbortSignal; readonly withinMs?: number };

/** Bounds of a transfer, and who hears of its progress. */
export type TransferOptions = DepotOptions & {
  /** A larger blob fails with `PAYLOAD_TOO_LARGE`; unlimited unless given. */
  readonly maxBytes?: number;
  /** Called as bytes are stored or handed out. */
  readonly onProgress?: (progress: TransferProgress) => void;
};

/**
 * A depot. Every operation may also fail with `DISCONNECTED` where a server is asked and cannot be reached, and with
 * `INVALID_NAME`.
 */
export interface Depot extends Closeable {
  /**
   * Stores a blob under a name that is free. Nothing is to be seen of it before it is complete and durable; of several
   * writers of one name exactly one succeeds. An abort that comes when all bytes are stored is too late, and ignored.
   *
   * @throws CoppiceError `CONFLICT` if the name is taken, `PAYLOAD_TOO_LARGE`, `STORAGE_FULL`, `DEADLINE_EXCEEDED`,
   *   `OUTCOME_UNKNOWN` if the very last step was not answered, `CORRUPT_BLOB` if bytes were removed under the upload;
   *   what the source throws; the signal's reason.
   */
  put(name: string, source: BlobSource, options?: TransferOptions): Promise<BlobStat>;
  /**
   * Reads a blob. Pieces belong to the reader. They are to be trusted only once the iteration has ended without an
   * error, since the checksum is of the whole.
   *
   * @throws CoppiceError (from the iteration) `NOT_FOUND`, `CORRUPT_BLOB` if bytes are missing, too many or wrong,
   *   `PAYLOAD_TOO_LARGE`, `DEADLINE_EXCEEDED`.
   */
  get(name: string, options?: TransferOptions): AsyncIterable<Uint8Array>;
  /** Tells size and checksum as they were when the blob was stored. Throws `NOT_FOUND`, `CORRUPT_BLOB`. */
  stat(name: string, options?: DepotOptions): Promise<BlobStat>;
  /** The names that begin with `prefix` (`''`: all), in the order of their character codes. */
  list(prefix: string, options?: DepotOptions): Promise<readonly string[]>;
  /** Removes a blob; harmless if there is none. Its name is free again: never to reuse one is up to the caller. */
  delete(name: string, options?: DepotOptions): Promise<void>;
  /**
   * Removes what uploads that died have left: nothing that can be read, but it takes space.
   *
   * @param minAgeMs What has been touched within this time is left alone: an upload may be under way. An hour is
   *   plenty.
   * @returns How many uploads were cleared away.
   */
  sweep(minAgeMs: number, options?: DepotOptions): Promise<number>;
}

const MAX_NAME = 512;
const MAX_STEP = 200;
const LETTERS = /^[A-Za-z0-9_=@.\-/]*$/;

/**
 * Checks the name of a blob: steps of `A-Z a-z 0-9 _ = @ . -`, separated by `/`, none empty, `.` or `..`; at most 200
 * characters each and 512 in all. Throws CoppiceError `INVALID_NAME`.
 */
export function checkBlobName(name: string): void {
  const reason = faultOf(name);
  if (reason === undefined) return;
  throw new CoppiceError('INVALID_NAME', `invalid blob name \`${name.slice(0, MAX_NAME)}\`: ${reason}`);
}

/** Whether something that lies in a depot's place can be one of its blobs; others may have put things there, too. */
export function isBlobName(name: string): boolean {
  return faultOf(name) === undefined;
}

/** Checks a prefix of names, which may be empty or end anywhere. Throws CoppiceError `INVALID_NAME`. */
export function checkBlobPrefix(prefix: string): void {
  if (LETTERS.test(prefix) && prefix.length <= MAX_NAME) return;
  throw new CoppiceError('INVALID_NAME', `no blob name begins with \`${prefix.slice(0, MAX_NAME)}\``);
}

/** The error for a name that nothing is stored under. */
export function blobNotFound(name: string): CoppiceError {
  return new CoppiceError('NOT_FOUND', `there is no blob \`${name}\``, { details: { blob: name } });
}

/** The error for a name that is taken. */
export function blobExists(name: string): CoppiceError {
  return new CoppiceError('CONFLICT', `there is a blob \`${name}\` already`, { details: { blob: name } });
}

/** The error for a blob that is not what was stored. */
export function corruptBlob(name: string, reason: string): CoppiceError {
  return new CoppiceError('CORRUPT_BLOB', `blob \`${name}\` is damaged: ${reason}`, { details: { blob: name } });
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > MAX_NAME) return `it is longer than ${MAX_NAME} characters`;
  if (!LETTERS.test(name)) return 'only A-Z a-z 0-9 _ = @ . - and / may stand in it';
  const steps = name.split('/');
  if (steps.includes('')) return 'a step of it is empty';
  if (steps.some((step) => step === '.' || step === '..')) return '`.` and `..` are no steps';
  if (steps.some((step) => step.length > MAX_STEP)) return `a step is longer than ${MAX_STEP} characters`;
  return undefined;
}

/**
 * How a JetStream Object Store lies in its stream (ADR-20 of NATS), so that the NATS client and `nats object` can read
 * what the depot writes, and the depot what they write: a subject of chunks per upload, and one message per name with
 * what is known of the object.
 */
import { CoppiceError } from '../../errors.ts';
import { corruptBlob } from '../depot.ts';
import { isRecord, numberAt } from './api.ts';
import { JS_HEADERS, type StoredMessage } from './stream.ts';

/** What the last message of a name says of an object. */
export type ObjectMeta = {
  readonly name: string;
  /** Token of the upload: its chunks lie on `chunkSubject(bucket, upload)`. */
  readonly upload: string;
  readonly sizeBytes: number;
  readonly chunks: number;
  /** SHA-256 of the bytes. */
  readonly digest: Uint8Array;
};

const BUCKET = /^[A-Za-z0-9_-]{1,64}$/;
const DIGEST_TYPE = 'SHA-256=';
const DUPLICATE_WINDOW_NS = 120_000_000_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Name of the stream of a bucket. Throws CoppiceError `INVALID_NAME`. */
export function objectStream(bucket: string): string {
  if (BUCKET.test(bucket)) return `OBJ_${bucket}`;
  throw new CoppiceError('INVALID_NAME', `invalid bucket \`${bucket}\`: 1 to 64 of A-Z a-z 0-9 _ and -`);
}

/** Subject of the chunks of an upload; `*` as the upload makes a pattern. */
export function chunkSubject(bucket: string, upload: string): string {
  return `$O.${bucket}.C.${upload}`;
}

/** Subject of what is known of an object. */
export function metaSubject(bucket: string, name: string): string {
  return `$O.${bucket}.M.${Buffer.from(name).toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
}

/** Pattern of all subjects of `metaSubject`. */
export function metaSubjects(bucket: string): string {
  return `$O.${bucket}.M.>`;
}

/** The name in a subject of `metaSubject`. */
export function nameInSubject(subject: string): string {
  return Buffer.from(lastToken(subject), 'base64url').toString('utf8');
}

/** The last token of a subject. */
export function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** Configuration of a bucket's stream, as the NATS client makes it. */
export function objectStreamConfig(bucket: string, replicas: number): Readonly<Record<string, unknown>> {
  return {
    subjects: [chunkSubject(bucket, '>'), metaSubjects(bucket)],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_age: 0,
    max_bytes: -1,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_consumers: -1,
    duplicate_window: DUPLICATE_WINDOW_NS,
    deny_delete: false,
    deny_purge: false,
    allow_direct: true,
    allow_rollup_hdrs: true,
    num_replicas: replicas,
  };
}

/** Writes what is known of an object. `modified` is in ISO 8601. */
export function encodeMeta(
  bucket: string,
  meta: ObjectMeta,
  stored: { chunkBytes: number; modified: string },
): Uint8Array {
  const info = {
    name: meta.name,
    description: '',
    options: { max_chunk_size: stored.chunkBytes },
    bucket,
    nuid: meta.upload,
    size: meta.sizeBytes,
    chunks: meta.chunks,
    mtime: stored.modified,
    digest: `${DIGEST_TYPE}${Buffer.from(meta.digest).toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`,
    deleted: false,
  };
  return encoder.encode(JSON.stringify(info));
}

/**
 * Reads what is known of an object; undefined if the client marked it as deleted.
 *
 * @throws CoppiceError `CORRUPT_BLOB` if it makes no sense, `UNSUPPORTED_FORMAT` if it is a link to another object.
 */
export function decodeMeta(name: string, message: StoredMessage): ObjectMeta | undefined {
  const info = parseInfo(name, message.data);
  if (info['deleted'] === true) return undefined;
  const { options, nuid, digest } = info;
  if (isRecord(options) && isRecord(options['link']))
    throw new CoppiceError('UNSUPPORTED_FORMAT', `object \`${name}\` is a link, which the depot does not follow`);
  if (typeof nuid !== 'string' || nuid === '' || /[\s.*>]/.test(nuid)) throw corruptBlob(name, 'it names no chunks');
  if (typeof digest !== 'string' || !digest.startsWith(DIGEST_TYPE)) throw corruptBlob(name, 'it has no checksum');
  return {
    name,
    upload: nuid,
    sizeBytes: numberAt(info, 'size'),
    chunks: numberAt(info, 'chunks'),
    digest: Buffer.from(digest.slice(DIGEST_TYPE.length), 'base64url'),
  };
}

/** The `Nats-Msg-Id` of a chunk: never used twice for different places in the stream. */
export function chunkHeaders(
  upload: string,
  stream: string,
  chunk: { index: number; tries: number },
): Record<string, string> {
  return {
    [JS_HEADERS.messageId]: `${upload}.${chunk.index}.${chunk.tries}`,
    [JS_HEADERS.expectedStream]: stream,
  };
}

function parseInfo(name: string, data: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const info: unknown = JSON.parse(decoder.decode(data));
    if (isRecord(info)) return info;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw corruptBlob(name, 'what is known of it cannot be read');
}

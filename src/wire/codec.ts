/**
 * Bytes to values and back: MessagePack or JSON. `Content-Type` says which; without it the first byte tells, since
 * what begins with printable ASCII is no MessagePack map or array. Limits on decoding are explicit.
 */
import { Decoder, Encoder } from '@msgpack/msgpack';
import { CoppiceError } from '../errors.ts';

/** How a payload is encoded. */
export type Encoding = 'json' | 'msgpack';

/** Header names; NATS treats them as case-sensitive. */
export const HEADERS = {
  contentType: 'Content-Type',
  deadlineMs: 'Coppice-Deadline-Ms',
  serviceError: 'Nats-Service-Error',
  serviceErrorCode: 'Nats-Service-Error-Code',
  /** Set by a requester that can take an answer in parts. */
  parts: 'Coppice-Parts',
  /** Which part of an answer a message is: `2/5`. */
  part: 'Coppice-Part',
  /** Of a call: the token of a write that the answer must have seen, as JSON. */
  after: 'Coppice-After',
  traceparent: 'traceparent',
} as const;

/** Content types written. */
export const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  msgpack: 'application/msgpack',
};

const SPACE = 0x20;
const MAX_DEPTH = 128;
const encoder = new Encoder({ ignoreUndefined: true, maxDepth: MAX_DEPTH });
const utf8 = new TextDecoder('utf-8', { fatal: true });
const toUtf8 = new TextEncoder();

/**
 * Encodes a value. Keys whose value is `undefined` are left out; typed byte arrays stay bytes in MessagePack.
 *
 * @throws CoppiceError `PARSING_FAILED` if it nests too deep for MessagePack: a body that was just within the limit when
 * it came, and has been wrapped since.
 */
export function encode(value: unknown, encoding: Encoding): Uint8Array {
  if (encoding === 'json') return toUtf8.encode(JSON.stringify(value ?? null));
  try {
    return encoder.encode(value);
  } catch (error) {
    // The encoder counts a number or a text as a level of its own, and says how deep it got in words only.
    checkDepth(value, MAX_DEPTH - 1);
    throw error;
  }
}

/**
 * Tells how a payload is encoded.
 *
 * @throws CoppiceError `BAD_REQUEST` if the content type is neither JSON nor MessagePack.
 */
export function encodingOf(data: Uint8Array, contentType?: string): Encoding {
  if (contentType === undefined || contentType === '') {
    return isText(data[0] ?? SPACE) ? 'json' : 'msgpack';
  }
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  if (type === 'application/msgpack' || type === 'application/vnd.msgpack' || type === 'application/x-msgpack')
    return 'msgpack';
  throw new CoppiceError(
    'BAD_REQUEST',
    `content type \`${contentType}\` is not known: use application/json or application/msgpack`,
  );
}

/**
 * Decodes a payload. An empty one is `undefined`.
 *
 * @throws CoppiceError `PARSING_FAILED` if the bytes are not one whole value of that encoding, or nest deeper than 128.
 */
export function decode(data: Uint8Array, encoding: Encoding): unknown {
  if (data.length === 0) return undefined;
  try {
    const value = encoding === 'json' ? (JSON.parse(utf8.decode(data)) as unknown) : decodeMsgpack(data);
    checkDepth(value, MAX_DEPTH);
    return value;
  } catch (error) {
    if (error instanceof CoppiceError) throw error;
    const name = encoding === 'json' ? 'JSON' : 'MessagePack';
    throw new CoppiceError('PARSING_FAILED', `malformed ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Printable ASCII and white space: JSON, or a text that is neither and is told so in JSON. */
function isText(byte: number): boolean {
  return (byte >= SPACE && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function decodeMsgpack(data: Uint8Array): unknown {
  const limit = data.length;
  const decoder = new Decoder({
    maxStrLength: limit,
    maxBinLength: limit,
    maxArrayLength: limit,
    maxMapLength: limit,
    maxExtLength: limit,
  });
  // A Buffer's `slice` shares memory where a Uint8Array's copies: byte strings come out as the latter.
  return decoder.decode(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Goes into what may nest only: most of a payload is text and numbers. */
function checkDepth(value: unknown, left: number): void {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return;
  if (left === 0) throw new CoppiceError('PARSING_FAILED', `nested deeper than ${MAX_DEPTH} levels`);
  for (const child of Array.isArray(value) ? value : Object.values(value))
    if (typeof child === 'object') checkDepth(child, left - 1);
}

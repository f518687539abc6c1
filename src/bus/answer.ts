/**
 * How an answer looks on the wire, for both sides: a value with its content type, or an error as
 * `{code, message, details}` with the service error headers, which tell the two apart.
 */
import { CoppiceError, ERRORS, errorFromWire } from '../errors.ts';
import { CONTENT_TYPES, decode, type Encoding, encodingOf, HEADERS } from '../wire/codec.ts';
import type { BusHeaders, BusMessage } from './bus.ts';

const MAX_HEADER_LENGTH = 500;
const FIRST_BEYOND_ASCII = 0x80;
const CODES_BY_TYPE = new Map(Object.entries(ERRORS).map(([code, traits]) => [traits.type as string, code]));
const OK_HEADERS: Readonly<Record<Encoding, BusHeaders>> = {
  json: { [HEADERS.contentType]: CONTENT_TYPES.json },
  msgpack: { [HEADERS.contentType]: CONTENT_TYPES.msgpack },
};

/** Headers of an answer that is a value. Always the same object for an encoding. */
export function valueHeaders(encoding: Encoding): BusHeaders {
  return OK_HEADERS[encoding];
}

/**
 * Whether a payload is MessagePack beyond doubt. Between our own processes it then goes without a content type, and
 * an answer without any header need not be parsed for any.
 */
export function tellsItsEncoding(data: Uint8Array): boolean {
  return (data[0] ?? 0) >= FIRST_BEYOND_ASCII;
}

/** Headers of an answer that is an error. */
export function errorHeaders(error: CoppiceError, encoding: Encoding): BusHeaders {
  return {
    [HEADERS.contentType]: CONTENT_TYPES[encoding],
    [HEADERS.serviceError]: headerText(error.message),
    [HEADERS.serviceErrorCode]: String(error.status),
  };
}

/**
 * Reads an answer.
 *
 * @param data The payload: that of the message, or of all its parts together.
 * @throws CoppiceError The error that was answered, `NO_RESPONDERS` if nobody serves the subject, or `PARSING_FAILED`.
 */
export function readAnswer(message: BusMessage, data: Uint8Array, subject: string): unknown {
  if (message.noResponders) throw noResponders(subject);
  const status = message.header(HEADERS.serviceErrorCode);
  const encoding = encodingOf(data, message.header(HEADERS.contentType));
  if (status === undefined) return decode(data, encoding);
  throw answeredError(message, decodedOrNothing(data, encoding));
}

/** The error of a request to a subject that nobody serves. */
export function noResponders(subject: string): CoppiceError {
  return new CoppiceError('NO_RESPONDERS', `nobody answers on \`${subject}\``, { details: { subject } });
}

/** Makes a text fit for a header: one line, printable, at most 500 characters. */
export function headerText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  return line.length <= MAX_HEADER_LENGTH ? line : `${line.slice(0, MAX_HEADER_LENGTH)}…`;
}

function answeredError(message: BusMessage, body: unknown): CoppiceError {
  const text = message.header(HEADERS.serviceError) ?? 'error without a message';
  if (!isRecord(body)) return new CoppiceError('INTERNAL', text);
  if (typeof body['code'] === 'string') {
    const details = isRecord(body['details']) ? { details: body['details'] } : {};
    return errorFromWire({
      code: body['code'],
      message: typeof body['message'] === 'string' ? body['message'] : text,
      ...details,
    });
  }
  return publicError(body['error'], text);
}

/** An error in the shape of the public API: `{error: {type, reason}}`. */
function publicError(error: unknown, text: string): CoppiceError {
  if (!isRecord(error)) return new CoppiceError('INTERNAL', text);
  const code = CODES_BY_TYPE.get(String(error['type'])) ?? 'INTERNAL';
  return errorFromWire({ code, message: typeof error['reason'] === 'string' ? error['reason'] : text, details: error });
}

function decodedOrNothing(data: Uint8Array, encoding: Encoding): unknown {
  try {
    return decode(data, encoding);
  } catch {
    return undefined; // a foreign service may put plain text beside its error headers; the headers tell enough
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How a registry entry lies in its stream: JSON, or a marker that the key was deleted or has expired. */
import { CoppiceError } from '../../errors.ts';

/** Headers that mark a deletion: the client's and the server's. */
export const MARKERS = { operation: 'KV-Operation', reason: 'Nats-Marker-Reason' } as const;

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** A stored message, as far as it matters here. */
export type StoredEntry = { readonly data: Uint8Array; header(name: string): string | undefined };

/**
 * The value of an entry; undefined if the message says that the key is gone.
 *
 * @throws CoppiceError `UNSUPPORTED_FORMAT` if it is no JSON.
 */
export function presentValue(key: string, entry: StoredEntry): unknown {
  const gone =
    entry.data.length === 0 ||
    entry.header(MARKERS.reason) !== undefined ||
    entry.header(MARKERS.operation) !== undefined;
  if (gone && entry.header(MARKERS.operation) !== 'PUT') return undefined;
  try {
    return JSON.parse(decoder.decode(entry.data));
  } catch (error) {
    throw new CoppiceError('UNSUPPORTED_FORMAT', `registry entry \`${key}\` is no JSON`, { cause: error });
  }
}

/** Bytes of a value. `undefined` cannot be stored. */
export function entryBytes(key: string, value: unknown): Uint8Array {
  if (value === undefined) throw new CoppiceError('BAD_REQUEST', `registry entry \`${key}\` has no value`);
  return encoder.encode(JSON.stringify(value));
}

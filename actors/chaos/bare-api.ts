/**
 * Coppice's public API as a foreign service sees it: subjects, bytes and headers over plain NATS, in JSON or MessagePack,
 * without a line of Coppice's client.
 */
import { decode, encode } from '@msgpack/msgpack';
import { headers, type MsgHdrs, type NatsConnection, NatsError } from 'nats';

/** How bodies are written. */
export type BareEncoding = 'json' | 'msgpack';

/**
 * How a request ended. `isRefused` says that it was certainly not carried out; any other failure leaves that open.
 * `code` is the type of the error, or what NATS said.
 */
export type BareReply =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly code: string; readonly isRefused: boolean; readonly reason: string };

/** What is asked. */
export type BareRequest = {
  readonly action: string;
  /** An index, or `_`. */
  readonly index: string;
  readonly body: unknown;
  readonly encoding?: BareEncoding;
  /** The budget that the request carries, in milliseconds. */
  readonly deadlineMs: number;
};

/** Errors which say that the write was not and will not be applied. */
const REFUSALS: ReadonlySet<string> = new Set([
  'version_conflict_engine_exception',
  'no_shard_available_action_exception',
]);
/** A caller waits so much longer than its budget, to hear that it is over. */
const GRACE_MS = 500;
const NO_RESPONDERS = '503';

/** Sends one request. Never rejects. */
export async function askBare(nats: NatsConnection, cluster: string, request: BareRequest): Promise<BareReply> {
  const { action, index, body, encoding = 'json', deadlineMs } = request;
  const subject = `${cluster}.api.${action}.${index}`;
  const data = encoding === 'json' ? new TextEncoder().encode(JSON.stringify(body)) : encode(body);
  try {
    const message = await nats.request(subject, data, {
      timeout: deadlineMs + GRACE_MS,
      headers: headersOf(encoding, deadlineMs),
    });
    return read(message.data, encoding);
  } catch (error) {
    if (!(error instanceof NatsError)) throw error;
    return { ok: false, code: error.code, isRefused: error.code === NO_RESPONDERS, reason: error.message };
  }
}

function headersOf(encoding: BareEncoding, deadlineMs: number): MsgHdrs {
  const sent = headers();
  sent.set('Content-Type', encoding === 'json' ? 'application/json' : 'application/msgpack');
  sent.set('Coppice-Deadline-Ms', String(deadlineMs));
  return sent;
}

function read(data: Uint8Array, encoding: BareEncoding): BareReply {
  const body: unknown = encoding === 'json' ? JSON.parse(new TextDecoder().decode(data)) : decode(data);
  const error = fieldOf(body, 'error');
  if (error === undefined) return { ok: true, body };
  const code = String(fieldOf(error, 'type'));
  return { ok: false, code, isRefused: REFUSALS.has(code), reason: String(fieldOf(error, 'reason')) };
}

/** A field of something decoded; undefined if it is not there. */
function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

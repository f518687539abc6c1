/**
 * Requests to JetStream's API: JSON in and out, short timeouts with retries of our own, and errors with their
 * numbers. Everything asked here may be asked again.
 */
import { Deadline, type Env, pause } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import type { BusHeaders } from '../bus.ts';
import type { ConnectionLink } from '../connection-link.ts';
import type { JetStreamChannel } from './channel.ts';

/** Numbers of JetStream's errors that we act upon. */
export const JS_ERRORS = {
  notClustered: 10074,
  noSuitablePeers: 10005,
  accountStorageExceeded: 10002,
  accountWithoutJetStream: 10039,
  consumerNotFound: 10014,
  insufficientResources: 10023,
  messageNotFound: 10037,
  messageTooLarge: 10054,
  notEnabled: 10076,
  otherStreamExpected: 10060,
  sequenceInFlight: 10164,
  storageExceeded: 10047,
  storeFailed: 10077,
  streamNameInUse: 10058,
  streamNotFound: 10059,
  unavailable: 10008,
  wrongLastSequence: 10071,
} as const;

/** How long one try may take, in milliseconds. */
export const TRY_MS = 1_000;

/** How long an API call is tried again unless told otherwise, in milliseconds: longer than an election takes. */
export const CALL_MS = 10_000;

const RETRY_MS = 100;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** An answer of JetStream: an error with its number, or the fields of a result. */
export type ApiAnswer =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly code: number; readonly description: string };

/** JetStream's API over one connection. */
export class JetStreamApi {
  readonly channel: JetStreamChannel;
  readonly link: ConnectionLink;
  readonly env: Env;

  constructor(channel: JetStreamChannel, link: ConnectionLink, env: Env) {
    this.channel = channel;
    this.link = link;
    this.env = env;
  }

  /**
   * Asks until an answer comes.
   *
   * @param subject Without the prefix `$JS.API.`.
   * @throws CoppiceError `DISCONNECTED` when no answer came in time, `PREFLIGHT_FAILED` when it is forbidden, or the
   *   signal's reason.
   */
  async call(
    subject: string,
    body: unknown,
    options: { withinMs?: number; signal?: AbortSignal } = {},
  ): Promise<ApiAnswer> {
    const deadline = new Deadline(this.env.clock, options.withinMs ?? CALL_MS);
    for (;;) {
      const answer = await this.tryOnce(subject, body, options.signal);
      if (answer !== undefined) return answer;
      if (deadline.expired()) throw new CoppiceError('DISCONNECTED', `JetStream does not answer \`${subject}\``);
      await pause(this.env.clock, RETRY_MS * (0.5 + this.env.random.next()), options.signal);
    }
  }

  /** Asks once; undefined if the answer is not to be had now: no link, no answer in time, or JetStream not ready. */
  async tryOnce(subject: string, body: unknown, signal?: AbortSignal): Promise<ApiAnswer | undefined> {
    signal?.throwIfAborted();
    if (this.link.closed) throw new CoppiceError('DISCONNECTED', 'the connection to NATS is closed');
    if (!this.link.up) return undefined;
    const payload = body === undefined ? '' : JSON.stringify(body);
    const raw = await this.exchange(`$JS.API.${subject}`, payload, { signal });
    if (raw === undefined) return undefined;
    const answer = parseAnswer(raw);
    return !answer.ok && answer.code === JS_ERRORS.unavailable ? undefined : answer;
  }

  /**
   * Sends one request; undefined if it got no answer, which leaves open whether it was carried out. Waits no longer
   * than the link holds and the signal is not aborted, and at most `timeoutMs`.
   */
  async exchange(
    subject: string,
    payload: string | Uint8Array,
    options: { headers?: BusHeaders; signal?: AbortSignal | undefined; timeoutMs?: number } = {},
  ): Promise<Uint8Array | undefined> {
    const { headers, signal, timeoutMs = TRY_MS } = options;
    const hopeless = this.#hopeless(signal);
    try {
      const data = typeof payload === 'string' ? encoder.encode(payload) : payload;
      const request = headers === undefined ? { timeoutMs } : { timeoutMs, headers };
      return await Promise.race([this.channel.request(subject, data, request), hopeless.promise]);
    } finally {
      hopeless.stop();
    }
  }

  /** Resolves when waiting for a reply has become pointless. */
  #hopeless(signal: AbortSignal | undefined): { promise: Promise<undefined>; stop: () => void } {
    let stop = (): void => {};
    const promise = new Promise<undefined>((resolve) => {
      const giveUp = (): void => resolve(undefined);
      const stopListening = this.link.onChange(giveUp);
      signal?.addEventListener('abort', giveUp, { once: true });
      stop = () => {
        stopListening();
        signal?.removeEventListener('abort', giveUp);
      };
    });
    return { promise, stop };
  }
}

/** The error of something that the NATS user may not do. */
export function forbidden(subject: string, cause: unknown): CoppiceError {
  return new CoppiceError('PREFLIGHT_FAILED', `this NATS user may not use \`${subject}\``, {
    cause,
    details: { subject },
  });
}

/** Reads an answer of JetStream. */
export function parseAnswer(data: Uint8Array): ApiAnswer {
  const value: unknown = JSON.parse(decoder.decode(data));
  if (!isRecord(value)) throw new Error(`unexpected answer of JetStream: ${decoder.decode(data)}`);
  const { error } = value;
  if (!isRecord(error)) return { ok: true, value };
  return { ok: false, code: numberAt(error, 'err_code'), description: String(error['description']) };
}

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number of a record, 0 if it is not there. */
export function numberAt(record: Readonly<Record<string, unknown>>, key: string): number {
  const value = record[key];
  return typeof value === 'number' ? value : 0;
}

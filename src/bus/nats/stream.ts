/**
 * One JetStream stream: reading single messages from its leader, and writes whose outcome is never in doubt. Logs
 * and registries are made of this.
 */

import { pause } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import type { BusHeaders } from '../bus.ts';
import { type ApiAnswer, isRecord, type JetStreamApi, JS_ERRORS, numberAt, parseAnswer } from './api.ts';

/** Headers that JetStream knows. */
export const JS_HEADERS = {
  messageId: 'Nats-Msg-Id',
  expectedStream: 'Nats-Expected-Stream',
  expectedLastSubjectSeq: 'Nats-Expected-Last-Subject-Sequence',
} as const;

/** A message as the stream's leader holds it. */
export type StoredMessage = {
  readonly subject: string;
  readonly seq: number;
  readonly data: Uint8Array;
  /** When it was stored, by the server's clock, in ISO 8601. */
  readonly time: string;
  header(name: string): string | undefined;
};

/** Which message is read: by its sequence, the last of a subject, or the first of a subject from a sequence on. */
export type MessagePlace =
  | { readonly seq: number }
  | { readonly last_by_subj: string }
  | { readonly seq: number; readonly next_by_subj: string };

/** A write. `expectedSeq` is the last sequence of the subject that it builds upon; undefined: any. */
export type StreamWrite = {
  readonly subject: string;
  /** Never used before in this stream. */
  readonly id: string;
  readonly data: Uint8Array;
  readonly expectedSeq: number | undefined;
  readonly headers?: BusHeaders;
};

/** How a write ended. */
export type WriteOutcome =
  | { readonly kind: 'stored'; readonly seq: number }
  | { readonly kind: 'fenced'; readonly last: StoredMessage | undefined };

/** What one try told: an outcome, that the subject's last message must be looked at, or that nothing was stored for now. */
type Attempt = WriteOutcome | { readonly kind: 'doubt' } | { readonly kind: 'busy' };

const MIN_WAIT_MS = 5;
const MAX_WAIT_MS = 500;
const LINK_WAIT_MS = 60_000;
const GONE_CONFIRM_MS = 250;

/** A stream by name. */
export class Stream {
  readonly name: string;
  readonly api: JetStreamApi;

  constructor(api: JetStreamApi, name: string) {
    this.api = api;
    this.name = name;
  }

  /** Creates the stream, unless it exists with this or another configuration. */
  async create(config: Readonly<Record<string, unknown>>): Promise<void> {
    const answer = await this.api.call(`STREAM.CREATE.${this.name}`, { ...config, name: this.name });
    if (!answer.ok && answer.code !== JS_ERRORS.streamNameInUse) throw this.refusal('create', answer);
  }

  /** Deletes the stream; harmless if it does not exist. */
  async delete(): Promise<void> {
    const answer = await this.api.call(`STREAM.DELETE.${this.name}`, undefined);
    if (!answer.ok && answer.code !== JS_ERRORS.streamNotFound) throw this.refusal('delete', answer);
  }

  /** Sequence of the newest message of the whole stream. Throws `STALE_GENERATION`, `DISCONNECTED`. */
  async lastSeq(): Promise<number> {
    const { state } = await this.ask(`STREAM.INFO.${this.name}`, undefined);
    return isRecord(state) ? numberAt(state, 'last_seq') : 0;
  }

  /**
   * Reads one message from the leader: a direct get might answer from a server that lags.
   *
   * @throws CoppiceError `STALE_GENERATION` if the stream is gone, `DISCONNECTED` if no answer came within `withinMs`.
   */
  async read(
    which: MessagePlace,
    options: { withinMs?: number; signal?: AbortSignal } = {},
  ): Promise<StoredMessage | undefined> {
    const answer = await this.#ask(`STREAM.MSG.GET.${this.name}`, which, options);
    if (answer.ok) return storedMessage(answer.value['message']);
    if (answer.code === JS_ERRORS.messageNotFound) return undefined;
    throw this.refusal('read from', answer);
  }

  /**
   * Writes a message, and tells for certain whether it is stored.
   *
   * @throws CoppiceError `STALE_GENERATION` if the stream is gone, `PAYLOAD_TOO_LARGE`, `DISCONNECTED` if the
   *   connection was closed; or the signal's reason, which leaves the outcome unknown.
   */
  async write(write: StreamWrite, signal?: AbortSignal): Promise<WriteOutcome> {
    const headers = this.#writeHeaders(write);
    for (let waitMs = MIN_WAIT_MS; ; waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)) {
      await this.#waitForLink(signal);
      const attempt = this.#judge(await this.api.exchange(write.subject, write.data, { headers, signal }), write);
      if (attempt.kind === 'stored' || attempt.kind === 'fenced') return attempt;
      if (attempt.kind === 'busy') await this.#pause(waitMs, signal);
      const outcome = await this.#resolve(write, signal);
      if (outcome !== undefined) return outcome;
      await this.#pause(waitMs, signal);
    }
  }

  /** Asks JetStream about this stream. Throws what `refusal` makes of an error, and `DISCONNECTED`. */
  async ask(
    subject: string,
    body: unknown,
    options: { withinMs?: number; signal?: AbortSignal } = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#ask(subject, body, options);
    if (!answer.ok) throw this.refusal('use', answer);
    return answer.value;
  }

  /** How many copies JetStream keeps of it. Throws `STALE_GENERATION`, `DISCONNECTED`. */
  async replicas(): Promise<number> {
    return numberAt(await this.#config(), 'num_replicas');
  }

  /**
   * Changes how many copies JetStream keeps of it; harmless if it has that many.
   *
   * @throws CoppiceError `PREFLIGHT_FAILED` if there are too few servers, `STALE_GENERATION`, `DISCONNECTED`.
   */
  async setReplicas(replicas: number): Promise<void> {
    const config = await this.#config();
    if (numberAt(config, 'num_replicas') === replicas) return;
    const answer = await this.api.call(`STREAM.UPDATE.${this.name}`, { ...config, num_replicas: replicas });
    if (!answer.ok) throw this.refusal(`keep ${replicas} copies of`, answer);
  }

  async #config(): Promise<Readonly<Record<string, unknown>>> {
    const { config } = await this.ask(`STREAM.INFO.${this.name}`, undefined);
    if (!isRecord(config)) throw new Error(`unexpected answer of JetStream: no configuration of ${this.name}`);
    return config;
  }

  /** The error of a refusal by JetStream. */
  refusal(verb: string, answer: { code: number; description: string }): CoppiceError {
    if (answer.code === JS_ERRORS.notClustered || answer.code === JS_ERRORS.noSuitablePeers) {
      const reason = `cannot ${verb} stream \`${this.name}\`: ${answer.description}`;
      const hint = 'as many nats-servers with JetStream must form a cluster as there shall be stream replicas';
      return new CoppiceError('PREFLIGHT_FAILED', `${reason}; ${hint}`, { details: { jetstream: answer.code } });
    }
    const gone = answer.code === JS_ERRORS.streamNotFound || answer.code === JS_ERRORS.otherStreamExpected;
    const message = `cannot ${verb} stream \`${this.name}\`: ${answer.description} (${answer.code})`;
    return new CoppiceError(gone ? 'STALE_GENERATION' : 'INTERNAL', message, {
      details: { stream: this.name, jetstream: answer.code },
    });
  }

  /** Asks; believes that the stream is gone only when it is told twice, since a server that starts may not know yet. */
  async #ask(subject: string, body: unknown, options: { withinMs?: number; signal?: AbortSignal }): Promise<ApiAnswer> {
    const first = await this.api.call(subject, body, options);
    if (first.ok || first.code !== JS_ERRORS.streamNotFound) return first;
    await this.#pause(GONE_CONFIRM_MS, options.signal);
    return this.api.call(subject, body, options);
  }

  #writeHeaders(write: StreamWrite): BusHeaders {
    const fence =
      write.expectedSeq === undefined ? {} : { [JS_HEADERS.expectedLastSubjectSeq]: String(write.expectedSeq) };
    return { ...write.headers, [JS_HEADERS.messageId]: write.id, [JS_HEADERS.expectedStream]: this.name, ...fence };
  }

  /** What an acknowledgement says. Only a plain acknowledgement is taken at its word. */
  #judge(ack: Uint8Array | undefined, write: StreamWrite): Attempt {
    if (ack === undefined) return { kind: 'doubt' };
    const answer = parseAnswer(ack);
    if (answer.ok) {
      const seq = numberAt(answer.value, 'seq');
      const plain = answer.value['duplicate'] !== true || write.expectedSeq === undefined;
      return plain ? { kind: 'stored', seq } : { kind: 'doubt' };
    }
    if (answer.code === JS_ERRORS.otherStreamExpected) throw this.refusal('write to', answer);
    if (answer.code === JS_ERRORS.messageTooLarge) throw new CoppiceError('PAYLOAD_TOO_LARGE', answer.description);
    return { kind: answer.code === JS_ERRORS.wrongLastSequence ? 'doubt' : 'busy' };
  }

  /** Looks at the subject's last message; undefined: send the identical message again. */
  async #resolve(write: StreamWrite, signal?: AbortSignal): Promise<WriteOutcome | undefined> {
    const last = await this.#lastOf(write.subject, signal);
    if (last?.header(JS_HEADERS.messageId) === write.id) return { kind: 'stored', seq: last.seq };
    if (write.expectedSeq === undefined || (last?.seq ?? 0) === write.expectedSeq) return undefined;
    return { kind: 'fenced', last };
  }

  async #lastOf(subject: string, signal?: AbortSignal): Promise<StoredMessage | undefined> {
    for (;;) {
      await this.#waitForLink(signal);
      try {
        return await this.read({ last_by_subj: subject }, signal === undefined ? {} : { signal });
      } catch (error) {
        if (!(error instanceof CoppiceError) || error.code !== 'DISCONNECTED' || this.api.link.closed) throw error;
      }
    }
  }

  async #waitForLink(signal?: AbortSignal): Promise<void> {
    while (!this.api.link.up) {
      try {
        await this.api.link.whenUp(LINK_WAIT_MS, signal);
      } catch (error) {
        if (signal?.aborted === true || this.api.link.closed) throw error;
      }
    }
    signal?.throwIfAborted();
  }

  async #pause(waitMs: number, signal?: AbortSignal): Promise<void> {
    await pause(this.api.env.clock, waitMs * (0.5 + this.api.env.random.next() / 2), signal);
  }
}

function storedMessage(value: unknown): StoredMessage {
  if (!isRecord(value)) throw new Error('unexpected answer of JetStream: no message');
  const headers = textHeaders(value['hdrs']);
  return {
    subject: String(value['subject']),
    seq: numberAt(value, 'seq'),
    time: String(value['time']),
    data: typeof value['data'] === 'string' ? fromBase64(value['data']) : new Uint8Array(0),
    header: (name) => headers.get(name),
  };
}

function textHeaders(encoded: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (typeof encoded !== 'string') return found;
  for (const line of Buffer.from(encoded, 'base64').toString('utf8').split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) found.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return found;
}

function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

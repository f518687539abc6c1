/**
 * Requests over the bus: a payload in JSON or MessagePack, a deadline that shrinks at every hop, typed errors, and
 * answers of any size. Every hop of a query or a command goes through here.
 */

import { Deadline, type Env } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import { CONTENT_TYPES, type Encoding, encode, HEADERS } from '../wire/codec.ts';
import { readAnswer } from './answer.ts';
import type { Bus, BusHeaders, BusMessage, Closeable } from './bus.ts';
import { PartAssembler } from './parts.ts';
import { Replies, type ReplyToken, type ReplyWaiter } from './replies.ts';
import type { RequestLedger } from './request-ledger.ts';
import { DEFAULT_DEADLINE_MS, type OnFault, Responder, type ResponderOptions } from './responder.ts';

/** How a request is sent. */
export type RequestOptions = {
  /** Budget in milliseconds; 10,000 unless this or `deadline` is given. */
  readonly deadlineMs?: number;
  /** The deadline of the work that this request is part of; goes before `deadlineMs`. */
  readonly deadline?: Deadline;
  readonly signal?: AbortSignal;
  readonly headers?: BusHeaders;
  readonly encoding?: Encoding;
};

/** What a subject is served with. */
export type ServeOptions = ResponderOptions & { readonly subject: string; readonly queue?: string };

/** A served subject. Closing stops taking requests, and resolves when those that run have been answered. */
export interface Server extends Closeable {
  readonly inFlight: number;
}

/** Requests and servers on one bus. */
export class Rpc implements Closeable {
  readonly bus: Bus;
  readonly env: Env;
  /** The shared reply inbox. */
  readonly replies: Replies;
  readonly #onFault: OnFault;
  readonly #ledger: RequestLedger | undefined;
  readonly #servers = new Set<Server>();

  /**
   * @param onFault Told of what handlers throw that is not a CoppiceError; the requester gets `INTERNAL`.
   * @param ledger Where requests are written down while they run.
   */
  constructor(bus: Bus, env: Env, onFault: OnFault, ledger?: RequestLedger) {
    this.bus = bus;
    this.env = env;
    this.#onFault = onFault;
    this.#ledger = ledger;
    this.replies = new Replies(bus);
  }

  /** Serves a subject, in a queue group if one is named. In force after the next `bus.flush`. */
  serve(options: ServeOptions): Server {
    const responder = this.responder(options);
    const queue = options.queue === undefined ? {} : { queue: options.queue };
    const subscription = this.bus.subscribe(options.subject, queue, responder.onMessage);
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      this.#servers.delete(server);
      await subscription.drain();
      await responder.drain();
    };
    const server: Server = {
      get inFlight() {
        return responder.inFlight;
      },
      close: () => (closing ??= close()),
    };
    this.#servers.add(server);
    return server;
  }

  /** Makes the serving side alone, for endpoints of a service; its owner drains it. */
  responder(options: ResponderOptions): Responder {
    return new Responder({ bus: this.bus, env: this.env, onFault: this.#onFault, ledger: this.#ledger }, options);
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws CoppiceError What the other side answered; `NO_RESPONDERS` at once if nobody serves the subject;
   *   `DEADLINE_EXCEEDED`; `CANCELLED` when the signal is aborted; `DISCONNECTED` when the link goes down, which
   *   says nothing about whether the request was carried out; `PAYLOAD_TOO_LARGE`.
   */
  request(subject: string, body: unknown, options: RequestOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      new Call(this, { subject, options, resolve, reject }).start(body);
    });
  }

  /** Headers of a request that is due by `deadline`. */
  requestHeaders(deadline: Deadline, encoding: Encoding, extra?: BusHeaders): BusHeaders {
    const own = {
      [HEADERS.contentType]: CONTENT_TYPES[encoding],
      [HEADERS.deadlineMs]: String(Math.ceil(deadline.remainingMs())),
      [HEADERS.parts]: '1',
    };
    return extra === undefined ? own : { ...own, ...extra };
  }

  /** Drains all servers and stops taking replies. The bus stays open. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.close()));
    this.replies.close();
  }
}

/** One request under way. */
class Call implements ReplyWaiter {
  readonly #rpc: Rpc;
  readonly #subject: string;
  readonly #options: RequestOptions;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: CoppiceError) => void;
  readonly #deadline: Deadline;
  #token: ReplyToken | undefined;
  #cancelTimer: (() => void) | undefined;
  #assembler: PartAssembler | undefined;

  constructor(
    rpc: Rpc,
    call: {
      subject: string;
      options: RequestOptions;
      resolve: (value: unknown) => void;
      reject: (error: CoppiceError) => void;
    },
  ) {
    this.#rpc = rpc;
    this.#subject = call.subject;
    this.#options = call.options;
    this.#resolve = call.resolve;
    this.#reject = call.reject;
    this.#deadline =
      call.options.deadline ?? new Deadline(rpc.env.clock, call.options.deadlineMs ?? DEFAULT_DEADLINE_MS);
  }

  start(body: unknown): void {
    const { signal, headers, encoding = 'msgpack' } = this.#options;
    if (signal?.aborted === true) return this.#reject(cancelled(this.#subject, signal));
    if (this.#deadline.expired()) return this.#reject(this.#tooLate());
    const data = encode(body, encoding);
    this.#token = this.#rpc.replies.open(this);
    try {
      const reply = this.#token.subject('0');
      this.#rpc.bus.publish(this.#subject, data, {
        reply,
        headers: this.#rpc.requestHeaders(this.#deadline, encoding, headers),
      });
    } catch (error) {
      this.#token.close();
      throw error;
    }
    this.#cancelTimer = this.#rpc.env.clock.after(this.#deadline.remainingMs(), () => this.#fail(this.#tooLate()));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  onReply(message: BusMessage): void {
    try {
      const data = this.#whole(message);
      if (data === undefined) return;
      const value = readAnswer(message, data, this.#subject);
      this.#release();
      this.#resolve(value);
    } catch (error) {
      this.#fail(error instanceof CoppiceError ? error : new CoppiceError('INTERNAL', String(error), { cause: error }));
    }
  }

  onLink(up: boolean): void {
    if (!up) this.#fail(new CoppiceError('DISCONNECTED', `link lost while waiting for \`${this.#subject}\``));
  }

  #whole(message: BusMessage): Uint8Array | undefined {
    const position = message.header(HEADERS.part);
    if (position === undefined) return message.data;
    this.#assembler ??= new PartAssembler();
    return this.#assembler.add(position, message.data);
  }

  readonly #onAbort = (): void => {
    const { signal } = this.#options;
    if (signal !== undefined) this.#fail(cancelled(this.#subject, signal));
  };

  #fail(error: CoppiceError): void {
    this.#release();
    this.#reject(error);
  }

  #release(): void {
    this.#token?.close();
    this.#cancelTimer?.();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #tooLate(): CoppiceError {
    return new CoppiceError('DEADLINE_EXCEEDED', `\`${this.#subject}\` did not answer before the deadline`);
  }
}

/** The error of work whose signal was aborted. */
export function cancelled(what: string, signal: AbortSignal): CoppiceError {
  return new CoppiceError('CANCELLED', `\`${what}\` was cancelled`, { cause: signal.reason });
}

/**
 * The serving side of a request: decodes it, bounds how many run at once, drops what comes too late, and answers
 * with a value or a typed error. `Rpc.serve` puts one behind a subscription; a service endpoint uses it directly.
 */

import { Deadline, type Env } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { decode, type Encoding, encode, encodingOf, HEADERS } from '../wire/codec.ts';
import { errorHeaders, tellsItsEncoding, valueHeaders } from './answer.ts';
import type { Bus, BusMessage } from './bus.ts';
import { MAX_ANSWER_BYTES, PART_BYTES, splitParts } from './parts.ts';
import { NO_TICKET, type RequestLedger } from './request-ledger.ts';

/** Budget of a request that names none. */
export const DEFAULT_DEADLINE_MS = 10_000;

/** Longest budget: a timer counts no further than 24 days. */
const MAX_DEADLINE_MS = 2 ** 31 - 1;

/** Requests that one responder runs at once, unless told otherwise. */
export const DEFAULT_MAX_IN_FLIGHT = 1_024;

/** A request as a handler sees it. */
export interface RpcRequest {
  readonly subject: string;
  /** The decoded payload; undefined if it was empty. */
  readonly body: unknown;
  readonly encoding: Encoding;
  readonly deadline: Deadline;
  /** Under which the request is written down for whoever looks after this thread; -1 if it is not. */
  readonly ticket: number;
  header(name: string): string | undefined;
  /** Aborted when the deadline has passed. Made at first use. */
  readonly signal: AbortSignal;
}

/** Answers a request: the value returned, or the error thrown, is the answer. */
export type RpcHandler = (request: RpcRequest) => Promise<unknown>;

/** How requests are served. */
export type ResponderOptions = {
  readonly handler: RpcHandler;
  /** Requests running at once; more are answered `OVERLOADED`. */
  readonly maxInFlight?: number;
  /** Body of an error answer; `{code, message, details}` unless given. */
  readonly errorBody?: (error: CoppiceError) => unknown;
};

/** Told of errors that are nobody's answer: a handler that threw something other than a CoppiceError. */
export type OnFault = (error: unknown, subject: string) => void;

type Answered = (error?: string) => void;

/** Serves the requests of one endpoint. */
export class Responder {
  readonly #bus: Bus;
  readonly #env: Env;
  readonly #onFault: OnFault;
  readonly #ledger: RequestLedger | undefined;
  readonly #options: ResponderOptions;
  readonly #maxInFlight: number;
  readonly #running = new Set<Promise<void>>();

  constructor(
    context: { bus: Bus; env: Env; onFault: OnFault; ledger: RequestLedger | undefined },
    options: ResponderOptions,
  ) {
    this.#bus = context.bus;
    this.#env = context.env;
    this.#onFault = context.onFault;
    this.#ledger = context.ledger;
    this.#options = options;
    this.#maxInFlight = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
  }

  /** Requests running now. */
  get inFlight(): number {
    return this.#running.size;
  }

  /** Takes a message; bound, so that it can be handed to a subscription or an endpoint. */
  readonly onMessage = (message: BusMessage, answered?: Answered): void => {
    const answer = { message, answered };
    const budgetMs = budgetOf(message);
    if (budgetMs === undefined) return this.#refuse(answer, badBudget(message));
    if (budgetMs === 0) return this.#refuse(answer, tooLate(message.subject));
    const deadline = new Deadline(this.#env.clock, budgetMs);
    if (this.#running.size >= this.#maxInFlight)
      return this.#refuse(answer, overloaded(message.subject, this.#maxInFlight));
    try {
      const encoding = encodingOf(message.data, message.header(HEADERS.contentType));
      const request = new Incoming(message, {
        encoding,
        body: decode(message.data, encoding),
        deadline,
        env: this.#env,
        ticket: message.reply === undefined ? NO_TICKET : (this.#ledger?.begin(message.reply) ?? NO_TICKET),
      });
      const run = this.#run(answer, request).finally(() => this.#running.delete(run));
      this.#running.add(run);
    } catch (error) {
      this.#refuse(answer, asCoppiceError(error));
    }
  };

  /** Resolves when everything that runs has been answered. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #run(answer: Answer, request: Incoming): Promise<void> {
    try {
      const value = await this.#options.handler(request);
      this.#reply(answer, request, value);
    } catch (error) {
      if (!isCoppiceError(error)) this.#onFault(error, request.subject);
      this.#fail(answer, asCoppiceError(error), request.encoding);
    } finally {
      request.release();
      this.#ledger?.end(request.ticket);
    }
  }

  #reply(answer: Answer, request: Incoming, value: unknown): void {
    const { reply } = answer.message;
    if (reply === undefined) return answer.answered?.();
    if (request.isLate()) return this.#fail(answer, tooLate(request.subject), request.encoding);
    const data = encode(value, request.encoding);
    const fromOurs = request.header(HEADERS.parts) !== undefined;
    const inParts = fromOurs && data.length > PART_BYTES;
    checkSize(data.length, inParts ? MAX_ANSWER_BYTES : this.#bus.maxPayloadBytes);
    const headers = valueHeaders(request.encoding);
    if (inParts) this.#publishParts(reply, splitParts(data), headers);
    else if (fromOurs && tellsItsEncoding(data)) this.#bus.publish(reply, data);
    else this.#bus.publish(reply, data, { headers });
    answer.answered?.();
  }

  #publishParts(reply: string, parts: readonly Uint8Array[], headers: Readonly<Record<string, string>>): void {
    for (const [place, part] of parts.entries()) {
      this.#bus.publish(reply, part, { headers: { ...headers, [HEADERS.part]: `${place + 1}/${parts.length}` } });
    }
  }

  #refuse(answer: Answer, error: CoppiceError): void {
    const data = answer.message.data;
    const encoding = data[0] === undefined || isJson(data[0]) ? 'json' : 'msgpack';
    this.#fail(answer, error, encoding);
  }

  #fail(answer: Answer, error: CoppiceError, encoding: Encoding): void {
    answer.answered?.(error.message);
    const { reply, subject } = answer.message;
    if (reply === undefined) return;
    const body = this.#options.errorBody?.(error) ?? error.toWire();
    try {
      this.#bus.publish(reply, encode(body, encoding), { headers: errorHeaders(error, encoding) });
    } catch (failure) {
      // without a link nobody can be told; the requester learns it from its own link or deadline
      if (!isCoppiceError(failure, 'DISCONNECTED')) this.#onFault(failure, subject);
    }
  }
}

type Answer = { readonly message: BusMessage; readonly answered: Answered | undefined };

class Incoming implements RpcRequest {
  readonly subject: string;
  readonly body: unknown;
  readonly encoding: Encoding;
  readonly deadline: Deadline;
  readonly ticket: number;
  readonly #message: BusMessage;
  readonly #env: Env;
  #signal: AbortSignal | undefined;
  #cancel: (() => void) | undefined;

  constructor(
    message: BusMessage,
    parsed: { body: unknown; encoding: Encoding; deadline: Deadline; env: Env; ticket: number },
  ) {
    this.subject = message.subject;
    this.body = parsed.body;
    this.encoding = parsed.encoding;
    this.deadline = parsed.deadline;
    this.ticket = parsed.ticket;
    this.#message = message;
    this.#env = parsed.env;
  }

  header(name: string): string | undefined {
    return this.#message.header(name);
  }

  /** Whether the requester has said how long it waits, and does so no more. */
  isLate(): boolean {
    return this.deadline.expired() && this.header(HEADERS.deadlineMs) !== undefined;
  }

  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const controller = new AbortController();
    const expire = (): void => controller.abort(tooLate(this.subject));
    this.#cancel = this.#env.clock.after(this.deadline.remainingMs(), expire);
    this.#signal = controller.signal;
    return this.#signal;
  }

  release(): void {
    this.#cancel?.();
  }
}

/** Milliseconds that a request may take; undefined if its header makes no sense. */
function budgetOf(message: BusMessage): number | undefined {
  const header = message.header(HEADERS.deadlineMs);
  if (header === undefined || header === '') return DEFAULT_DEADLINE_MS;
  const budgetMs = Number(header);
  return budgetMs >= 0 ? Math.min(budgetMs, MAX_DEADLINE_MS) : undefined;
}

function badBudget(message: BusMessage): CoppiceError {
  const text = (message.header(HEADERS.deadlineMs) ?? '').slice(0, 60);
  return new CoppiceError('BAD_REQUEST', `header ${HEADERS.deadlineMs}: expected milliseconds, got \`${text}\``);
}

function tooLate(subject: string): CoppiceError {
  return new CoppiceError('DEADLINE_EXCEEDED', `request on \`${subject}\` is past its deadline`);
}

function isJson(firstByte: number): boolean {
  return encodingOf(Uint8Array.of(firstByte)) === 'json';
}

function overloaded(subject: string, limit: number): CoppiceError {
  return new CoppiceError('OVERLOADED', `\`${subject}\` already runs ${limit} requests`, { details: { limit } });
}

function checkSize(sizeBytes: number, limitBytes: number): void {
  if (sizeBytes <= limitBytes) return;
  const message = `an answer of ${sizeBytes} bytes is over the limit of ${limitBytes}: ask for less`;
  throw new CoppiceError('PAYLOAD_TOO_LARGE', message, { details: { sizeBytes, limitBytes } });
}

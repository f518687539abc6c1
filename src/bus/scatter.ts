/**
 * Scatter and gather: one request per shard, all replies on one token, one timer for deadline, retries and hedges.
 * What is missing at the deadline is reported shard by shard, never as a failure of the whole.
 */

import type { Deadline } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import { encode, HEADERS } from '../wire/codec.ts';
import { readAnswer } from './answer.ts';
import type { BusHeaders, BusMessage } from './bus.ts';
import { PartAssembler } from './parts.ts';
import type { ReplyToken, ReplyWaiter } from './replies.ts';
import { cancelled, type Rpc } from './rpc.ts';

/** What is asked of one shard. */
export type ScatterPart = {
  readonly shard: number;
  /** The subject of the queue group: where the first try goes, and tries for which there is no single copy. */
  readonly subject: string;
  /** The subject of a single copy that the first try goes to instead. */
  readonly first?: string;
  /** Subjects of single copies, the most promising first, for retries and hedges. Asked anew each time. */
  readonly copies: () => readonly string[];
  readonly body: unknown;
};

/** How a scatter is carried out. */
export type ScatterOptions = {
  readonly deadline: Deadline;
  readonly signal?: AbortSignal;
  /** Retries that all parts together may use. */
  readonly retries: number;
  /** First delay before a retry that has no fresh copy to go to; doubles each time, with jitter. */
  readonly backoffMs: number;
  /**
   * A part silent for this long is sent to one more copy, and so on until each copy has been asked once. After that it
   * is asked anew from time to time, within the budget of retries: a copy may have died with the request.
   */
  readonly hedgeAfterMs?: number;
  readonly headers?: BusHeaders;
};

/**
 * How one part ended. `via` is the subject of the try that answered, and `attempt` its number, from 0. `silent` are the
 * subjects of tries that had not answered by then, though they had longer than `hedgeAfterMs`.
 */
export type Outcome =
  | {
      readonly shard: number;
      readonly ok: true;
      readonly value: unknown;
      readonly tries: number;
      readonly tookMs: number;
      readonly via: string;
      readonly attempt: number;
      readonly silent: readonly string[];
    }
  | { readonly shard: number; readonly ok: false; readonly error: CoppiceError; readonly tries: number };

/**
 * Sends the parts and gathers the answers. Parts that share a body (the same object) share its encoding.
 *
 * @returns One outcome per part, in the order of the parts.
 * @throws CoppiceError `CANCELLED` when the signal is aborted, `PARSING_FAILED` and the like if a body cannot be encoded.
 */
export function scatter(rpc: Rpc, parts: readonly ScatterPart[], options: ScatterOptions): Promise<readonly Outcome[]> {
  if (parts.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    new Gather(rpc, options, resolve, reject).start(parts);
  });
}

const NEVER = Number.POSITIVE_INFINITY;
/** Silence of all copies after which a part is asked anew for the first time; doubles each time. */
const ASK_ANEW_MS = 1_000;

/** A part under way. `targets[n]` is the subject of try n. */
type Asked = {
  readonly part: ScatterPart;
  readonly data: Uint8Array;
  readonly targets: string[];
  readonly sentAtMs: number[];
  /** Numbers of the tries that were answered, if only with an error. */
  readonly answered: Set<number>;
  pending: number;
  retries: number;
  retryAtMs: number;
  hedgeAtMs: number;
  /** Times that it was asked anew, after each copy had been asked. */
  anew: number;
  /** Whether the pause before it is asked anew has begun. */
  waited: boolean;
  lastError: CoppiceError | undefined;
  assemblers: Map<number, PartAssembler> | undefined;
  outcome: Outcome | undefined;
};

class Gather implements ReplyWaiter {
  readonly #rpc: Rpc;
  readonly #options: ScatterOptions;
  readonly #resolve: (outcomes: readonly Outcome[]) => void;
  readonly #reject: (error: CoppiceError) => void;
  readonly #token: ReplyToken;
  readonly #startMs: number;
  #asked: Asked[] = [];
  #left = 0;
  #retriesLeft: number;
  #wakeAtMs = NEVER;
  #cancelTimer: (() => void) | undefined;

  constructor(
    rpc: Rpc,
    options: ScatterOptions,
    resolve: (outcomes: readonly Outcome[]) => void,
    reject: (error: CoppiceError) => void,
  ) {
    this.#rpc = rpc;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#retriesLeft = options.retries;
    this.#startMs = rpc.env.clock.nowMs();
    this.#token = rpc.replies.open(this);
  }

  start(parts: readonly ScatterPart[]): void {
    const { signal } = this.#options;
    try {
      if (signal?.aborted === true) throw cancelled('scatter', signal);
      this.#asked = prepare(parts);
    } catch (error) {
      this.#token.close();
      throw error;
    }
    this.#left = parts.length;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    const headers = this.#headers();
    for (const [place, asked] of this.#asked.entries())
      this.#send(place, asked, { target: asked.part.first ?? asked.part.subject, headers });
    this.#arm();
  }

  onReply(message: BusMessage, tag: string): void {
    const dot = tag.indexOf('.');
    const asked = this.#asked[Number(tag.slice(0, dot))];
    const attempt = Number(tag.slice(dot + 1));
    const target = asked?.targets[attempt];
    if (asked === undefined || target === undefined || asked.outcome !== undefined) return;
    try {
      const data = wholeAnswer(asked, attempt, message);
      if (data === undefined) return;
      asked.answered.add(attempt);
      const value = readAnswer(message, data, target);
      this.#succeed(asked, value, attempt);
    } catch (error) {
      this.#fail(asked, asCoppiceError(error));
    }
  }

  /** What was under way may be lost: it is sent again, outside the budget of retries, once the link is back. */
  onLink(up: boolean): void {
    for (const asked of this.#asked) {
      if (asked.outcome !== undefined) continue;
      asked.pending = 0;
      for (const attempt of asked.targets.keys()) asked.answered.add(attempt); // their silence is the link's
      asked.hedgeAtMs = NEVER;
      asked.retryAtMs = up ? 0 : NEVER;
      if (!up) asked.lastError = new CoppiceError('DISCONNECTED', 'link lost while waiting for an answer');
    }
    this.#tick();
  }

  #send(place: number, asked: Asked, to: { target: string; headers: BusHeaders }): void {
    const attempt = asked.targets.push(to.target) - 1;
    asked.sentAtMs.push(this.#rpc.env.clock.nowMs());
    const { hedgeAfterMs } = this.#options;
    asked.pending += 1;
    asked.retryAtMs = NEVER;
    asked.waited = false;
    asked.hedgeAtMs = hedgeAfterMs === undefined ? NEVER : this.#rpc.env.clock.nowMs() + hedgeAfterMs;
    try {
      const reply = this.#token.subject(`${place}.${attempt}`);
      this.#rpc.bus.publish(to.target, asked.data, { reply, headers: to.headers });
    } catch (error) {
      this.#fail(asked, asCoppiceError(error));
    }
  }

  #succeed(asked: Asked, value: unknown, attempt: number): void {
    const nowMs = this.#rpc.env.clock.nowMs();
    const { hedgeAfterMs = NEVER } = this.#options;
    const silent = asked.targets.filter(
      (_, at) => !asked.answered.has(at) && nowMs - (asked.sentAtMs[at] ?? nowMs) >= hedgeAfterMs,
    );
    const { part, targets } = asked;
    this.#end(asked, {
      shard: part.shard,
      ok: true,
      value,
      tries: targets.length,
      tookMs: nowMs - this.#startMs,
      via: targets[attempt] ?? part.subject,
      attempt,
      silent,
    });
  }

  #fail(asked: Asked, error: CoppiceError): void {
    asked.pending = Math.max(0, asked.pending - 1); // a try from before a lost link no longer counts
    asked.lastError = error;
    if (!error.retryable) return this.#giveUp(asked, error);
    if (asked.pending > 0) return;
    asked.hedgeAtMs = NEVER;
    if (isCoppiceError(error, 'DISCONNECTED') && !this.#rpc.bus.link.up) return;
    this.#planRetry(asked, error);
  }

  #planRetry(asked: Asked, error: CoppiceError): void {
    if (this.#retriesLeft <= 0) return this.#giveUp(asked, error);
    this.#retriesLeft -= 1;
    const atOnce = asked.retries === 0 && freshCopy(asked) !== undefined;
    asked.retryAtMs = this.#rpc.env.clock.nowMs() + (atOnce ? 0 : this.#backoffMs(asked.retries));
    asked.retries += 1;
    if (atOnce) this.#tick();
    else this.#arm();
  }

  #backoffMs(retries: number): number {
    return this.#options.backoffMs * 2 ** Math.min(retries, 6) * (0.5 + this.#rpc.env.random.next() / 2);
  }

  /** Sends what is due, and ends everything when the deadline has passed. */
  #tick(): void {
    if (this.#left === 0) return;
    if (this.#options.deadline.expired()) return this.#expire();
    const nowMs = this.#rpc.env.clock.nowMs();
    for (const [place, asked] of this.#asked.entries()) {
      if (asked.outcome !== undefined) continue;
      if (asked.retryAtMs <= nowMs)
        this.#send(place, asked, { target: freshCopy(asked) ?? asked.part.subject, headers: this.#headers() });
      else if (asked.hedgeAtMs <= nowMs) this.#hedge(place, asked);
    }
    this.#arm();
  }

  #hedge(place: number, asked: Asked): void {
    const target = freshCopy(asked);
    if (target === undefined) this.#askAnew(place, asked);
    else this.#send(place, asked, { target, headers: this.#headers() });
  }

  /** Each copy was asked. One that is silent may have died with the request, and another may serve by now. */
  #askAnew(place: number, asked: Asked): void {
    if (this.#retriesLeft <= 0) {
      asked.hedgeAtMs = NEVER;
    } else if (asked.waited) {
      this.#retriesLeft -= 1;
      asked.anew += 1;
      this.#send(place, asked, { target: asked.part.subject, headers: this.#headers() });
    } else {
      asked.waited = true;
      asked.hedgeAtMs = this.#rpc.env.clock.nowMs() + ASK_ANEW_MS * 2 ** asked.anew;
    }
  }

  #arm(): void {
    if (this.#left === 0) return;
    const nowMs = this.#rpc.env.clock.nowMs();
    let wakeAtMs = nowMs + this.#options.deadline.remainingMs();
    for (const asked of this.#asked) {
      if (asked.outcome === undefined) wakeAtMs = Math.min(wakeAtMs, asked.retryAtMs, asked.hedgeAtMs);
    }
    if (this.#cancelTimer !== undefined && Math.abs(this.#wakeAtMs - wakeAtMs) < 0.5) return;
    this.#cancelTimer?.();
    this.#wakeAtMs = wakeAtMs;
    this.#cancelTimer = this.#rpc.env.clock.after(Math.max(0, wakeAtMs - nowMs), () => {
      this.#cancelTimer = undefined;
      this.#tick();
    });
  }

  #expire(): void {
    for (const asked of this.#asked) if (asked.outcome === undefined) this.#giveUp(asked, silent(asked));
  }

  #giveUp(asked: Asked, error: CoppiceError): void {
    this.#end(asked, { shard: asked.part.shard, ok: false, error, tries: asked.targets.length });
  }

  #end(asked: Asked, outcome: Outcome): void {
    if (asked.outcome !== undefined) return;
    asked.outcome = outcome;
    this.#left -= 1;
    if (this.#left > 0) return;
    this.#release();
    this.#resolve(this.#asked.flatMap((each) => each.outcome ?? []));
  }

  readonly #onAbort = (): void => {
    const { signal } = this.#options;
    if (this.#left === 0 || signal === undefined) return;
    this.#left = 0;
    this.#release();
    this.#reject(cancelled('scatter', signal));
  };

  #release(): void {
    this.#token.close();
    this.#cancelTimer?.();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #headers(): BusHeaders {
    return this.#rpc.requestHeaders(this.#options.deadline, 'msgpack', this.#options.headers);
  }
}

function prepare(parts: readonly ScatterPart[]): Asked[] {
  let body: unknown;
  let data: Uint8Array | undefined;
  return parts.map((part) => {
    if (data === undefined || part.body !== body) data = encode(part.body, 'msgpack');
    body = part.body;
    const timers = { retryAtMs: NEVER, hedgeAtMs: NEVER, anew: 0, waited: false };
    return {
      part,
      data,
      targets: [],
      sentAtMs: [],
      answered: new Set(),
      pending: 0,
      retries: 0,
      ...timers,
      lastError: undefined,
      assemblers: undefined,
      outcome: undefined,
    };
  });
}

function freshCopy(asked: Asked): string | undefined {
  return asked.part.copies().find((copy) => !asked.targets.includes(copy));
}

function wholeAnswer(asked: Asked, attempt: number, message: BusMessage): Uint8Array | undefined {
  const position = message.header(HEADERS.part);
  if (position === undefined) return message.data;
  asked.assemblers ??= new Map();
  const assembler = asked.assemblers.get(attempt) ?? new PartAssembler();
  asked.assemblers.set(attempt, assembler);
  return assembler.add(position, message.data);
}

function silent(asked: Asked): CoppiceError {
  const { shard } = asked.part;
  const before = asked.lastError === undefined ? '' : `; before that: ${asked.lastError.message}`;
  const message = `shard ${shard} did not answer before the deadline (${asked.targets.length} tries)${before}`;
  return new CoppiceError('DEADLINE_EXCEEDED', message, { details: { shard, tries: asked.targets.length } });
}

/**
 * A push consumer of the simulated JetStream: ephemeral, unacknowledged, with heartbeats when it has nothing to send.
 * It lives as long as somebody listens to the subject it delivers to.
 */
import type { SentMessage } from './sim-message.ts';
import type { SimScheduler } from './sim-scheduler.ts';
import type { KeptMessage, SimStream } from './sim-stream.ts';
import { SubjectPattern } from './subject-pattern.ts';

/** What a consumer is asked to be. */
export type ConsumerConfig = {
  readonly name: string;
  readonly deliver_subject: string;
  readonly filter_subject: string;
  readonly deliver_policy: string;
  readonly opt_start_seq?: number;
  /** Nanoseconds. */
  readonly idle_heartbeat: number;
};

const NANOS_PER_MS = 1_000_000;
const STATUS_CONTROL = 100;

/** A consumer of a stream. */
export class SimConsumer {
  readonly #config: ConsumerConfig;
  readonly #stream: string;
  readonly #filter: SubjectPattern;
  readonly #scheduler: SimScheduler;
  /** Sends a message; false if nobody listens. */
  readonly #send: (message: SentMessage) => boolean;
  /** Whether it leaves out a key with which it should begin. */
  readonly #misses: () => boolean;
  #delivered = 0;
  #streamSeq = 0;
  #sentMs: number;
  #over = false;

  constructor(
    config: ConsumerConfig,
    context: {
      stream: SimStream;
      scheduler: SimScheduler;
      send: (message: SentMessage) => boolean;
      misses: () => boolean;
    },
  ) {
    this.#config = config;
    this.#stream = context.stream.config.name;
    this.#filter = new SubjectPattern(config.filter_subject);
    this.#scheduler = context.scheduler;
    this.#send = context.send;
    this.#misses = context.misses;
    this.#sentMs = context.scheduler.nowMs;
    this.#beatLater();
  }

  /** Whether nobody listens any more, or it was ended. */
  get over(): boolean {
    return this.#over;
  }

  /** How many messages were sent. */
  get delivered(): number {
    return this.#delivered;
  }

  close(): void {
    this.#over = true;
  }

  /** Sends what the stream holds already; returns how much there was. */
  replay(stream: SimStream): number {
    const { deliver_policy: policy, opt_start_seq: start = 1 } = this.#config;
    const isLast = policy === 'last_per_subject';
    const messages = isLast ? stream.lastPerSubject(this.#filter) : stream.from(this.#filter, start);
    return this.#deliverAll(isLast ? messages.filter(() => !this.#misses()) : messages);
  }

  #deliverAll(messages: readonly KeptMessage[]): number {
    for (const [place, message] of messages.entries()) this.#deliver(message, messages.length - place - 1);
    return messages.length;
  }

  /** A message was stored. */
  onStored(message: KeptMessage): void {
    const { opt_start_seq: start = 1 } = this.#config;
    if (message.seq >= start && this.#filter.covers(message.subject.split('.'))) this.#deliver(message, 0);
  }

  #deliver({ seq, subject, data, headers, atMs }: KeptMessage, pending: number): void {
    if (this.#over) return;
    this.#delivered += 1;
    this.#streamSeq = seq;
    const place = [1, seq, this.#delivered, Math.floor(atMs * NANOS_PER_MS), pending].join('.');
    const reply = `$JS.ACK.${this.#stream}.${this.#config.name}.${place}`;
    this.#emit({ subject, data, headers, reply });
  }

  #emit(message: SentMessage): void {
    this.#sentMs = this.#scheduler.nowMs;
    if (!this.#send(message)) this.#over = true;
  }

  #beatLater(): void {
    const everyMs = this.#config.idle_heartbeat / NANOS_PER_MS;
    this.#scheduler.after(everyMs, () => {
      if (this.#over) return;
      if (this.#scheduler.nowMs - this.#sentMs >= everyMs) this.#beat();
      this.#beatLater();
    });
  }

  #beat(): void {
    const headers = { 'Nats-Last-Consumer': `${this.#delivered}`, 'Nats-Last-Stream': `${this.#streamSeq}` };
    this.#emit({
      subject: this.#config.deliver_subject,
      data: new Uint8Array(0),
      headers,
      status: STATUS_CONTROL,
    });
  }
}

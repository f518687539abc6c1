/**
 * Follows one subject of a stream for ever: makes a new consumer whenever the old one is of no use, and checks from
 * time to time that silence means that there is nothing to tell.
 */

import { pause } from '../../env.ts';
import { asCoppiceError } from '../../errors.ts';
import type { Tail, TailListener } from '../log.ts';
import { PushConsumer } from './consumer.ts';
import { JS_HEADERS, type Stream } from './stream.ts';

/** What is followed, and for whom. */
export type TailOptions = {
  readonly subject: string;
  readonly fromSeq: number;
  readonly listener: TailListener;
};

const CHECK_MS = 5_000;
const RETRY_MS = 200;

/** A running tail. Delivers each record once, in order. */
export class LogTail implements Tail {
  readonly #stream: Stream;
  readonly #options: TailOptions;
  readonly #closing = new AbortController();
  #nextSeq: number;
  #consumer: PushConsumer | undefined;
  #stopCheck: (() => void) | undefined;
  #checkedNextSeq = 0;
  #checkedStreamSeq = -1;

  constructor(stream: Stream, options: TailOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#nextSeq = Math.max(1, options.fromSeq);
    this.#restart();
    this.#planCheck();
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error('the tail was closed'));
    this.#stopCheck?.();
    this.#consumer?.close();
  }

  #restart(): void {
    this.#consumer?.close();
    this.#consumer = undefined;
    this.#open().catch((error: unknown) => this.#giveUp(error));
  }

  /** Makes a consumer, again and again until it works or never can. */
  async #open(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const consumer = this.#makeConsumer();
      this.#consumer = consumer;
      try {
        return await consumer.start();
      } catch (error) {
        if (asCoppiceError(error).code !== 'DISCONNECTED' || this.#stream.api.link.closed) throw error;
      }
      if (this.#consumer !== consumer) return;
      await pause(this.#stream.api.env.clock, RETRY_MS, signal);
    }
  }

  #makeConsumer(): PushConsumer {
    const { subject, listener } = this.#options;
    const consumer: PushConsumer = new PushConsumer(this.#stream, {
      filter: subject,
      from: { seq: this.#nextSeq },
      onDelivery: (delivery) => {
        if (this.#consumer !== consumer || delivery.seq < this.#nextSeq) return;
        this.#nextSeq = delivery.seq + 1;
        listener.onEntry({ seq: delivery.seq, id: delivery.header(JS_HEADERS.messageId) ?? '', data: delivery.data });
      },
      onCaughtUp: () => {},
      onTrouble: () => {
        if (this.#consumer === consumer && !this.#closing.signal.aborted) this.#restart();
      },
    });
    return consumer;
  }

  #planCheck(): void {
    const { clock, random } = this.#stream.api.env;
    this.#stopCheck = clock.after(CHECK_MS * (0.75 + random.next() / 2), () => {
      this.#check()
        // A check is a second look: what keeps it from looking (no link, no leader, no stream) the consumer notices by
        // its heartbeats and reports, and the next check looks again.
        .catch(() => {})
        .finally(() => {
          if (!this.#closing.signal.aborted) this.#planCheck();
        });
    });
  }

  /** Nothing came since the last check though the stream grew: is it that nothing was for us? */
  async #check(): Promise<void> {
    const before = this.#nextSeq;
    const quiet = before === this.#checkedNextSeq;
    this.#checkedNextSeq = before;
    if (!quiet || !this.#stream.api.link.up) return;
    const streamSeq = await this.#stream.lastSeq();
    if (streamSeq < before || streamSeq === this.#checkedStreamSeq) return;
    const last = await this.#stream.read({ last_by_subj: this.#options.subject });
    if (last === undefined || last.seq < before) this.#checkedStreamSeq = streamSeq;
    else if (this.#nextSeq === before && !this.#closing.signal.aborted) this.#restart();
  }

  #giveUp(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#options.listener.onError(asCoppiceError(error));
  }
}

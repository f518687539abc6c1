/**
 * A watch over a registry bucket. It reads all present entries through a fresh consumer, follows on, and does so
 * again every few seconds, after a reconnect, and after any trouble: what is new is delivered, what is known is
 * not, and what is no longer there is told as gone. One mechanism serves first load, resync and recovery.
 */
import { asCoppiceError, CoppiceError } from '../../errors.ts';
import type { Closeable } from '../bus.ts';
import type { RegistryChange } from '../registry.ts';
import { CALL_MS } from './api.ts';
import { type Delivery, PushConsumer } from './consumer.ts';
import { presentValue } from './registry-entry.ts';
import type { Stream } from './stream.ts';

/** What is watched, and for whom. */
export type WatchOptions = {
  /** Subject of a key without the key: `$KV.<bucket>.`. */
  readonly subjectPrefix: string;
  readonly keyPrefix: string;
  readonly onChange: (change: RegistryChange) => void;
  readonly onFault: (error: unknown, subject: string) => void;
};

type Known = { readonly revision: number; readonly present: boolean };

/** One reading of the whole bucket and what follows it. `boundSeq` was the newest revision when it began. */
type Round = { readonly consumer: PushConsumer; readonly boundSeq: number; readonly seen: Set<string> };

const RESYNC_MS = 10_000;
const RETRY_MS = 200;

/** A running watch. */
export class RegistryWatch implements Closeable {
  readonly #stream: Stream;
  readonly #options: WatchOptions;
  readonly #known = new Map<string, Known>();
  #current: PushConsumer | undefined;
  #next: PushConsumer | undefined;
  #opening = false;
  #stopTimer: (() => void) | undefined;
  #onReady: (() => void) | undefined;
  #closed = false;

  constructor(stream: Stream, options: WatchOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Resolves when the present entries have been delivered. Throws `DISCONNECTED` if that takes more than 10 s. */
  async start(): Promise<void> {
    const { clock } = this.#stream.api.env;
    await new Promise<void>((resolve, reject) => {
      const stop = clock.after(CALL_MS, () =>
        reject(new CoppiceError('DISCONNECTED', `cannot read \`${this.#stream.name}\``)),
      );
      this.#onReady = () => {
        stop();
        resolve();
      };
      this.#resync();
    }).catch((error: unknown) => {
      this.#stop();
      throw error;
    });
  }

  close(): Promise<void> {
    this.#stop();
    return Promise.resolve();
  }

  #stop(): void {
    this.#closed = true;
    this.#stopTimer?.();
    this.#current?.close();
    this.#next?.close();
  }

  /** Begins a new round; the present consumer goes on until the new one has caught up. */
  #resync(): void {
    if (this.#closed || this.#opening) return;
    this.#opening = true;
    this.#stopTimer?.();
    this.#next?.close();
    this.#next = undefined;
    this.#openRound()
      .catch((error: unknown) => {
        if (asCoppiceError(error).code !== 'DISCONNECTED') this.#options.onFault(error, this.#stream.name);
        this.#plan(RETRY_MS);
      })
      .finally(() => {
        this.#opening = false;
      });
  }

  async #openRound(): Promise<void> {
    const boundSeq = await this.#stream.lastSeq();
    if (this.#closed) return;
    const seen = new Set<string>();
    const consumer: PushConsumer = new PushConsumer(this.#stream, {
      filter: `${this.#options.subjectPrefix}${filterOf(this.#options.keyPrefix)}`,
      from: 'lastPerSubject',
      onDelivery: (delivery) => this.#take(delivery, seen),
      onCaughtUp: () => this.#finish({ consumer, boundSeq, seen }),
      onTrouble: () => this.#plan(0),
    });
    this.#next = consumer;
    this.#plan(CALL_MS + RESYNC_MS);
    await consumer.start();
  }

  #finish(round: Round): void {
    if (this.#closed) return;
    this.#current?.close();
    this.#current = round.consumer;
    if (this.#next === round.consumer) this.#next = undefined;
    for (const [key, known] of [...this.#known]) {
      if (known.present && known.revision <= round.boundSeq && !round.seen.has(key))
        this.#learn({ key, value: undefined, revision: known.revision });
    }
    this.#plan(RESYNC_MS);
    this.#onReady?.();
    this.#onReady = undefined;
  }

  #take(delivery: Delivery, seen: Set<string>): void {
    const key = delivery.subject.slice(this.#options.subjectPrefix.length);
    if (!key.startsWith(this.#options.keyPrefix)) return;
    seen.add(key);
    const known = this.#known.get(key);
    // One that was missed, and taken for gone, is there again under its own revision.
    if (known !== undefined && (delivery.seq < known.revision || (delivery.seq === known.revision && known.present)))
      return;
    try {
      this.#learn({ key, value: presentValue(key, delivery), revision: delivery.seq });
    } catch (error) {
      this.#options.onFault(error, delivery.subject);
    }
  }

  /** Remembers and tells; that something unknown or gone is gone is no news. */
  #learn(change: RegistryChange): void {
    const present = change.value !== undefined;
    const wasPresent = this.#known.get(change.key)?.present === true;
    this.#known.set(change.key, { revision: change.revision, present });
    if (present || wasPresent) this.#options.onChange(change);
  }

  #plan(delayMs: number): void {
    if (this.#closed) return;
    this.#stopTimer?.();
    const { clock, random } = this.#stream.api.env;
    this.#stopTimer = clock.after(delayMs * (0.75 + random.next() / 2), () => {
      this.#opening = false;
      this.#resync();
    });
  }
}

/** The narrowest filter that covers every key beginning with `prefix`. */
function filterOf(prefix: string): string {
  return `${prefix.slice(0, prefix.lastIndexOf('.') + 1)}>`;
}

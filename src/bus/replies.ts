/**
 * One reply inbox for all requests and scatters of a connection: a single subscription, and a token per request
 * that says whose reply has come.
 */
import type { Bus, BusMessage, BusSubscription } from './bus.ts';

/** Who waits for replies. */
export interface ReplyWaiter {
  /** A reply to the subject made with `tag`. */
  onReply(message: BusMessage, tag: string): void;
  /** The link went down (what was asked may be lost) or came up again. */
  onLink(up: boolean): void;
}

/** An open place for replies. */
export type ReplyToken = {
  /** Subject to which a reply with this tag goes. */
  subject(tag: string): string;
  /** Stops taking replies; late ones are dropped. */
  close(): void;
};

/** The shared inbox. */
export class Replies {
  readonly #prefix: string;
  readonly #waiters = new Map<string, ReplyWaiter>();
  readonly #subscription: BusSubscription;
  readonly #stopLink: () => void;
  #count = 0;

  constructor(bus: Bus) {
    this.#prefix = `${bus.newInbox()}.`;
    this.#subscription = bus.subscribe(`${this.#prefix}>`, {}, (message) => this.#dispatch(message));
    this.#stopLink = bus.link.onChange((up) => {
      for (const waiter of [...this.#waiters.values()]) waiter.onLink(up);
    });
  }

  /** How many requests and scatters wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Opens a place for replies. The owner closes it. */
  open(waiter: ReplyWaiter): ReplyToken {
    this.#count += 1;
    const token = this.#count.toString(36);
    this.#waiters.set(token, waiter);
    const base = `${this.#prefix}${token}.`;
    return { subject: (tag) => base + tag, close: () => this.#waiters.delete(token) };
  }

  /** Stops taking replies for good. */
  close(): void {
    this.#stopLink();
    this.#subscription.close();
  }

  #dispatch(message: BusMessage): void {
    const subject = message.subject;
    const end = subject.indexOf('.', this.#prefix.length);
    const waiter = this.#waiters.get(subject.slice(this.#prefix.length, end));
    waiter?.onReply(message, subject.slice(end + 1));
  }
}

/** JetStream's client side over a simulated connection: requests with one reply inbox, and plain subscriptions. */
import type { Cancel } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import type { BusHeaders } from '../bus.ts';
import type { ChannelListener, JetStreamChannel } from '../nats/channel.ts';
import type { SimConnection } from './sim-connection.ts';
import { sizeOf } from './sim-message.ts';

/** Largest payload that a message may carry, in bytes: that of a nats-server out of the box. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/** A channel over one simulated connection. */
export class SimChannel implements JetStreamChannel {
  readonly #connection: SimConnection;
  readonly #waiting = new Map<string, (data: Uint8Array | undefined) => void>();
  readonly #inbox: string;
  #count = 0;
  #closing = false;

  constructor(connection: SimConnection) {
    this.#connection = connection;
    this.#inbox = this.newInbox();
    connection.subscribe({ subject: `${this.#inbox}.*` }, (message) => {
      const token = message.subject.slice(this.#inbox.length + 1);
      this.#waiting.get(token)?.(message.noResponders ? undefined : message.data);
    });
  }

  get closing(): boolean {
    return this.#closing || this.#connection.closed;
  }

  /** From now on nothing new is begun. */
  close(): void {
    this.#closing = true;
    for (const settle of [...this.#waiting.values()]) settle(undefined);
  }

  newInbox(): string {
    return `_INBOX.${this.#connection.node.env.random.id()}`;
  }

  async request(
    subject: string,
    data: Uint8Array,
    { timeoutMs, headers }: { timeoutMs: number; headers?: BusHeaders },
  ): Promise<Uint8Array | undefined> {
    if (sizeOf(data, headers) > MAX_PAYLOAD_BYTES)
      throw new CoppiceError('PAYLOAD_TOO_LARGE', `too large for \`${subject}\``);
    this.#count += 1;
    const token = this.#count.toString(36);
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      const settle = (answer: Uint8Array | undefined): void => {
        cancel();
        this.#waiting.delete(token);
        resolve(answer);
      };
      cancel = this.#connection.node.env.clock.after(timeoutMs, () => settle(undefined));
      this.#waiting.set(token, settle);
      const reply = `${this.#inbox}.${token}`;
      this.#connection.publish({ subject, data: data.slice(), reply, headers });
    });
  }

  subscribe(subject: string, listener: ChannelListener): () => void {
    return this.#connection.subscribe({ subject }, (message) => listener.onMessage(message));
  }

  publish(subject: string, message?: { readonly data: Uint8Array; readonly reply: string }): void {
    if (message === undefined) this.#connection.publish({ subject, data: new Uint8Array(0) });
    else this.#connection.publish({ subject, data: message.data.slice(), reply: message.reply });
  }
}

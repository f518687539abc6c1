/** The client side of JetStream over the `nats` package. */
import { createInbox, ErrorCode, type MsgHdrs, type NatsConnection, NatsError } from 'nats';
import { CoppiceError } from '../../errors.ts';
import type { BusHeaders } from '../bus.ts';
import { forbidden } from './api.ts';
import type { ChannelListener, ChannelMessage, JetStreamChannel } from './channel.ts';
import { natsHeaders } from './message.ts';

/** A channel over one NATS connection. */
export class NatsChannel implements JetStreamChannel {
  readonly #nats: NatsConnection;
  readonly #inboxPrefix: string | undefined;

  constructor(nats: NatsConnection, inboxPrefix: string | undefined) {
    this.#nats = nats;
    this.#inboxPrefix = inboxPrefix;
  }

  get closing(): boolean {
    return this.#nats.isClosed() || this.#nats.isDraining();
  }

  newInbox(): string {
    return createInbox(this.#inboxPrefix);
  }

  async request(
    subject: string,
    data: Uint8Array,
    { timeoutMs, headers }: { timeoutMs: number; headers?: BusHeaders },
  ): Promise<Uint8Array | undefined> {
    try {
      const options =
        headers === undefined ? { timeout: timeoutMs } : { timeout: timeoutMs, headers: natsHeaders(headers) };
      return (await this.#nats.request(subject, data, options)).data;
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
      if (error.code === ErrorCode.PermissionsViolation) throw forbidden(subject, error);
      if (error.code === ErrorCode.MaxPayloadExceeded)
        throw new CoppiceError('PAYLOAD_TOO_LARGE', `too large for \`${subject}\``, { cause: error });
      return undefined;
    }
  }

  subscribe(subject: string, listener: ChannelListener): () => void {
    const subscription = this.#nats.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) listener.onMessage(channelMessage(message));
        else listener.onRefused(error.message);
      },
    });
    return () => subscription.unsubscribe();
  }

  publish(subject: string, message?: { readonly data: Uint8Array; readonly reply: string }): void {
    if (message === undefined) this.#nats.publish(subject);
    else this.#nats.publish(subject, message.data, { reply: message.reply });
  }
}

function channelMessage(raw: { subject: string; data: Uint8Array; reply?: string; headers?: MsgHdrs }): ChannelMessage {
  const { subject, data, headers } = raw;
  return {
    subject,
    data,
    reply: raw.reply === '' ? undefined : raw.reply,
    status: headers === undefined || headers.code === 0 ? undefined : headers.code,
    header: (name) => headers?.get(name) || undefined,
  };
}

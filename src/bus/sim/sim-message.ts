/** A message on its way through a simulated server, and as those see it who get it. */
import type { BusHeaders, BusMessage } from '../bus.ts';
import type { ChannelMessage } from '../nats/channel.ts';

/** A message. Its bytes are its own. */
export type SentMessage = {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string | undefined;
  readonly headers?: BusHeaders | undefined;
  /** Of messages that are the server's own. */
  readonly status?: number;
};

const NO_RESPONDERS = 503;

/** A message as it arrives. */
export class SimMessage implements BusMessage, ChannelMessage {
  readonly #sent: SentMessage;

  constructor(sent: SentMessage) {
    this.#sent = sent;
  }

  get subject(): string {
    return this.#sent.subject;
  }

  get data(): Uint8Array {
    return this.#sent.data;
  }

  get reply(): string | undefined {
    return this.#sent.reply;
  }

  get status(): number | undefined {
    return this.#sent.status;
  }

  get noResponders(): boolean {
    return this.#sent.status === NO_RESPONDERS;
  }

  header(name: string): string | undefined {
    const value = this.#sent.headers?.[name];
    return value === '' ? undefined : value;
  }
}

/** The answer of a server to a request that nobody takes. */
export function noRespondersTo(reply: string): SentMessage {
  return { subject: reply, data: new Uint8Array(0), status: NO_RESPONDERS };
}

/** Bytes of a message with its headers, as a server counts them against its limit. */
export function sizeOf(data: Uint8Array, headers: BusHeaders | undefined): number {
  let sizeBytes = data.length;
  for (const [name, value] of Object.entries(headers ?? {})) sizeBytes += name.length + value.length + 4;
  return sizeBytes;
}

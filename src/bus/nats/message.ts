/** A message of the NATS client in the shape of the bus. Headers are parsed only when one is asked for. */
import { headers, type MsgHdrs } from 'nats';
import type { BusHeaders, BusMessage } from '../bus.ts';

/** What is used of the client's messages. */
export type RawMessage = {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string;
  readonly headers?: MsgHdrs;
};

/** A view of one message. */
export class NatsMessage implements BusMessage {
  readonly #raw: RawMessage;

  constructor(raw: RawMessage) {
    this.#raw = raw;
  }

  get subject(): string {
    return this.#raw.subject;
  }

  get data(): Uint8Array {
    return this.#raw.data;
  }

  get reply(): string | undefined {
    return this.#raw.reply === '' ? undefined : this.#raw.reply;
  }

  get noResponders(): boolean {
    return this.#raw.data.length === 0 && this.#raw.headers?.code === 503;
  }

  header(name: string): string | undefined {
    const value = this.#raw.headers?.get(name);
    return value === '' ? undefined : value;
  }
}

const encoded = new WeakMap<BusHeaders, MsgHdrs>();

/** Turns headers into the client's form. The same record is turned, and encoded, only once. */
export function natsHeaders(record: BusHeaders): MsgHdrs {
  const known = encoded.get(record);
  if (known !== undefined) return known;
  const made = headers();
  for (const [name, value] of Object.entries(record)) made.append(name, value);
  encoded.set(record, encodedOnce(made));
  return made;
}

/** The client encodes headers at every publish; these are never changed, so once is enough. */
function encodedOnce(made: MsgHdrs): MsgHdrs {
  if (!('encode' in made) || typeof made.encode !== 'function') return made;
  const bytes: unknown = made.encode();
  return Object.assign(made, { encode: () => bytes });
}

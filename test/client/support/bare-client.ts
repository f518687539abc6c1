/**
 * A NATS client that knows nothing of Coppice: it publishes bytes and reads what comes back, as any service in any
 * language would.
 */
import { encode as pack, decode as unpack } from '@msgpack/msgpack';
import { connect, headers, type Msg, type NatsConnection } from 'nats';

/** How a body is written. */
export type BareEncoding = 'json' | 'msgpack';

/** An answer as it came. */
export type BareAnswer = {
  readonly body: unknown;
  readonly encoding: BareEncoding;
  /** Of `Nats-Service-Error-Code`; 200 without it. */
  readonly status: number;
  readonly errorHeader: string;
  readonly sizeBytes: number;
};

/** What a request may carry. */
export type BareOptions = { readonly headers?: Readonly<Record<string, string>>; readonly timeoutMs?: number };

const TIMEOUT_MS = 15_000;

/** A connection of its own. */
export class BareClient {
  readonly nats: NatsConnection;

  private constructor(nats: NatsConnection) {
    this.nats = nats;
  }

  static async connect(url: string): Promise<BareClient> {
    return new BareClient(await connect({ servers: url, name: 'bare' }));
  }

  /** Sends a value, in one encoding or the other. */
  async ask(
    subject: string,
    body: unknown,
    encoding: BareEncoding = 'json',
    options?: BareOptions,
  ): Promise<BareAnswer> {
    return this.send(subject, bytesOf(body, encoding), options);
  }

  /** Sends bytes. */
  async send(subject: string, data: Uint8Array, options: BareOptions = {}): Promise<BareAnswer> {
    const { timeoutMs = TIMEOUT_MS } = options;
    const sent = headers();
    for (const [name, value] of Object.entries(options.headers ?? {})) sent.set(name, value);
    const withHeaders = options.headers === undefined ? {} : { headers: sent };
    return read(await this.nats.request(subject, data, { timeout: timeoutMs, ...withHeaders }));
  }

  /** Sends bytes that nobody is expected to answer. */
  publish(subject: string, data: Uint8Array): void {
    this.nats.publish(subject, data);
  }

  async close(): Promise<void> {
    await this.nats.close();
  }
}

/** Writes a value as bytes. */
export function bytesOf(body: unknown, encoding: BareEncoding): Uint8Array {
  return encoding === 'json' ? new TextEncoder().encode(JSON.stringify(body)) : pack(body, { maxDepth: 10_000 });
}

/** Without a content type the first byte tells: none of JSON is beyond ASCII, and no map of MessagePack within it. */
function encodingOf(contentType: string, [first = 0]: Uint8Array): BareEncoding {
  if (contentType === '') return first >= 0x80 ? 'msgpack' : 'json';
  return contentType === 'application/msgpack' ? 'msgpack' : 'json';
}

function read(message: Msg): BareAnswer {
  const encoding = encodingOf(message.headers?.get('Content-Type') ?? '', message.data);
  const body: unknown = encoding === 'json' ? JSON.parse(new TextDecoder().decode(message.data)) : unpack(message.data);
  const code = message.headers?.get('Nats-Service-Error-Code') ?? '';
  return {
    body,
    encoding,
    status: code === '' ? 200 : Number(code),
    errorHeader: message.headers?.get('Nats-Service-Error') ?? '',
    sizeBytes: message.data.length,
  };
}

/** A bus that does not keep a rule: appends and requests go through a lie, everything else is honest. */
import type {
  Bus,
  BusHeaders,
  BusMessage,
  BusSubscription,
  Closeable,
  Link,
  LogSpec,
  ServiceDescription,
} from '../../../src/bus/bus.ts';
import type { AppendOutcome, Log, LogEntry, Tail, TailListener } from '../../../src/bus/log.ts';
import type { Registry, RegistryOptions } from '../../../src/bus/registry.ts';
import { decode, encode } from '../../../src/wire/codec.ts';

/** An append as a shard asks for it. */
export type AskedAppend = {
  readonly honest: Log;
  readonly spec: LogSpec;
  readonly shard: number;
  readonly record: { readonly id: string; readonly data: Uint8Array; readonly expectedSeq: number };
  readonly signal: AbortSignal;
};

/** What a bus lies about. */
export type Lies = {
  /** How an append is done in place of the right way. */
  readonly append?: (asked: AskedAppend) => Promise<AppendOutcome>;
  /** Where a purge goes to in place of where it should. */
  readonly purge?: (toSeq: number) => number;
  /** Who listens to a tail in place of the one who asked for it. */
  readonly tail?: (listener: TailListener) => TailListener;
  /** The body that is sent to a shard in place of the one given. */
  readonly body?: (subject: string, body: Readonly<Record<string, unknown>>) => unknown;
};

const TO_SHARDS = /\.(primary|shard|copy)\./;

/** A bus with lies. */
export class LyingBus implements Bus {
  readonly #honest: Bus;
  readonly #lies: Lies;

  constructor(honest: Bus, lies: Lies) {
    this.#honest = honest;
    this.#lies = lies;
  }

  get link(): Link {
    return this.#honest.link;
  }

  get maxPayloadBytes(): number {
    return this.#honest.maxPayloadBytes;
  }

  publish(subject: string, data: Uint8Array, options: { reply?: string; headers?: BusHeaders } = {}): void {
    const { body } = this.#lies;
    const told =
      body !== undefined && TO_SHARDS.test(subject) ? encode(body(subject, fieldsOf(data)), 'msgpack') : data;
    this.#honest.publish(subject, told, options);
  }

  subscribe(subject: string, options: { queue?: string }, onMessage: (message: BusMessage) => void): BusSubscription {
    return this.#honest.subscribe(subject, options, onMessage);
  }

  newInbox(): string {
    return this.#honest.newInbox();
  }

  async flush(): Promise<void> {
    await this.#honest.flush();
  }

  async service(description: ServiceDescription): Promise<Closeable> {
    return this.#honest.service(description);
  }

  async createLog(spec: LogSpec, firstSeq?: number): Promise<void> {
    await this.#honest.createLog(spec, firstSeq);
  }

  async deleteLog(spec: LogSpec): Promise<void> {
    await this.#honest.deleteLog(spec);
  }

  openLog(spec: LogSpec): Log {
    return new LyingLog(this.#honest.openLog(spec), spec, this.#lies);
  }

  async openRegistry(options: RegistryOptions): Promise<Registry> {
    return this.#honest.openRegistry(options);
  }

  async close(): Promise<void> {
    await this.#honest.close();
  }
}

class LyingLog implements Log {
  readonly #honest: Log;
  readonly #spec: LogSpec;
  readonly #lies: Lies;

  constructor(honest: Log, spec: LogSpec, lies: Lies) {
    this.#honest = honest;
    this.#spec = spec;
    this.#lies = lies;
  }

  async append(shard: number, record: AskedAppend['record'], signal: AbortSignal): Promise<AppendOutcome> {
    const { append } = this.#lies;
    if (append === undefined) return this.#honest.append(shard, record, signal);
    return append({ honest: this.#honest, spec: this.#spec, shard, record, signal });
  }

  async last(shard: number): Promise<LogEntry | undefined> {
    return this.#honest.last(shard);
  }

  async read(shard: number, seq: number): Promise<LogEntry | undefined> {
    return this.#honest.read(shard, seq);
  }

  async purge(shard: number, toSeq: number): Promise<void> {
    return this.#honest.purge(shard, this.#lies.purge?.(toSeq) ?? toSeq);
  }

  tail(shard: number, fromSeq: number, listener: TailListener): Tail {
    return this.#honest.tail(shard, fromSeq, this.#lies.tail?.(listener) ?? listener);
  }
}

function fieldsOf(data: Uint8Array): Readonly<Record<string, unknown>> {
  const body = decode(data, 'msgpack');
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

/** The bus over one NATS connection. */
import {
  createInbox,
  ErrorCode,
  type MsgHdrs,
  type NatsConnection,
  NatsError,
  type Status,
  type Subscription,
} from 'nats';
import type { Env } from '../../env.ts';
import { CoppiceError, isCoppiceError } from '../../errors.ts';
import type { Bus, BusHeaders, BusMessage, BusSubscription, Closeable, LogSpec, ServiceDescription } from '../bus.ts';
import { ConnectionLink } from '../connection-link.ts';
import { announceService } from '../discovery.ts';
import type { Log } from '../log.ts';
import type { Registry, RegistryOptions } from '../registry.ts';
import { forbidden, JetStreamApi } from './api.ts';
import { createLogStream, NatsLog } from './log.ts';
import { NatsMessage, natsHeaders } from './message.ts';
import { NatsChannel } from './nats-channel.ts';
import { type ObjectDepot, openObjectDepot } from './object-depot.ts';
import { NatsRegistry } from './registry.ts';
import { Stream } from './stream.ts';

/** What a bus is set up with. */
export type NatsBusSettings = {
  readonly inboxPrefix: string | undefined;
  /** Copies of streams made here; undefined: as many as the registry last opened has. */
  readonly streamReplicas: number | undefined;
  readonly onFault: (error: unknown, subject: string) => void;
};

const DRAIN_MS = 5_000;
const FALLBACK_PAYLOAD_BYTES = 1_048_576;

/** The bus over NATS. Made by `connectNats`. */
export class NatsBus implements Bus {
  readonly link: ConnectionLink;
  /** JetStream's API on this connection. */
  readonly api: JetStreamApi;
  /** The connection itself, for what only NATS knows. */
  readonly nats: NatsConnection;
  readonly #env: Env;
  readonly #settings: NatsBusSettings;
  #maxPayloadBytes: number;
  #learnedReplicas = 1;
  #closing: Promise<void> | undefined;

  constructor(nats: NatsConnection, env: Env, settings: NatsBusSettings) {
    this.nats = nats;
    this.#env = env;
    this.#settings = settings;
    this.#maxPayloadBytes = nats.info?.max_payload ?? FALLBACK_PAYLOAD_BYTES;
    // the client forgets the server's greeting as soon as it dials again, before it tells of the loss
    this.link = new ConnectionLink({ reachable: () => nats.info !== undefined, closed: () => nats.isClosed() }, env);
    this.api = new JetStreamApi(new NatsChannel(nats, settings.inboxPrefix), this.link, env);
    this.#follow().catch((error: unknown) => settings.onFault(error, 'status'));
  }

  get maxPayloadBytes(): number {
    return this.#maxPayloadBytes;
  }

  publish(subject: string, data: Uint8Array, options: { reply?: string; headers?: BusHeaders } = {}): void {
    if (!this.link.up) throw new CoppiceError('DISCONNECTED', `no link to NATS: \`${subject}\` not sent`);
    const { reply, headers } = options;
    const sent: { reply?: string; headers?: MsgHdrs } = {};
    if (reply !== undefined) sent.reply = reply;
    if (headers !== undefined) sent.headers = natsHeaders(headers);
    try {
      this.nats.publish(subject, data, sent);
    } catch (error) {
      throw publishError(error, { subject, sizeBytes: data.length, limitBytes: this.#maxPayloadBytes });
    }
  }

  subscribe(subject: string, options: { queue?: string }, onMessage: (message: BusMessage) => void): BusSubscription {
    const subscription = this.nats.subscribe(subject, {
      ...options,
      callback: (error, message) => {
        if (error === null) this.#deliver(new NatsMessage(message), onMessage);
        else this.#settings.onFault(forbidden(subject, error), subject);
      },
    });
    return new NatsSubscription(subscription);
  }

  newInbox(): string {
    return createInbox(this.#settings.inboxPrefix);
  }

  async flush(): Promise<void> {
    if (!this.link.up) throw new CoppiceError('DISCONNECTED', 'no link to NATS');
    try {
      await this.nats.flush();
    } catch (error) {
      throw new CoppiceError('DISCONNECTED', 'link to NATS lost', { cause: error });
    }
  }

  service(description: ServiceDescription): Promise<Closeable> {
    return announceService(this, this.#env, description);
  }

  async createLog(spec: LogSpec, firstSeq?: number): Promise<void> {
    await createLogStream(this.api, spec, { replicas: this.#replicas, firstSeq });
  }

  async deleteLog(spec: LogSpec): Promise<void> {
    await new Stream(this.api, spec.stream).delete();
  }

  openLog(spec: LogSpec): Log {
    return new NatsLog(this.api, spec);
  }

  async openRegistry(options: RegistryOptions): Promise<Registry> {
    const { onFault } = this.#settings;
    const registry = new NatsRegistry(this.api, options, { replicas: this.#replicas, onFault });
    await registry.open(options);
    if (this.#settings.streamReplicas === undefined) this.#learnedReplicas = await registry.replicas();
    return registry;
  }

  /** Learns from a registry how many copies streams made here shall have, unless that was told; no registry teaches nothing. */
  async learnReplicas(bucket: string): Promise<void> {
    if (this.#settings.streamReplicas !== undefined) return;
    try {
      this.#learnedReplicas = await new Stream(this.api, `KV_${bucket}`).replicas();
    } catch (error) {
      if (!isCoppiceError(error, 'STALE_GENERATION')) throw error;
    }
  }

  /**
   * Opens the depot in an object store bucket, which is made if need be.
   *
   * @throws CoppiceError `INVALID_NAME`, `PREFLIGHT_FAILED` if the bucket cannot be used, `DISCONNECTED`.
   */
  openDepot(bucket: string): Promise<ObjectDepot> {
    return openObjectDepot(this.api, { bucket, replicas: this.#replicas, maxPayloadBytes: this.#maxPayloadBytes });
  }

  /** Hands over what was received, sends what is waiting, and closes the connection. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.link.up) {
      // a drain that meets a lost link never ends by itself
      let stop = (): void => {};
      const tooLong = new Promise<void>((resolve) => {
        stop = this.#env.clock.after(DRAIN_MS, resolve);
      });
      await Promise.race([this.nats.drain(), this.nats.closed(), tooLong]);
      stop();
    }
    await this.nats.close();
    this.link.set(false);
  }

  get #replicas(): number {
    return this.#settings.streamReplicas ?? this.#learnedReplicas;
  }

  #deliver(message: BusMessage, onMessage: (message: BusMessage) => void): void {
    try {
      onMessage(message);
    } catch (error) {
      this.#settings.onFault(error, message.subject); // thrown into the client it would end the connection
    }
  }

  async #follow(): Promise<void> {
    for await (const status of this.nats.status()) this.#takeStatus(status);
    this.link.set(false);
  }

  #takeStatus(status: Status): void {
    if (status.type === 'disconnect') this.link.set(false);
    if (status.type === 'reconnect') {
      this.#maxPayloadBytes = this.nats.info?.max_payload ?? this.#maxPayloadBytes;
      this.link.set(true);
    }
    const denied = status.permissionContext;
    if (denied?.operation === 'publish' && !denied.subject.startsWith('$JS.'))
      this.#settings.onFault(forbidden(denied.subject, status.data), denied.subject);
  }
}

class NatsSubscription implements BusSubscription {
  readonly #subscription: Subscription;

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
  }

  close(): void {
    if (!this.#subscription.isClosed()) this.#subscription.unsubscribe();
  }

  async drain(): Promise<void> {
    if (this.#subscription.isClosed()) return;
    try {
      await this.#subscription.drain();
    } catch (error) {
      if (!(error instanceof NatsError)) throw error; // closed meanwhile: nothing left to hand over
    }
  }
}

function publishError(error: unknown, sent: { subject: string; sizeBytes: number; limitBytes: number }): unknown {
  if (!(error instanceof NatsError)) return error;
  if (error.code === ErrorCode.MaxPayloadExceeded) {
    const message = `a message of ${sent.sizeBytes} bytes for \`${sent.subject}\` is over the limit of ${sent.limitBytes} (headers included)`;
    return new CoppiceError('PAYLOAD_TOO_LARGE', message, {
      cause: error,
      details: { sizeBytes: sent.sizeBytes, limitBytes: sent.limitBytes },
    });
  }
  return new CoppiceError('DISCONNECTED', `\`${sent.subject}\` not sent: ${error.message}`, { cause: error });
}

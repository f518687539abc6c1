/**
 * The bus of a simulated process. Logs and registries are the same code that runs on a real server, over a simulated
 * connection, so that their retries and doubts are simulated, too.
 */
import type { Env } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import type { Bus, BusHeaders, BusMessage, BusSubscription, Closeable, LogSpec, ServiceDescription } from '../bus.ts';
import type { ConnectionLink } from '../connection-link.ts';
import { announceService } from '../discovery.ts';
import type { Log } from '../log.ts';
import { JetStreamApi } from '../nats/api.ts';
import { createLogStream, NatsLog } from '../nats/log.ts';
import { NatsRegistry } from '../nats/registry.ts';
import { Stream } from '../nats/stream.ts';
import type { Registry, RegistryOptions } from '../registry.ts';
import { MAX_PAYLOAD_BYTES, SimChannel } from './sim-channel.ts';
import type { SimConnection } from './sim-connection.ts';
import { sizeOf } from './sim-message.ts';

const DRAIN_MS = 5_000;

/** A bus over a simulated connection. Made by `SimWorld.connect`. */
export class SimBus implements Bus {
  readonly maxPayloadBytes = MAX_PAYLOAD_BYTES;
  /** JetStream's API on this connection. */
  readonly api: JetStreamApi;
  readonly #connection: SimConnection;
  readonly #channel: SimChannel;
  readonly #env: Env;
  readonly #onFault: (error: unknown, subject: string) => void;
  readonly #open = new Set<BusSubscription>();
  #closing: Promise<void> | undefined;

  constructor(connection: SimConnection, onFault: (error: unknown, subject: string) => void) {
    this.#connection = connection;
    this.#channel = new SimChannel(connection);
    this.#env = connection.node.env;
    this.#onFault = onFault;
    this.api = new JetStreamApi(this.#channel, connection.link, this.#env);
  }

  get link(): ConnectionLink {
    return this.#connection.link;
  }

  publish(subject: string, data: Uint8Array, options: { reply?: string; headers?: BusHeaders } = {}): void {
    if (!this.link.up) throw new CoppiceError('DISCONNECTED', `no link to NATS: \`${subject}\` not sent`);
    const sizeBytes = sizeOf(data, options.headers);
    if (sizeBytes > MAX_PAYLOAD_BYTES) {
      const message = `a message of ${sizeBytes} bytes for \`${subject}\` is over the limit of ${MAX_PAYLOAD_BYTES} (headers included)`;
      throw new CoppiceError('PAYLOAD_TOO_LARGE', message, { details: { sizeBytes, limitBytes: MAX_PAYLOAD_BYTES } });
    }
    this.#connection.publish({ subject, data: data.slice(), ...options });
  }

  subscribe(subject: string, options: { queue?: string }, onMessage: (message: BusMessage) => void): BusSubscription {
    const inner = this.#connection.subscribeDrained({ subject, ...options }, (message) => {
      try {
        onMessage(message);
      } catch (error) {
        this.#onFault(error, subject);
      }
    });
    const subscription: BusSubscription = {
      close: () => {
        this.#open.delete(subscription);
        inner.close();
      },
      drain: async () => {
        this.#open.delete(subscription);
        await inner.drain();
      },
    };
    this.#open.add(subscription);
    return subscription;
  }

  newInbox(): string {
    return this.#channel.newInbox();
  }

  async flush(): Promise<void> {
    if (!this.link.up) throw new CoppiceError('DISCONNECTED', 'no link to NATS');
    if (!(await this.#connection.ping())) throw new CoppiceError('DISCONNECTED', 'link to NATS lost');
  }

  service(description: ServiceDescription): Promise<Closeable> {
    return announceService(this, this.#env, description);
  }

  async createLog(spec: LogSpec, firstSeq?: number): Promise<void> {
    await createLogStream(this.api, spec, { replicas: 1, firstSeq });
  }

  async deleteLog(spec: LogSpec): Promise<void> {
    await new Stream(this.api, spec.stream).delete();
  }

  openLog(spec: LogSpec): Log {
    return new NatsLog(this.api, spec);
  }

  async openRegistry(options: RegistryOptions): Promise<Registry> {
    const registry = new NatsRegistry(this.api, options, { replicas: 1, onFault: this.#onFault });
    await registry.open(options);
    return registry;
  }

  /** Hands over what was received, sends what is waiting, and closes the connection. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.link.up) {
      let stop = (): void => {};
      const tooLong = new Promise<void>((resolve) => {
        stop = this.#env.clock.after(DRAIN_MS, resolve);
      });
      await Promise.race([this.#drain(), tooLong]);
      stop();
    }
    this.#channel.close();
    this.#connection.close();
  }

  async #drain(): Promise<void> {
    await Promise.all([...this.#open].map((one) => one.drain()));
    await this.#connection.ping();
  }
}

/**
 * What the cluster needs of a message bus, and nothing else: subjects with queue groups, a fenced log, a registry
 * with compare-and-set, and the services API. `bus/nats` implements it over a NATS connection.
 */
import type { Log } from './log.ts';
import type { Registry, RegistryOptions } from './registry.ts';

/** Headers of a message, by exact name. */
export type BusHeaders = Readonly<Record<string, string>>;

/** A message as it arrives. `data` belongs to the receiver until the handler returns. */
export type BusMessage = {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string | undefined;
  /** Reads one header; undefined where it is absent. */
  header(name: string): string | undefined;
  /** The bus itself answered: nobody is subscribed to the subject requested. */
  readonly noResponders: boolean;
};

/** Anything that was opened. Closing twice is harmless. */
export interface Closeable {
  close(): Promise<void>;
}

/** A subscription. */
export interface BusSubscription {
  /** Stops at once; messages not yet handled are dropped. */
  close(): void;
  /** Stops taking new messages, and resolves when those received have been handed to the handler. */
  drain(): Promise<void>;
}

/** Whether the link to the bus is up, and news of it. */
export interface Link {
  readonly up: boolean;
  /** How often the link came up again since the start. */
  readonly reconnects: number;
  /** Calls `listener` at each change, until the function returned is called. */
  onChange(listener: (up: boolean) => void): () => void;
  /** Resolves when the link is up. Throws CoppiceError `DISCONNECTED` after `withinMs`. */
  whenUp(withinMs: number, signal?: AbortSignal): Promise<void>;
}

/** One endpoint of a service. */
export type ServiceEndpoint = {
  readonly name: string;
  readonly subject: string;
  readonly queue: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** `answered` is told when the answer has gone out, with the message if it was an error: it feeds `$SRV.STATS`. */
  readonly onMessage: (message: BusMessage, answered: (error?: string) => void) => void;
};

/** A service that answers discovery (`$SRV.PING|INFO|STATS`). */
export type ServiceDescription = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly endpoints: readonly ServiceEndpoint[];
};

/** A stream that holds the log of one life of a group. */
export type LogSpec = {
  /** Stream name. */
  readonly stream: string;
  /** Subject without the shard: a shard's records lie on `<subjectPrefix>.<shard>`. */
  readonly subjectPrefix: string;
};

/** The bus. */
export interface Bus extends Closeable {
  readonly link: Link;
  /** Largest payload that one message may carry, in bytes. */
  readonly maxPayloadBytes: number;
  /**
   * Publishes a message. Throws CoppiceError `DISCONNECTED` while the link is down, since the message would be
   * dropped silently, and `PAYLOAD_TOO_LARGE` beyond `maxPayloadBytes`.
   */
  publish(subject: string, data: Uint8Array, options?: { reply?: string; headers?: BusHeaders }): void;
  /** Subscribes, in a queue group if one is named. The subscription is in force after the next `flush`. */
  subscribe(subject: string, options: { queue?: string }, onMessage: (message: BusMessage) => void): BusSubscription;
  /** A fresh subject prefix for replies that only this connection receives; append `.<token>` to it. */
  newInbox(): string;
  /** Resolves when the bus has seen all that was sent before. */
  flush(): Promise<void>;
  /** Registers a service. */
  service(description: ServiceDescription): Promise<Closeable>;
  /**
   * Creates the log's stream if it does not exist.
   *
   * @param firstSeq Sequence of its first record; 1 unless told otherwise.
   */
  createLog(spec: LogSpec, firstSeq?: number): Promise<void>;
  /** Deletes the log's stream; harmless if it does not exist. */
  deleteLog(spec: LogSpec): Promise<void>;
  /** Opens a log whose stream exists. */
  openLog(spec: LogSpec): Log;
  /** Opens a registry bucket, creating it if needed and not forbidden by the options. */
  openRegistry(options: RegistryOptions): Promise<Registry>;
}

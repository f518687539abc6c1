/**
 * What JetStream's client side needs of a connection, so that the same logs, registries, tails and watches run on a
 * real server and on the simulated one.
 */
import type { BusHeaders } from '../bus.ts';

/** A message as the server sent it. */
export type ChannelMessage = {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string | undefined;
  /** Status of a message that is the server's own; undefined of all others. */
  readonly status: number | undefined;
  /** Reads one header; undefined where it is absent. */
  header(name: string): string | undefined;
};

/** Who listens to a subject. `onRefused`: the server forbids it. */
export type ChannelListener = {
  onMessage(message: ChannelMessage): void;
  onRefused(reason: string): void;
};

/** One connection. */
export interface JetStreamChannel {
  /** Closed for good, or about to be. */
  readonly closing: boolean;
  /** A fresh subject that only this connection receives. */
  newInbox(): string;
  /**
   * Sends one request. Resolves to undefined when no answer came in time or nobody takes the subject.
   *
   * @throws CoppiceError `PREFLIGHT_FAILED` if it is forbidden, `PAYLOAD_TOO_LARGE`.
   */
  request(
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: number; headers?: BusHeaders },
  ): Promise<Uint8Array | undefined>;
  /** Listens until the function returned is called. */
  subscribe(subject: string, listener: ChannelListener): () => void;
  /** Publishes a message, an empty one unless told otherwise. The link must be up. */
  publish(subject: string, message?: { readonly data: Uint8Array; readonly reply: string }): void;
}

/**
 * Whether the connection is up. The client would drop what is published while it is down, so everything that sends
 * looks here first.
 */
import type { Env } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import type { Link } from './bus.ts';

/** What the connection itself says, which may be ahead of what it has told. */
export type ConnectionProbe = { readonly reachable: () => boolean; readonly closed: () => boolean };

/** The state of one connection. */
export class ConnectionLink implements Link {
  readonly #probe: ConnectionProbe;
  readonly #env: Env;
  readonly #listeners = new Set<(up: boolean) => void>();
  #up = true;
  #reconnects = 0;

  constructor(probe: ConnectionProbe, env: Env) {
    this.#probe = probe;
    this.#env = env;
  }

  get up(): boolean {
    return this.#up && this.#probe.reachable();
  }

  get reconnects(): number {
    return this.#reconnects;
  }

  /** Whether the connection was closed for good. */
  get closed(): boolean {
    return this.#probe.closed();
  }

  onChange(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes news from the client. */
  set(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    if (up) this.#reconnects += 1;
    for (const listener of [...this.#listeners]) listener(up);
  }

  async whenUp(withinMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.up) return;
    if (this.closed) throw new CoppiceError('DISCONNECTED', 'the connection to NATS is closed');
    await new Promise<void>((resolve, reject) => {
      const settle = (done: () => void): void => {
        stopTimer();
        stopListening();
        signal?.removeEventListener('abort', onAbort);
        done();
      };
      const lost = new CoppiceError('DISCONNECTED', `no link to NATS within ${withinMs} ms`);
      const onAbort = (): void => settle(() => reject(asError(signal?.reason)));
      const stopTimer = this.#env.clock.after(withinMs, () => settle(() => reject(lost)));
      const stopListening = this.onChange((up) => {
        if (up) settle(resolve);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

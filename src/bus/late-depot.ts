/**
 * A depot that is opened when it can be: at first use, and again and again if that fails. A leaf whose depot cannot be
 * opened serves reads and writes all the same, and takes no checkpoints meanwhile.
 */
import type { Cancel, Clock } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import type { BlobSource, BlobStat, Depot, DepotOptions, TransferOptions } from './depot.ts';

/** How a late depot is opened. */
export type LateDepotOptions = {
  readonly clock: Clock;
  readonly open: () => Promise<Depot>;
  /** Told when opening failed for a new reason (a text), and when it works (undefined) after it had failed. */
  readonly onState: (failure: string | undefined) => void;
};

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** Opens a depot in the background; until it is open, every operation throws what the last try threw. */
export class LateDepot implements Depot {
  readonly #options: LateDepotOptions;
  #depot: Promise<Depot>;
  #failure: CoppiceError | undefined;
  #failures = 0;
  #retry: Cancel | undefined;
  #closed = false;

  constructor(options: LateDepotOptions) {
    this.#options = options;
    this.#depot = this.#open();
  }

  /** Why the depot is not open, as the last try told; undefined if it is, or the first try is under way. */
  get failure(): string | undefined {
    return this.#failure?.message;
  }

  async put(name: string, source: BlobSource, options?: TransferOptions): Promise<BlobStat> {
    return this.#use((depot) => depot.put(name, source, options));
  }

  async *get(name: string, options?: TransferOptions): AsyncGenerator<Uint8Array> {
    const used = this.#depot;
    try {
      yield* (await used).get(name, options);
    } catch (error) {
      throw this.#judge(error, used);
    }
  }

  async stat(name: string, options?: DepotOptions): Promise<BlobStat> {
    return this.#use((depot) => depot.stat(name, options));
  }

  async list(prefix: string, options?: DepotOptions): Promise<readonly string[]> {
    return this.#use((depot) => depot.list(prefix, options));
  }

  async delete(name: string, options?: DepotOptions): Promise<void> {
    await this.#use((depot) => depot.delete(name, options));
  }

  async sweep(minAgeMs: number, options?: DepotOptions): Promise<number> {
    return this.#use((depot) => depot.sweep(minAgeMs, options));
  }

  /** Closes the depot if it is open, and does not try any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.();
    // A depot that cannot be opened needs no closing, and why it cannot was told by `onState`.
    if (this.#failure === undefined) await (await this.#depot.catch(() => undefined))?.close();
  }

  async #use<Value>(work: (depot: Depot) => Promise<Value>): Promise<Value> {
    const used = this.#depot;
    try {
      return await work(await used);
    } catch (error) {
      throw this.#judge(error, used);
    }
  }

  /**
   * A depot that somebody has removed is opened anew, which makes it if it can be made. What was in it is not found: to
   * whoever asks, that is no different from a blob that is lost.
   */
  #judge(error: unknown, used: Promise<Depot>): unknown {
    if (!isCoppiceError(error, 'STALE_GENERATION')) return error;
    if (used === this.#depot && !this.#closed) this.#depot = this.#open();
    return new CoppiceError('NOT_FOUND', `the depot is gone: ${error.message}`, { cause: error });
  }

  #open(): Promise<Depot> {
    const opening = this.#options.open().then(
      (depot) => this.#opened(depot),
      (error: unknown) => this.#failed(asCoppiceError(error)),
    );
    opening.catch(() => {}); // `failure` and `onState` tell, and each operation throws it
    return opening;
  }

  async #opened(depot: Depot): Promise<Depot> {
    if (this.#closed) {
      await depot.close();
      throw new CoppiceError('CANCELLED', 'the depot was closed while it was being opened');
    }
    if (this.#failure !== undefined) this.#options.onState(undefined);
    this.#failure = undefined;
    return depot;
  }

  #failed(error: CoppiceError): never {
    if (this.#failure?.message !== error.message) this.#options.onState(error.message);
    this.#failure = error;
    if (!this.#closed) {
      const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10));
      this.#retry = this.#options.clock.after(delayMs, () => this.#tryAgain());
    }
    throw error;
  }

  /** Until the new try has ended, operations fail as before: none waits for it. */
  #tryAgain(): void {
    const next = this.#open();
    const take = (): void => {
      this.#depot = next;
    };
    next.then(take, take);
  }
}

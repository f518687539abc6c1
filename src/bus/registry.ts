/**
 * The registry: small JSON values under keys, changed by compare-and-set, watched by everyone.
 */
import type { Closeable } from './bus.ts';

/** How a bucket is opened. */
export type RegistryOptions = {
  readonly bucket: string;
  /** Entries not written again within this time vanish; undefined keeps them. */
  readonly ttlMs?: number;
  /** Whether a bucket that does not exist is made, as it is unless told otherwise, or refused with `NOT_FOUND`. */
  readonly create?: boolean;
};

/** One entry. Values are JSON. */
export type RegistryEntry = { readonly key: string; readonly value: unknown; readonly revision: number };

/** A change seen by a watch: `value` undefined means that the key is gone. */
export type RegistryChange = { readonly key: string; readonly value: unknown; readonly revision: number };

/** A bucket. */
export interface Registry {
  get(key: string): Promise<RegistryEntry | undefined>;
  /** Creates a key that does not exist, or was deleted or has expired. Throws CoppiceError `CONFLICT` if it exists. */
  create(key: string, value: unknown): Promise<number>;
  /** Replaces the value if the key is still at `revision`. Throws `CONFLICT` otherwise. Returns the new revision. */
  update(key: string, value: unknown, revision: number): Promise<number>;
  /** Sets the value whatever it was. */
  put(key: string, value: unknown): Promise<number>;
  /** Deletes the key, if it is still at `revision` where one is given. */
  delete(key: string, revision?: number): Promise<void>;
  /** Every entry whose key begins with `prefix`. */
  list(prefix: string): Promise<readonly RegistryEntry[]>;
  /**
   * Watches keys that begin with `prefix` (`''`: all). Resolves after the present entries have been delivered.
   * Compares itself with a full listing from time to time and after each reconnect, and delivers what it missed;
   * never delivers an older revision after a newer one.
   */
  watch(prefix: string, onChange: (change: RegistryChange) => void): Promise<Closeable>;
}

/**
 * The registry over a JetStream key-value bucket: the layout that other NATS tools read, with writes that are never
 * in doubt, and reads from the leader.
 */
import { CoppiceError, isCoppiceError } from '../../errors.ts';
import type { Closeable } from '../bus.ts';
import type { Registry, RegistryChange, RegistryEntry, RegistryOptions } from '../registry.ts';
import { CALL_MS, type JetStreamApi } from './api.ts';
import { entryBytes, MARKERS, presentValue } from './registry-entry.ts';
import { Stream, type StreamWrite, type WriteOutcome } from './stream.ts';
import { RegistryWatch } from './watch.ts';

const NANOS_PER_MS = 1_000_000;
const MAX_DUPLICATE_WINDOW_MS = 120_000;
const MARKER_MS = 60_000;
const DELETION_KEPT = '1h';
const CREATE_TRIES = 5;
const KEY = /^[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*$/;

/** What a registry needs beside its bucket. */
export type RegistryContext = {
  readonly replicas: number;
  readonly onFault: (error: unknown, subject: string) => void;
};

/** A bucket. */
export class NatsRegistry implements Registry {
  readonly #stream: Stream;
  readonly #prefix: string;
  readonly #context: RegistryContext;

  constructor(api: JetStreamApi, options: RegistryOptions, context: RegistryContext) {
    this.#stream = new Stream(api, `KV_${options.bucket}`);
    this.#prefix = `$KV.${options.bucket}.`;
    this.#context = context;
  }

  /** Makes sure that the bucket's stream exists: creates it, or refuses with `NOT_FOUND`. */
  async open({ bucket, ttlMs, create = true }: RegistryOptions): Promise<void> {
    if (create) return this.#createStream(ttlMs);
    try {
      await this.#stream.lastSeq();
    } catch (error) {
      if (!isCoppiceError(error, 'STALE_GENERATION')) throw error;
      throw new CoppiceError('NOT_FOUND', `there is no registry \`${bucket}\``, { cause: error });
    }
  }

  /** How many copies JetStream keeps of it. */
  async replicas(): Promise<number> {
    return this.#stream.replicas();
  }

  async #createStream(ttlMs: number | undefined): Promise<void> {
    const expiry =
      ttlMs === undefined
        ? { max_age: 0, duplicate_window: MAX_DUPLICATE_WINDOW_MS * NANOS_PER_MS }
        : {
            max_age: ttlMs * NANOS_PER_MS,
            duplicate_window: Math.min(ttlMs, MAX_DUPLICATE_WINDOW_MS) * NANOS_PER_MS,
            subject_delete_marker_ttl: MARKER_MS * NANOS_PER_MS,
          };
    await this.#stream.create({
      ...expiry,
      subjects: [`${this.#prefix}>`],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      max_bytes: -1,
      max_msgs: -1,
      max_msgs_per_subject: 1,
      max_consumers: -1,
      deny_delete: true,
      deny_purge: false,
      allow_direct: true,
      allow_rollup_hdrs: true,
      allow_msg_ttl: true,
      num_replicas: this.#context.replicas,
    });
  }

  async get(key: string): Promise<RegistryEntry | undefined> {
    const stored = await this.#stream.read({ last_by_subj: this.#subject(key) });
    if (stored === undefined) return undefined;
    const value = presentValue(key, stored);
    return value === undefined ? undefined : { key, value, revision: stored.seq };
  }

  async create(key: string, value: unknown): Promise<number> {
    const data = entryBytes(key, value);
    let expectedSeq = 0;
    for (let tries = 0; tries < CREATE_TRIES; tries += 1) {
      const outcome = await this.#write({ subject: this.#subject(key), data, expectedSeq });
      if (outcome.kind === 'stored') return outcome.seq;
      if (outcome.last !== undefined && presentValue(key, outcome.last) !== undefined) throw conflict(key, outcome);
      expectedSeq = outcome.last?.seq ?? 0; // over the marker of a deletion or an expiry
    }
    throw new CoppiceError('CONFLICT', `registry entry \`${key}\` keeps changing`);
  }

  async update(key: string, value: unknown, revision: number): Promise<number> {
    return stored(
      key,
      await this.#write({ subject: this.#subject(key), data: entryBytes(key, value), expectedSeq: revision }),
    );
  }

  async put(key: string, value: unknown): Promise<number> {
    return stored(
      key,
      await this.#write({ subject: this.#subject(key), data: entryBytes(key, value), expectedSeq: undefined }),
    );
  }

  async delete(key: string, revision?: number): Promise<void> {
    const headers = { [MARKERS.operation]: 'DEL', 'Nats-TTL': DELETION_KEPT };
    stored(
      key,
      await this.#write({ subject: this.#subject(key), data: new Uint8Array(0), expectedSeq: revision, headers }),
    );
  }

  async list(prefix: string): Promise<readonly RegistryEntry[]> {
    const found = new Map<string, RegistryEntry>();
    const watch = await this.watch(prefix, ({ key, value, revision }) => {
      if (value === undefined) found.delete(key);
      else found.set(key, { key, value, revision });
    });
    await watch.close();
    return [...found.values()];
  }

  async watch(prefix: string, onChange: (change: RegistryChange) => void): Promise<Closeable> {
    const { onFault } = this.#context;
    const watch = new RegistryWatch(this.#stream, {
      subjectPrefix: this.#prefix,
      keyPrefix: prefix,
      onChange,
      onFault,
    });
    await watch.start();
    return watch;
  }

  #subject(key: string): string {
    if (!KEY.test(key)) throw new CoppiceError('INVALID_NAME', `invalid registry key \`${key}\``);
    return `${this.#prefix}${key}`;
  }

  async #write(write: Omit<StreamWrite, 'id'>): Promise<WriteOutcome> {
    const { env } = this.#stream.api;
    const controller = new AbortController();
    const stop = env.clock.after(CALL_MS, () => {
      controller.abort(
        new CoppiceError('DISCONNECTED', `registry did not acknowledge \`${write.subject}\` within ${CALL_MS} ms`),
      );
    });
    try {
      return await this.#stream.write({ ...write, id: env.random.id() }, controller.signal);
    } finally {
      stop();
    }
  }
}

function stored(key: string, outcome: WriteOutcome): number {
  if (outcome.kind === 'fenced') throw conflict(key, outcome);
  return outcome.seq;
}

function conflict(key: string, outcome: { readonly last: { readonly seq: number } | undefined }): CoppiceError {
  const revision = outcome.last?.seq ?? 0;
  return new CoppiceError('CONFLICT', `registry entry \`${key}\` is at revision ${revision}`, {
    details: { key, revision },
  });
}

/**
 * One bucket of objects as its stream's leader holds it: what is known under which name, created by compare-and-set,
 * and the removal of chunks. Everything here is answered by the leader, so nothing is stale.
 */
import { CoppiceError } from '../../errors.ts';
import { blobExists, corruptBlob } from '../depot.ts';
import { isRecord, type JetStreamApi, numberAt } from './api.ts';
import {
  chunkSubject,
  decodeMeta,
  encodeMeta,
  lastToken,
  metaSubject,
  metaSubjects,
  nameInSubject,
  type ObjectMeta,
  objectStream,
  objectStreamConfig,
} from './object-layout.ts';
import { Stream } from './stream.ts';

/** What is known of an object, and the sequence of the message that says so. */
export type StoredMeta = ObjectMeta & { readonly seq: number };

type CallOptions = { readonly signal?: AbortSignal; readonly withinMs?: number };

const CREATE_TRIES = 5;

/** A bucket by name. */
export class ObjectBucket {
  readonly stream: Stream;
  readonly #bucket: string;

  /** Throws CoppiceError `INVALID_NAME`. */
  constructor(api: JetStreamApi, bucket: string) {
    this.#bucket = bucket;
    this.stream = new Stream(api, objectStream(bucket));
  }

  /** Makes the bucket unless it exists. Throws `PREFLIGHT_FAILED` if what exists cannot be used. */
  async open(replicas: number): Promise<void> {
    await this.stream.create(objectStreamConfig(this.#bucket, replicas));
    const { config } = await this.stream.ask(`STREAM.INFO.${this.stream.name}`, undefined);
    const usable = isRecord(config) && config['allow_direct'] === true && config['deny_purge'] !== true;
    if (usable && config['sealed'] !== true) return;
    const message = `bucket \`${this.#bucket}\` is no depot: its stream \`${this.stream.name}\` must allow direct gets and purging, and not be sealed`;
    throw new CoppiceError('PREFLIGHT_FAILED', message);
  }

  /** Subject of the chunks of an upload. */
  chunkSubject(upload: string): string {
    return chunkSubject(this.#bucket, upload);
  }

  /** Looks a name up; undefined if it is free. */
  async find(name: string, signal?: AbortSignal): Promise<StoredMeta | undefined> {
    const where = { last_by_subj: metaSubject(this.#bucket, name) };
    const message = await this.stream.read(where, signal === undefined ? {} : { signal });
    const meta = message === undefined ? undefined : decodeMeta(name, message);
    return message === undefined || meta === undefined ? undefined : { ...meta, seq: message.seq };
  }

  /** All names, those included that the NATS client has marked as deleted. */
  async names(signal: AbortSignal): Promise<string[]> {
    const subjects = await this.#subjects(metaSubjects(this.#bucket), signal);
    return [...subjects.keys()].map(nameInSubject);
  }

  /** Checks that all chunks are there, and none twice. Throws `CORRUPT_BLOB` if the upload was disturbed. */
  async checkChunks(meta: ObjectMeta, signal: AbortSignal): Promise<void> {
    const subject = this.chunkSubject(meta.upload);
    const stored = (await this.#subjects(subject, signal)).get(subject) ?? 0;
    if (stored !== meta.chunks) throw corruptBlob(meta.name, `${stored} of ${meta.chunks} chunks were stored`);
  }

  /**
   * Makes an object visible, if its name is still free.
   *
   * @throws CoppiceError `CONFLICT` if it is not, `OUTCOME_UNKNOWN` if that could not be learned in time.
   */
  async create(meta: ObjectMeta, how: { chunkBytes: number; withinMs: number }): Promise<void> {
    const { env } = this.stream.api;
    const modified = new Date(env.clock.wallMs()).toISOString();
    const data = encodeMeta(this.#bucket, meta, { chunkBytes: how.chunkBytes, modified });
    const giveUp = new AbortController();
    const stop = env.clock.after(how.withinMs, () => {
      const message = `it was not learned within ${how.withinMs} ms whether blob \`${meta.name}\` is stored`;
      giveUp.abort(new CoppiceError('OUTCOME_UNKNOWN', message));
    });
    try {
      await this.#create(meta, data, giveUp.signal);
    } finally {
      stop();
    }
  }

  /** Makes an object invisible; harmless if it is gone already, or another stands under its name. */
  async remove(meta: StoredMeta, signal: AbortSignal): Promise<void> {
    await this.#purge({ filter: metaSubject(this.#bucket, meta.name), seq: meta.seq + 1 }, { signal });
  }

  /** Removes the chunks of an upload. */
  async purgeChunks(upload: string, options: CallOptions): Promise<void> {
    await this.#purge({ filter: this.chunkSubject(upload) }, options);
  }

  /**
   * Removes chunks that belong to no object and were not added to for `minAgeMs`, by the server's clock. Objects are
   * listed after the chunks, so that an upload that is completed meanwhile is seen.
   */
  async sweep(minAgeMs: number, signal: AbortSignal): Promise<number> {
    const uploads = [...(await this.#subjects(chunkSubject(this.#bucket, '*'), signal)).keys()].map(lastToken);
    const used = await this.#uploadsInUse(signal);
    let removed = 0;
    for (const upload of uploads) {
      if (used.has(upload) || (await this.#isYoung(upload, minAgeMs, signal))) continue;
      await this.purgeChunks(upload, { signal });
      removed += 1;
    }
    return removed;
  }

  async #create(meta: ObjectMeta, data: Uint8Array, signal: AbortSignal): Promise<void> {
    const { random } = this.stream.api.env;
    const subject = metaSubject(this.#bucket, meta.name);
    let expectedSeq = 0;
    for (let tries = 0; tries < CREATE_TRIES; tries += 1) {
      const outcome = await this.stream.write({ subject, id: random.id(), data, expectedSeq }, signal);
      if (outcome.kind === 'stored') return;
      if (outcome.last !== undefined && decodeMeta(meta.name, outcome.last) !== undefined) throw blobExists(meta.name);
      expectedSeq = outcome.last?.seq ?? 0; // over the mark of a deletion by the client
    }
    throw blobExists(meta.name);
  }

  async #uploadsInUse(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const used = new Set<string>();
    for (const name of await this.names(signal)) {
      const meta = await this.find(name, signal);
      if (meta !== undefined) used.add(meta.upload);
    }
    return used;
  }

  async #isYoung(upload: string, minAgeMs: number, signal: AbortSignal): Promise<boolean> {
    const last = await this.stream.read({ last_by_subj: this.chunkSubject(upload) }, { signal });
    if (last === undefined) return true; // removed meanwhile
    const { ts } = await this.stream.ask(`STREAM.INFO.${this.stream.name}`, undefined);
    return Date.parse(String(ts)) - Date.parse(last.time) < minAgeMs;
  }

  /** Subjects that match a pattern, and how many messages each has. */
  async #subjects(pattern: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (;;) {
      signal.throwIfAborted();
      const body = { subjects_filter: pattern, offset: found.size };
      const answer = await this.stream.ask(`STREAM.INFO.${this.stream.name}`, body, { signal });
      const page = isRecord(answer['state']) ? answer['state']['subjects'] : undefined;
      const entries = isRecord(page) ? Object.keys(page) : [];
      if (isRecord(page)) for (const subject of entries) found.set(subject, numberAt(page, subject));
      if (entries.length === 0 || found.size >= numberAt(answer, 'total')) return found;
    }
  }

  async #purge(body: Readonly<Record<string, unknown>>, options: CallOptions): Promise<void> {
    await this.stream.ask(`STREAM.PURGE.${this.stream.name}`, body, options);
  }
}

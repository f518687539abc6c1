/**
 * Loads documents into an index: bulk requests of bounded size, a bounded number of them under way, and nothing read
 * ahead of what is sent. Each document has an id before it is sent, so that a retry writes the same one.
 */
import type { Coppice } from '../../../src/client/client.ts';
import { type Env, pause } from '../../../src/env.ts';
import { asCoppiceError } from '../../../src/errors.ts';
import { failedItems } from './bulk-answer.ts';
import type { SourceItem } from './source.ts';

/** A source item that was not loaded. */
export type LoadFailure = { readonly line: number; readonly reason: string; readonly raw: Uint8Array };

/** How a load is done. */
export type LoadOptions = {
  readonly coppice: Pick<Coppice, 'request'>;
  readonly index: string;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
  readonly onFailure: (failure: LoadFailure) => void;
};

/** How far a load has come. */
export type LoadProgress = { readonly docs: number; readonly failed: number; readonly share: number | undefined };

type Entry = { readonly id: string; readonly doc: unknown; readonly line: number; readonly raw: Uint8Array };
type Batch = { readonly entries: Entry[]; readonly ids: Set<string>; bytes: number; share: number | undefined };

/** Bounds of one request, and of what is under way. */
const BATCH_DOCUMENTS = 1_000;
const BATCH_BYTES = 256 * 1024;
const IN_FLIGHT = 4;
const RETRY_FIRST_MS = 50;
const RETRY_LAST_MS = 2_000;
/** A document that is refused for so long has failed. */
const RETRY_WITHIN_MS = 60_000;

/** One load. */
export class Loader {
  readonly #options: LoadOptions;
  readonly #underWay = new Map<Promise<void>, Batch>();
  #batch = newBatch();
  #docs = 0;
  #failed = 0;
  #share: number | undefined;
  #broken: Error | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /**
   * Loads everything the source gives.
   *
   * @throws CoppiceError if nothing can be loaded, as into an index that does not exist; the signal's reason if it is
   *   aborted. What is under way then is waited for.
   */
  async run(source: AsyncIterable<SourceItem>): Promise<LoadProgress> {
    try {
      for await (const item of source) {
        this.#options.signal.throwIfAborted();
        await this.#take(item);
        if (this.#broken !== undefined) throw this.#broken;
      }
      await this.#send();
    } finally {
      await Promise.all(this.#underWay.keys());
    }
    if (this.#broken !== undefined) throw this.#broken;
    return this.progress();
  }

  /** How far it has come. */
  progress(): LoadProgress {
    return { docs: this.#docs, failed: this.#failed, share: this.#share };
  }

  async #take(item: SourceItem): Promise<void> {
    if ('error' in item) {
      this.#fail(item, item.error);
      return;
    }
    const id = item.id ?? this.#options.env.random.id();
    const bytes = item.raw.length;
    if (this.#batch.ids.has(id) || this.#batch.bytes + bytes > BATCH_BYTES) await this.#send();
    // Of two documents with one id the later one must win, so the earlier one is waited for.
    if (this.#isUnderWay(id)) await Promise.all(this.#underWay.keys());
    this.#batch.entries.push({ id, doc: item.doc, line: item.line, raw: item.raw });
    this.#batch.ids.add(id);
    this.#batch.bytes += bytes;
    this.#batch.share = item.share;
    if (this.#batch.entries.length >= BATCH_DOCUMENTS) await this.#send();
  }

  #isUnderWay(id: string): boolean {
    return [...this.#underWay.values()].some(({ ids }) => ids.has(id));
  }

  /** Sends the batch as soon as there is room; resolves when it is on its way. */
  async #send(): Promise<void> {
    const batch = this.#batch;
    if (batch.entries.length === 0) return;
    this.#batch = newBatch();
    while (this.#underWay.size >= IN_FLIGHT) await Promise.race(this.#underWay.keys());
    const work: Promise<void> = this.#write(batch)
      .catch((error: unknown) => {
        this.#broken ??= asCoppiceError(error);
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.set(work, batch);
  }

  async #write(batch: Batch): Promise<void> {
    const { env, signal } = this.#options;
    let left: readonly Entry[] = batch.entries;
    const startMs = env.clock.nowMs();
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(RETRY_LAST_MS, waitMs * 2)) {
      const lastTry = env.clock.nowMs() - startMs > RETRY_WITHIN_MS;
      left = await this.#writeOnce(left, lastTry);
      if (left.length === 0) break;
      await pause(env.clock, waitMs * (0.5 + env.random.next()), signal);
    }
    this.#share = Math.max(this.#share ?? 0, batch.share ?? 0) || undefined;
    this.#options.onProgress(this.progress());
  }

  /** Returns what is worth another try. */
  async #writeOnce(entries: readonly Entry[], lastTry: boolean): Promise<readonly Entry[]> {
    const { coppice, index, signal } = this.#options;
    const operations = entries.flatMap(({ id, doc }) => [{ index: { _id: id } }, doc]);
    let answer: unknown;
    try {
      answer = await coppice.request('bulk', index, { operations }, { signal });
    } catch (error) {
      if (!asCoppiceError(error).retryable || lastTry) throw error;
      return entries;
    }
    const failed = new Map(failedItems(answer, entries.length).map((item) => [item.place, item]));
    this.#docs += entries.length - failed.size;
    const again: Entry[] = [];
    for (const [place, { reason, retryable }] of failed) {
      const entry = entries[place];
      if (entry === undefined) continue;
      if (retryable && !lastTry) again.push(entry);
      else this.#fail(entry, reason);
    }
    return again;
  }

  #fail({ line, raw }: { readonly line: number; readonly raw: Uint8Array }, reason: string): void {
    this.#failed += 1;
    this.#options.onFailure({ line, reason, raw });
  }
}

function newBatch(): Batch {
  return { entries: [], ids: new Set(), bytes: 0, share: undefined };
}

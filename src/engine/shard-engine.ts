/**
 * The engine of one shard: joins the writer, the evaluator and the store behind the `Engine` interface. A write goes to
 * the head and is found by the next search; a search looks at all parts as they are at that moment.
 */

import { CoppiceError } from '../errors.ts';
import type { AnalysisSettings, Analyzers } from './analysis/analyzer.ts';
import { createAnalyzers } from './analysis/analyzers.ts';
import {
  checkDocument,
  checkId,
  checkOptions,
  checkOrdinal,
  checkSchema,
  checkSegmentCount,
} from './check/check-document.ts';
import { checkQuery } from './check/check-query.ts';
import { checkSearch, checkStatistics } from './check/check-search.ts';
import type {
  Engine,
  EngineDocument,
  EngineHighlighter,
  EngineHits,
  EngineOptions,
  EngineSearch,
  Explanation,
  QueryStatistics,
  Schema,
  StoredDocument,
} from './engine.ts';
import { ShardHighlighter } from './highlight/shard-highlighter.ts';
import { createSearchKernel } from './kernel/search-kernel.ts';
import type { Region, RegionPool, SharedMemory } from './memory/region.ts';
import { documentAt, placeOfOrdinal } from './part/document-place.ts';
import type { IndexPart } from './part/index-part.ts';
import type { ShardView } from './part/shard-view.ts';
import { explainDocument } from './query/explain.ts';
import { FilterCache } from './query/filter-cache.ts';
import type { Query } from './query/query.ts';
import { statisticsOfParts } from './query/query-statistics.ts';
import { countParts, searchParts } from './query/search-parts.ts';
import { termsOfQuery } from './query/sought-terms.ts';
import type { Bm25Parameters } from './score/bm25.ts';
import { liveBytes } from './segment/section-map.ts';
import { LENT_BYTES, type SharedShard } from './shared-shard.ts';
import { createMemoryStore } from './store/memory-store.ts';
import type { Store } from './store/store.ts';
import { CommitLog } from './writer/commit-log.ts';
import { FieldMap } from './writer/field-map.ts';
import { PendingCommit } from './writer/pending-commit.ts';
import type { SegmentSlot } from './writer/segment-list.ts';
import { ShardWriter } from './writer/shard-writer.ts';
import { threadRegions } from './writer/thread-memory.ts';

/** Options of a shard's engine. */
export type ShardEngineOptions = EngineOptions & {
  /** Analyzers made elsewhere, instead of those that `analysis` describes. */
  readonly analyzers?: Analyzers;
  /** Memory of segments. Default: that of the thread, shared by its engines. */
  readonly regions?: RegionPool;
  /** Whether the WebAssembly kernel evaluates what it can. Default true. */
  readonly kernel?: boolean;
  /** A clock for profiles, in milliseconds. */
  readonly nowMs?: () => number;
  /** Documents, or bytes, that the head takes before it is written out. Default 65,536 and 32 MiB. */
  readonly headDocuments?: number;
  readonly headBytes?: number;
  /** Segments that are merged at once, at least. Default 8. */
  readonly mergeFactor?: number;
  /** No merge makes a segment that takes more memory. Default 1 GiB. */
  readonly maxSegmentBytes?: number;
  /** Segments with a larger share of deleted documents are rewritten. Default 0.25. */
  readonly maxDeletedShare?: number;
};

/** What an engine holds. */
export type ShardStats = {
  readonly docCount: number;
  readonly sizeBytes: number;
  /** Deleted documents that still take room. */
  readonly deletedCount: number;
  readonly segmentCount: number;
  /** Bytes of segments in memory, of the head, and of files of segments. */
  readonly segmentBytes: number;
  readonly headBytes: number;
  readonly fileBytes: number;
  /** Flushes and merges under way. */
  readonly pendingJobs: number;
  /** Bytes of segments that flushes and merges have made: their ratio is the write amplification. */
  readonly flushedBytes: number;
  readonly mergedBytes: number;
  readonly flushes: number;
  readonly merges: number;
};

const MEBIBYTE = 2 ** 20;
/** Most bytes that are lost between two regions. */
const ALIGNMENT = 64;

/** Makes an empty index in memory. */
export function createEngine(options: ShardEngineOptions = {}): ShardEngine {
  return openEngine({ ...options, store: createMemoryStore() });
}

/**
 * Opens the index that was last committed to a store, or makes an empty one there. Its schema and analysis are those that
 * were committed; `schema` may add fields. The store is locked until the engine is closed.
 *
 * @throws CoppiceError `CORRUPT_SEGMENT` if a file is damaged, `STORE_IN_USE` if another engine has the store, `BAD_REQUEST`
 * for options that cannot be.
 */
export function openEngine(options: ShardEngineOptions & { readonly store: Store }): ShardEngine {
  checkOptions(options);
  if (options.schema !== undefined) checkSchema(options.schema);
  const unlock = options.store.lock();
  try {
    return new ShardEngine(options, { commits: new CommitLog(options.store), unlock });
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The last commit of a store that is locked, and what gives the store back. */
type LockedCommits = { readonly commits: CommitLog; readonly unlock: () => void };

/** One shard's index. */
export class ShardEngine implements Engine {
  readonly #commits: CommitLog;
  readonly #unlock: () => void;
  readonly #regions: RegionPool;
  readonly #analysis: AnalysisSettings;
  readonly #analyzers: Analyzers;
  readonly #fields: FieldMap;
  readonly #parameters: Bm25Parameters;
  readonly #options: ShardEngineOptions;
  readonly #writer: ShardWriter;
  readonly #filters = new FilterCache();
  readonly #shares = new Map<number, { readonly slots: readonly SegmentSlot[]; readonly lent: readonly Region[] }>();
  #shareCount = 0;
  #view: ShardView | undefined;
  #pendingCommit: PendingCommit | undefined;
  #isClosed = false;

  /** Use `createEngine` or `openEngine`. */
  constructor(options: ShardEngineOptions & { readonly store: Store }, { commits, unlock }: LockedCommits) {
    this.#options = options;
    this.#unlock = unlock;
    this.#commits = commits;
    this.#regions = options.regions ?? threadRegions();
    this.#analysis = commits.last?.analysis ?? options.analysis ?? {};
    this.#analyzers = options.analyzers ?? createAnalyzers(this.#analysis);
    this.#fields = new FieldMap(this.#analyzers);
    this.#fields.add(commits.last?.schema ?? {});
    this.#fields.add(options.schema ?? {});
    this.#parameters = { k1: options.k1 ?? 1.2, b: options.b ?? 0.75 };
    this.#writer = this.#createWriter(options.store);
    commits.load(this.#writer.segments, this.#regions);
  }

  get schema(): Schema {
    return this.#fields.schema;
  }

  addFields(schema: Schema): void {
    checkSchema(schema);
    this.#fields.add(schema);
  }

  put(document: EngineDocument): void {
    this.#checkOpen();
    checkDocument(document);
    this.#writer.put(document);
  }

  delete(id: string): boolean {
    this.#checkOpen();
    checkId(id);
    return this.#writer.delete(id);
  }

  get(id: string): StoredDocument | undefined {
    checkId(id);
    const place = this.#writer.find(id);
    return place === undefined ? undefined : documentAt(this.#writer.parts, place);
  }

  documentAt(ordinal: number): StoredDocument {
    const { parts } = this.#writer;
    checkOrdinal(ordinal, endOrdinalOf(parts));
    return documentAt(parts, placeOfOrdinal(parts, ordinal));
  }

  search(request: EngineSearch): EngineHits {
    checkSearch(request);
    this.#writer.noteSearch();
    return searchParts(this.#currentView(), request, this.#filters);
  }

  count(query: Query): number {
    checkQuery(query);
    this.#writer.noteSearch();
    return countParts(this.#currentView(), query, this.#filters);
  }

  explain(id: string, request: Pick<EngineSearch, 'query' | 'statistics'>): Explanation | undefined {
    checkId(id);
    checkQuery(request.query);
    checkStatistics(request.statistics);
    const place = this.#writer.find(id);
    return place === undefined ? undefined : explainDocument(this.#currentView(), place, request);
  }

  statisticsOf(query: Query): QueryStatistics {
    checkQuery(query);
    return statisticsOfParts(this.#currentView(), query);
  }

  termsOf(query: Query): ReadonlyMap<string, ReadonlySet<string>> {
    checkQuery(query);
    return termsOfQuery(this.#currentView(), query);
  }

  highlighter(query: Query): EngineHighlighter {
    checkQuery(query);
    return new ShardHighlighter(this.#currentView(), query);
  }

  stats(): ShardStats {
    const { parts, segments, headBytes, written, pendingJobs } = this.#writer;
    const sum = (of: (slot: SegmentSlot) => number): number =>
      segments.slots.reduce((total, slot) => total + of(slot), 0);
    const docCount = parts.reduce((total, { liveCount }) => total + liveCount, 0);
    const segmentBytes = sum(({ segment }) => segment.hotBytes);
    return {
      docCount,
      sizeBytes: segmentBytes + headBytes,
      deletedCount: endOrdinalOf(parts) - docCount,
      segmentCount: segments.slots.length,
      segmentBytes,
      headBytes,
      fileBytes: sum(({ segment }) => segment.fileBytes),
      pendingJobs,
      ...written,
    };
  }

  /** What queries and aggregations read, as it is now. Valid until the next write. */
  view(): ShardView {
    return this.#currentView();
  }

  /**
   * Goes on with flushes and merges while nothing else is to do. What was found before is to be read before: ordinals
   * may change.
   *
   * @param shouldStop Asked about every millisecond. Default: never.
   * @returns Whether there is more to do.
   */
  maintain(shouldStop: () => boolean = () => false): boolean {
    this.#checkOpen();
    return this.#writer.maintain(shouldStop);
  }

  /** Does all the work that is due. */
  settle(): void {
    this.maintain();
  }

  /** Writes out what is in memory and merges segments until there are at most so many. Takes as long as it takes. */
  forceMerge(maxSegments = 1): void {
    this.#checkOpen();
    checkSegmentCount(maxSegments);
    this.#writer.forceMerge(Math.max(1, maxSegments));
  }

  /** Makes everything that was written so far survive: a later `openEngine` finds exactly this. */
  commit(): void {
    this.beginCommit().finish();
  }

  /**
   * Finishes in slices what `beginCommit` would else finish at once.
   *
   * @param shouldStop Asked about every millisecond.
   * @returns Whether there is more to do.
   */
  prepareCommit(shouldStop: () => boolean): boolean {
    this.#checkOpen();
    while (this.#writer.stepFlush()) if (shouldStop()) return true;
    return false;
  }

  /**
   * Begins a commit of everything that was written so far, which is then written in slices; later writes are not in it. Of
   * several that overlap, the former is finished at once when the next begins.
   *
   * @param onFiles Told the files once they are complete. They do not change, and stay until the next commit.
   */
  beginCommit(onFiles: (files: readonly string[]) => void = () => {}): PendingCommit {
    this.#checkOpen();
    this.#pendingCommit?.yield();
    const state = { schema: this.schema, analysis: this.#analysis };
    const pending = new PendingCommit({ commits: this.#commits, writer: this.#writer, state, onFiles });
    this.#pendingCommit = pending;
    return pending;
  }

  /** Files of the last commit; they do not change, and stay until the next one. */
  files(): readonly string[] {
    return this.#commits.files;
  }

  /**
   * The segments as they are now, for another thread to search over the same memory (`openShared`). What is in the head is
   * written out first. Later writes are not seen there.
   */
  share(): SharedShard {
    this.#checkOpen();
    this.#writer.flush();
    const slots = this.#writer.segments.hold();
    const segments = slots.map(({ segment }) => segment.share());
    const lent = slots.length === 0 ? [] : this.#lend(slots);
    const number = ++this.#shareCount;
    this.#shares.set(number, { slots, lent });
    const ranges = lent.map(({ memory, address, byteLength }) => ({ memory, address, byteLength }));
    const state = { schema: this.schema, analysis: this.#analysis, parameters: this.#parameters };
    return { number, segments, lent: ranges, ...state };
  }

  /** Ends a share: nobody searches it any more. Twice is harmless. */
  release({ number }: Pick<SharedShard, 'number'>): void {
    const share = this.#shares.get(number);
    if (share === undefined) return;
    this.#shares.delete(number);
    for (const region of share.lent) region.release();
    this.#writer.segments.release(share.slots);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const number of [...this.#shares.keys()]) this.release({ number });
    this.#filters.close();
    this.#pendingCommit?.cancel();
    this.#writer.close();
    this.#unlock();
    this.#view = undefined;
  }

  /** Room for another thread in each memory that segments lie in. */
  #lend(slots: readonly SegmentSlot[]): readonly Region[] {
    const regions = new Map<SharedMemory, { readonly near: Region; bytes: number }>();
    for (const { segment } of slots) {
      const near = segment.kernelPart.region;
      const room = regions.get(near.memory) ?? { near, bytes: LENT_BYTES };
      room.bytes += liveBytes(segment.endOrdinal) + ALIGNMENT;
      regions.set(near.memory, room);
    }
    return Array.from(regions.values(), ({ near, bytes }) => this.#regions.allocate(bytes, near));
  }

  #createWriter(store: Store): ShardWriter {
    const { headDocuments, headBytes, mergeFactor, maxSegmentBytes, maxDeletedShare } = this.#options;
    return new ShardWriter({
      store,
      regions: this.#regions,
      context: { fields: this.#fields.fields, analyzers: this.#analyzers },
      parameters: this.#parameters,
      headDocuments: headDocuments ?? 65_536,
      headBytes: headBytes ?? 32 * MEBIBYTE,
      merge: {
        factor: mergeFactor ?? 8,
        maxBytes: maxSegmentBytes ?? 1024 * MEBIBYTE,
        maxDeletedShare: maxDeletedShare ?? 0.25,
      },
      nextNumber: this.#commits.last?.nextNumber ?? 1,
      onDrop: (segment) => {
        this.#filters.dropPart(segment);
      },
    });
  }

  #currentView(): ShardView {
    this.#checkOpen();
    const { parts } = this.#writer;
    if (this.#view?.parts !== parts) {
      this.#view = {
        parts,
        fields: this.#fields.fields,
        analyzers: this.#analyzers,
        parameters: this.#parameters,
        kernel: this.#options.kernel === false ? undefined : createSearchKernel(this.#regions),
        regions: this.#regions,
        nowMs: this.#options.nowMs,
      };
    }
    return this.#view;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new CoppiceError('INTERNAL', 'the index is closed');
  }
}

function endOrdinalOf(parts: readonly IndexPart[]): number {
  return parts.reduce((total, { endOrdinal }) => total + endOrdinal, 0);
}

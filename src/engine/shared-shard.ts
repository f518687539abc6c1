/**
 * A shard as other threads of a process search it: the segments that its engine had at one moment, over the same memory,
 * without a copy of postings. Sources are read from the store if the thread has it, else where the engine is.
 */
import type { AnalysisSettings, Analyzers } from './analysis/analyzer.ts';
import { createAnalyzers } from './analysis/analyzers.ts';
import { checkId } from './check/check-document.ts';
import { checkQuery } from './check/check-query.ts';
import { checkSearch, checkStatistics } from './check/check-search.ts';
import type { EngineHits, EngineSearch, Explanation, QueryStatistics, Schema, StoredDocument } from './engine.ts';
import { createSearchKernel } from './kernel/search-kernel.ts';
import { createRegionPool, type LentRange } from './memory/region-pool.ts';
import { documentAt, placeOfId, placeOfOrdinal } from './part/document-place.ts';
import type { ShardView } from './part/shard-view.ts';
import { explainDocument } from './query/explain.ts';
import { FilterCache } from './query/filter-cache.ts';
import type { Query } from './query/query.ts';
import { statisticsOfParts } from './query/query-statistics.ts';
import { countParts, searchParts } from './query/search-parts.ts';
import type { Bm25Parameters } from './score/bm25.ts';
import { openSharedSegment, type Segment, type SharedSegment } from './segment/segment.ts';
import type { Store } from './store/store.ts';
import { FieldMap } from './writer/field-map.ts';

/** Made by `ShardEngine.share`. Can be cloned by `postMessage`, for one thread; good until the engine releases it. */
export type SharedShard = {
  /** By which the engine knows it. */
  readonly number: number;
  readonly segments: readonly SharedSegment[];
  /** Room in the memories of the segments for what a search needs there. */
  readonly lent: readonly LentRange[];
  readonly schema: Schema;
  readonly analysis: AnalysisSettings;
  readonly parameters: Bm25Parameters;
};

/** What a thread adds. */
export type OpenSharedOptions = {
  /** Where the files are; without it, `documentAt` cannot be called. */
  readonly store?: Store;
  /** Whether the WebAssembly kernel evaluates what it can. Default true. */
  readonly kernel?: boolean;
  /** The analyzers of the engine, if they were given to it ready-made. */
  readonly analyzers?: Analyzers;
  readonly nowMs?: () => number;
};

/** Bytes of a memory that one thread gets for the kernel and for filters, besides bitmaps of live documents. */
export const LENT_BYTES = 32 * 2 ** 20;

/** Filters kept, at most. */
const FILTER_BYTES = LENT_BYTES / 8;

/** Opens what an engine has shared, usually in another thread. */
export function openShared(shared: SharedShard, options: OpenSharedOptions = {}): SharedSearcher {
  return new SharedSearcher(shared, options);
}

/** Searches a shared shard. It stays as it was shared. */
export class SharedSearcher {
  readonly #view: ShardView;
  readonly #segments: readonly Segment[];
  readonly #filters = new FilterCache({ maxBytes: FILTER_BYTES });

  /** Use `openShared`. */
  constructor({ segments, lent, schema, analysis, parameters }: SharedShard, options: OpenSharedOptions) {
    const analyzers = options.analyzers ?? createAnalyzers(analysis);
    const fields = new FieldMap(analyzers);
    fields.add(schema);
    const regions = createRegionPool(lent);
    this.#segments = segments.map((segment) => openSharedSegment(segment, { regions, store: options.store }));
    this.#view = {
      parts: this.#segments,
      fields: fields.fields,
      analyzers,
      parameters,
      kernel: options.kernel === false ? undefined : createSearchKernel(regions),
      regions,
      nowMs: options.nowMs,
    };
  }

  search(request: EngineSearch): EngineHits {
    checkSearch(request);
    return searchParts(this.#view, request, this.#filters);
  }

  count(query: Query): number {
    checkQuery(query);
    return countParts(this.#view, query, this.#filters);
  }

  explain(id: string, request: Pick<EngineSearch, 'query' | 'statistics'>): Explanation | undefined {
    checkId(id);
    checkQuery(request.query);
    checkStatistics(request.statistics);
    const place = placeOfId(this.#view.parts, id);
    return place === undefined ? undefined : explainDocument(this.#view, place, request);
  }

  statisticsOf(query: Query): QueryStatistics {
    checkQuery(query);
    return statisticsOfParts(this.#view, query);
  }

  /** The id of a hit: by it the engine's `get` finds the document, unless it has changed. */
  idAt(ordinal: number): string {
    const { part, ordinal: local } = placeOfOrdinal(this.#view.parts, ordinal);
    return this.#segments[part]!.documents.id(local);
  }

  /** The stored document of a hit. Needs the store. */
  documentAt(ordinal: number): StoredDocument {
    return documentAt(this.#view.parts, placeOfOrdinal(this.#view.parts, ordinal));
  }

  /** Gives back what it holds; twice is harmless. */
  close(): void {
    this.#filters.close();
    for (const segment of this.#segments) segment.close();
  }
}

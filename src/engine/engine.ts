/**
 * The engine's own interface: one shard's index. It knows neither actors nor NATS, and is usable alone. A later
 * engine replaces the inside and keeps these types.
 */
import type { FieldValue, Query } from './query/query.ts';

/** How a field is indexed. Fields not in the schema are stored in the source only. */
export type FieldType = 'text' | 'keyword' | 'long' | 'double' | 'boolean' | 'date';

/** Field name (a dotted path for inner objects) to its type. Fields are only ever added. */
export type Schema = Readonly<Record<string, FieldType>>;

/** A document as it is indexed. */
export type EngineDocument = {
  readonly id: string;
  /** The document itself, JSON-safe; given back by `get` and `source`. */
  readonly source: unknown;
  /** Values to index by field; several values of one field are one list. */
  readonly fields: Readonly<Record<string, readonly FieldValue[]>>;
  readonly version: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
  /** Place in the log, rising from write to write over all shards of an index; breaks ties between equal scores. */
  readonly position: number;
};

/** A stored document. */
export type StoredDocument = Pick<EngineDocument, 'id' | 'source' | 'version' | 'seqNo' | 'primaryTerm'>;

/** Statistics that scoring needs of one field: documents that have it, and the sum of their lengths in tokens. */
export type FieldStatistics = { readonly docCount: number; readonly totalTokens: number };

/** Statistics of the terms of a query. Terms are keyed `field\u0000term`. Live documents only. */
export type QueryStatistics = {
  readonly fields: Readonly<Record<string, FieldStatistics>>;
  readonly docFrequencies: Readonly<Record<string, number>>;
};

/** One sort criterion: `_score`, `_doc` (log position), or a field with a column. Missing values come last. */
export type SortKey = { readonly field: string; readonly order: 'asc' | 'desc'; readonly missing?: '_first' | '_last' };

/** A search. */
export type EngineSearch = {
  readonly query: Query;
  /** Best hits to return, from the first one (`from + size` of a request). */
  readonly limit: number;
  /** Default: by score, highest first. Ties by `position`, lowest first, always. */
  readonly sort?: readonly SortKey[];
  /** Statistics of the whole index; without them the shard's own. */
  readonly statistics?: QueryStatistics;
};

/** Hits as columns, best first. `ordinals` are valid until the next write. */
export type EngineHits = {
  /** Matching live documents, exact. */
  readonly total: number;
  readonly maxScore: number;
  readonly ordinals: Uint32Array;
  readonly scores: Float32Array;
  readonly positions: Float64Array;
  /** One list per hit where `sort` was given; null for a missing value. */
  readonly sortValues?: readonly (readonly (FieldValue | null)[])[];
};

/** Options of an index. BM25 defaults: k1 1.2, b 0.75. */
export type EngineOptions = { readonly schema?: Schema; readonly k1?: number; readonly b?: number };

/** One shard's index. Synchronous; a write is found by the next search. */
export interface Engine {
  /** Adds fields. Throws CoppiceError `MAPPING_FAILED` if a field exists with another type. */
  addFields(schema: Schema): void;
  readonly schema: Schema;
  /** Indexes a document, replacing the one with the same id. */
  put(document: EngineDocument): void;
  /** Deletes by id; tells whether it was there. */
  delete(id: string): boolean;
  /** The stored document of an id. */
  get(id: string): StoredDocument | undefined;
  /** The stored document of a hit. */
  documentAt(ordinal: number): StoredDocument;
  search(request: EngineSearch): EngineHits;
  count(query: Query): number;
  /** What this shard adds to the whole index's statistics for a query. */
  statisticsOf(query: Query): QueryStatistics;
  /** The analysed terms a query looks for, by field: for highlighting. */
  termsOf(query: Query): ReadonlyMap<string, ReadonlySet<string>>;
  /** Live documents, and bytes held in memory (approximate). */
  stats(): { readonly docCount: number; readonly sizeBytes: number };
  close(): void;
}

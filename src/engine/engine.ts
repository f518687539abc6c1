/** The engine's own interface: one shard's index. It knows neither actors nor NATS, and is usable alone. */
import type { AggregationPartials, Aggregations } from './aggregate/aggregation.ts';
import type { AnalysisSettings } from './analysis/analyzer.ts';
import type { HighlightedField, HighlightOptions } from './highlight/highlight-options.ts';
import type { FieldValue, Query } from './query/query.ts';

/** What the values of a field are. */
export type FieldType = 'text' | 'keyword' | 'long' | 'double' | 'boolean' | 'date';

/** How a field is indexed. `analyzer` and what follows are for text. */
export type FieldOptions = {
  readonly type: FieldType;
  /** Name of the analyzer of documents. Default `standard`. */
  readonly analyzer?: string;
  /** Name of the analyzer of queries. Default: that of documents. */
  readonly searchAnalyzer?: string;
  /** Places between the last token of one value and the first of the next. Default 100. */
  readonly positionIncrementGap?: number;
  /** Whether postings keep where tokens stand in the text, so that highlighting need not analyse again. Default false. */
  readonly offsets?: boolean;
};

/** Field name (a dotted path for inner objects) to how it is indexed. Fields are only ever added. */
export type Schema = Readonly<Record<string, FieldType | FieldOptions>>;

/** A document as it is indexed. */
export type EngineDocument = {
  readonly id: string;
  /** The document itself, JSON-safe; given back by `get` and `source`. */
  readonly source?: unknown;
  /**
   * The source as JSON, where the caller has it so: kept instead of `source`, which may then be missing. It is taken for
   * JSON unseen (half a surrogate pair becomes U+FFFD); where it is none, reading the document fails.
   */
  readonly sourceJson?: string;
  /** Values to index by field; several values of one field are one list. */
  readonly fields: Readonly<Record<string, readonly FieldValue[]>>;
  readonly version: number;
  readonly seqNo: number;
  readonly primaryTerm: number;
  /** Place in the log, rising from write to write over all shards of an index; breaks ties between equal scores. */
  readonly position: number;
};

/** A stored document. */
export type StoredDocument = Required<Pick<EngineDocument, 'source'>> &
  Pick<EngineDocument, 'id' | 'version' | 'seqNo' | 'primaryTerm'>;

/** Statistics that scoring needs of one field: documents that have it, and the sum of their lengths in tokens. */
export type FieldStatistics = { readonly docCount: number; readonly totalTokens: number };

/** Statistics of the terms of a query. Terms are keyed `field\u0000term`. Live documents only. */
export type QueryStatistics = {
  readonly fields: Readonly<Record<string, FieldStatistics>>;
  readonly docFrequencies: Readonly<Record<string, number>>;
};

/** One sort criterion: `_score`, `_doc` (log position), or a field with a column. Missing values come last. */
export type SortKey = {
  readonly field: string;
  readonly order: 'asc' | 'desc';
  /** Where documents without a value come, or the value they count as. Default `_last`. */
  readonly missing?: FieldValue;
  /** Which of several values counts. Default: the least ascending, the greatest descending. */
  readonly mode?: 'min' | 'max' | 'sum' | 'avg' | 'median';
};

/** Bounds on what one search may use; beyond them it fails with CoppiceError `LIMIT_EXCEEDED`. */
export type SearchLimits = {
  /** Leaves of the query tree after expansion. Default 4,096. */
  readonly clauses?: number;
  /** Terms that one prefix, wildcard, regexp or fuzzy may stand for where scores or places are needed. Default 1,024. */
  readonly expansions?: number;
  /** Buckets over all aggregations. Default 65,536. */
  readonly buckets?: number;
  /** Bytes of working memory of one search, about. Default 256 MiB. */
  readonly memoryBytes?: number;
};

/** A search. */
export type EngineSearch = {
  readonly query: Query;
  /** Best hits to return, from the first one (`from + size` of a request). */
  readonly limit: number;
  /** Default: by score, highest first. Ties by `position`, lowest first, always. */
  readonly sort?: readonly SortKey[];
  /** Sort values of the hit after which to begin, one for each sort key (`_score` alone without `sort`), as answered. */
  readonly searchAfter?: readonly (FieldValue | null)[];
  /** Statistics of the whole index; without them the shard's own. */
  readonly statistics?: QueryStatistics;
  /** Whether to count all matches: true, false (`total` is a lower bound), or up to this number. Default true. */
  readonly trackTotal?: boolean | number;
  /** Whether hits have scores under a `sort` that does without; else they are 0 there. Default false. */
  readonly trackScores?: boolean;
  /** Hits with lower scores are neither counted nor returned. */
  readonly minScore?: number;
  /** Restricts the hits, not the aggregations. */
  readonly postFilter?: Query;
  readonly aggregations?: Aggregations;
  /** Whether hits tell which named queries they match. */
  readonly names?: boolean;
  readonly profile?: boolean;
  readonly limits?: SearchLimits;
  /** Asked every few milliseconds; once true, the search ends with what it has and says `timedOut`. */
  readonly shouldStop?: () => boolean;
};

/** Hits as columns, best first. `ordinals` are valid until the next write. */
export type EngineHits = {
  /** Matching live documents: exact, or with `isLowerBound` at least as many. */
  readonly total: number;
  readonly isLowerBound: boolean;
  /** Highest score of all matches; with a sort, or none asked for, of those scored. 0 without hits. */
  readonly maxScore: number;
  readonly ordinals: Uint32Array;
  readonly scores: Float32Array;
  readonly positions: Float64Array;
  /** One list per hit where `sort` was given; null for a missing value. */
  readonly sortValues?: readonly (readonly (FieldValue | null)[])[];
  /** One list per hit: names of the queries it matches, in the order of the query tree. */
  readonly matchedQueries?: readonly (readonly string[])[];
  readonly aggregations?: AggregationPartials;
  readonly profile?: SearchProfile;
  readonly timedOut: boolean;
};

/** What a search spent, by part of the index. Times in milliseconds, 0 without a clock. */
export type SearchProfile = {
  readonly parts: readonly {
    readonly part: string;
    readonly docCount: number;
    /** `kernel`, or `reference` for the JavaScript evaluator. */
    readonly evaluator: string;
    readonly query: string;
    readonly matched: number;
    readonly timeMs: number;
  }[];
};

/** How a score came about; as Lucene's. */
export type Explanation = {
  readonly value: number;
  readonly description: string;
  readonly details: readonly Explanation[];
};

/** Options of an index. BM25 defaults: k1 1.2, b 0.75. */
export type EngineOptions = {
  readonly schema?: Schema;
  readonly k1?: number;
  readonly b?: number;
  readonly analysis?: AnalysisSettings;
};

/** Highlights what one query looks for. Valid until the next write. */
export interface EngineHighlighter {
  /** The passages of a field of a document with marks; none if nothing is found, or it is neither text nor keyword. */
  highlight(field: HighlightedField, options: HighlightOptions): readonly string[];
}

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
  /** How the document of an id scores; undefined if it is not there. `value` 0 and "no match" if it does not match. */
  explain(id: string, request: Pick<EngineSearch, 'query' | 'statistics'>): Explanation | undefined;
  /** What this shard adds to the whole index's statistics for a query. */
  statisticsOf(query: Query): QueryStatistics;
  /** The analysed terms a query looks for, by field: for highlighting. */
  termsOf(query: Query): ReadonlyMap<string, ReadonlySet<string>>;
  /** Prepares highlighting of what a query looks for. */
  highlighter(query: Query): EngineHighlighter;
  /**
   * Does work that waits for idle time: writes out what is in memory, and merges. Ordinals of hits found before may change.
   *
   * @param shouldStop Asked about every millisecond. Default: never.
   * @returns Whether there is more to do.
   */
  maintain(shouldStop?: () => boolean): boolean;
  /** Live documents, and bytes held in memory (approximate). */
  stats(): { readonly docCount: number; readonly sizeBytes: number };
  close(): void;
}

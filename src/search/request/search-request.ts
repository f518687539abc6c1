/** Elasticsearch's bodies of `search` and `count` to checked requests, which travel inside the cluster as they are. */
import type { FieldValue } from '../../engine/query/query.ts';
import { CoppiceError } from '../../errors.ts';
import { type RequestedAggregations, readAggregations } from '../aggregations.ts';
import { ObjectReader } from '../object-reader.ts';
import { compact, pathError, shapeError } from '../shape.ts';
import { parseSourceFilter, type SourceFilter } from '../source-filter.ts';
import { readRoutings, readTimeoutMs, readToken, type Token } from './common.ts';
import { type HighlightField, parseHighlight } from './highlight-request.ts';
import { parseQuery } from './parse-query.ts';
import type { QueryNode } from './query-node.ts';
import { parseSearchAfter, parseSort, type SortSpec } from './sort.ts';

/** A search of an index. JSON- and MessagePack-safe. */
export type SearchRequest = {
  readonly query: QueryNode;
  readonly from: number;
  readonly size: number;
  /** Absent: by score, highest first. */
  readonly sort?: readonly SortSpec[];
  /** Sort values of the hit after which the page begins. */
  readonly searchAfter?: readonly (FieldValue | null)[];
  readonly source: SourceFilter;
  readonly highlight?: readonly HighlightField[];
  /** Whether `hits.total` is given; a number is the count up to which it must be exact. */
  readonly trackTotalHits: boolean | number;
  readonly trackScores: boolean;
  readonly searchType: 'query_then_fetch' | 'dfs_query_then_fetch';
  readonly minScore?: number;
  /** Restricts the hits, but nothing that is counted beside them. */
  readonly postFilter?: QueryNode;
  /** As in JSON; shards and root bind them to their mappings. */
  readonly aggregations?: RequestedAggregations;
  /** What hits show beside their sources. */
  readonly explain?: boolean;
  readonly showsVersion?: boolean;
  readonly showsSeqNo?: boolean;
  readonly profile?: boolean;
  /** What `now` stands for in dates, in milliseconds since 1970; the root says it, so that all shards agree. */
  readonly nowMs?: number;
  readonly timeoutMs?: number;
  readonly after?: Token;
  /** Absent: as the root is set. */
  readonly allowPartialResults?: boolean;
  readonly routing?: readonly string[];
};

/** A count of the documents that match. */
export type CountRequest = Pick<
  SearchRequest,
  'query' | 'nowMs' | 'timeoutMs' | 'after' | 'routing' | 'allowPartialResults'
>;

/** Limits of one search, as in Elasticsearch. */
export const SEARCH_LIMITS = { window: 10_000, defaultSize: 10, trackTotalHits: 10_000 } as const;

const COMMON_KEYS = ['query', 'timeout', 'after', 'routing', 'allow_partial_search_results'];
const SEARCH_KEYS = [
  ...COMMON_KEYS,
  'from',
  'size',
  'sort',
  '_source',
  'highlight',
  'track_total_hits',
  'track_scores',
  'search_type',
  'min_score',
  'explain',
  'aggregations',
  'aggs',
  'post_filter',
  'profile',
  'search_after',
  'seq_no_primary_term',
  'version',
];
const LATER_KEYS = [
  '_source_includes',
  '_source_excludes',
  'collapse',
  'docvalue_fields',
  'ext',
  'fields',
  'indices_boost',
  'knn',
  'pit',
  'preference',
  'q',
  'rank',
  'rescore',
  'retriever',
  'runtime_mappings',
  'script_fields',
  'scroll',
  'slice',
  'stats',
  'stored_fields',
  'suggest',
  'terminate_after',
];
/** Where the statistics come from by which hits are scored. */
export const SEARCH_TYPES = ['query_then_fetch', 'dfs_query_then_fetch'] as const;
const MATCH_ALL: QueryNode = { kind: 'matchAll' };

/**
 * Reads the body of a search. An empty body searches for everything.
 *
 * @throws CoppiceError `PARSING_FAILED` that names the path at fault; `BAD_REQUEST` if the page lies too far out.
 */
export function parseSearch(body: unknown): SearchRequest {
  const reader = ObjectReader.open(body ?? {}, '', { known: SEARCH_KEYS, later: LATER_KEYS });
  const sort = parseSort(reader.value('sort'), 'sort');
  const searchAfter = parseSearchAfter(reader.value('search_after'), 'search_after', sort);
  const window = readWindow(reader);
  if (searchAfter !== undefined && window.from > 0)
    throw pathError('from', 'must be 0 when [search_after] is used', '0');
  const request = {
    ...readCommon(reader),
    ...window,
    sort,
    searchAfter,
    source: parseSourceFilter(reader.value('_source'), '_source'),
    highlight: reader.has('highlight') ? parseHighlight(reader.value('highlight'), 'highlight') : undefined,
    trackTotalHits: readTrackTotalHits(reader),
    trackScores: reader.boolean('track_scores') ?? false,
    searchType: reader.word('search_type', SEARCH_TYPES) ?? 'query_then_fetch',
    minScore: reader.number('min_score'),
    postFilter: reader.has('post_filter') ? parseQuery(reader.value('post_filter'), 'post_filter') : undefined,
    aggregations: readAggs(reader),
    explain: reader.boolean('explain'),
    showsVersion: reader.boolean('version'),
    showsSeqNo: reader.boolean('seq_no_primary_term'),
    profile: reader.boolean('profile'),
  };
  return compact(request);
}

/**
 * Reads the body of a count. An empty body counts everything.
 *
 * @throws CoppiceError `PARSING_FAILED` that names the path at fault.
 */
export function parseCount(body: unknown): CountRequest {
  return readCommon(
    ObjectReader.open(body ?? {}, '', {
      known: COMMON_KEYS,
      later: ['min_score', 'preference', 'q', 'terminate_after'],
    }),
  );
}

function readCommon(reader: ObjectReader): CountRequest {
  return compact({
    query: reader.has('query') ? parseQuery(reader.value('query'), 'query') : MATCH_ALL,
    timeoutMs: readTimeoutMs(reader),
    after: readToken(reader),
    routing: readRoutings(reader),
    allowPartialResults: reader.boolean('allow_partial_search_results'),
  });
}

function readAggs(reader: ObjectReader): RequestedAggregations | undefined {
  if (reader.has('aggs') && reader.has('aggregations'))
    throw pathError('', 'takes [aggs] or [aggregations], not both', 'one of the two');
  const key = reader.has('aggs') ? 'aggs' : 'aggregations';
  return reader.has(key) ? readAggregations(reader.value(key), key) : undefined;
}

function readWindow(reader: ObjectReader): { from: number; size: number } {
  const from = reader.integer('from', { min: 0 }) ?? 0;
  const size = reader.integer('size', { min: 0 }) ?? SEARCH_LIMITS.defaultSize;
  if (from + size <= SEARCH_LIMITS.window) return { from, size };
  const message = `result window is too large, from + size must be less than or equal to: [${SEARCH_LIMITS.window}] but was [${from + size}]`;
  throw new CoppiceError('BAD_REQUEST', message, {
    details: { path: 'size', expected: `from + size of at most ${SEARCH_LIMITS.window}` },
  });
}

function readTrackTotalHits(reader: ObjectReader): boolean | number {
  const value = reader.value('track_total_hits');
  if (value === undefined) return SEARCH_LIMITS.trackTotalHits;
  if (value === true || value === 'true' || value === -1) return true;
  if (value === false || value === 'false') return false;
  if (typeof value === 'number' || typeof value === 'string')
    return reader.integer('track_total_hits', { min: 0 }) ?? true;
  throw shapeError('track_total_hits', 'true, false or an integer', value);
}

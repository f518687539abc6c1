/** One shard's share of a query: searching, counting, statistics for the whole index, and documents by id. */

import type { Explanation, Query, QueryStatistics, StoredDocument } from '../engine/index.ts';
import { innerQueries } from '../engine/query/inner-queries.ts';
import { bindAggregations, cutSources } from './aggregations.ts';
import { columnBytes } from './columns.ts';
import { createHighlighter } from './highlight-hits.ts';
import type {
  FetchedHit,
  FoundDocument,
  ShardCount,
  ShardExplain,
  ShardExplanation,
  ShardFetch,
  ShardFetched,
  ShardHits,
  ShardInfo,
  ShardQuery,
  ShardSearch,
} from './partials.ts';
import { compileQuery } from './request/compile-query.ts';
import type { HighlightField } from './request/highlight-request.ts';
import type { SearchRequest } from './request/search-request.ts';
import { compact } from './shape.ts';
import { filterSource, type SourceFilter } from './source-filter.ts';
import type { SearchState } from './state.ts';

/** Share of a search's time that is kept for its answer, and the most of it. */
const MARGIN = 0.15;
const MAX_MARGIN_MS = 100;

/** How long a search may take, and a clock in milliseconds for its profile. */
export type SearchTime = { readonly shouldStop: () => boolean; readonly nowMs: () => number };

/**
 * Lets a search end when its time is over, and shortly before its caller stops waiting, so that what it has found is not
 * lost.
 *
 * @param remainingMs Milliseconds that the caller still waits.
 * @param timeoutMs Milliseconds that the search may take, from now. Default: as long as the caller waits.
 */
export function stopInTime(remainingMs: () => number, timeoutMs = Number.POSITIVE_INFINITY): SearchTime {
  const atStartMs = remainingMs();
  const stopMs = Math.max(Math.min(MAX_MARGIN_MS, atStartMs * MARGIN), atStartMs - timeoutMs);
  return { shouldStop: () => remainingMs() <= stopMs, nowMs: () => -remainingMs() };
}

/** Finds the best `from + size` hits of one shard. */
export function searchShard(
  state: SearchState,
  { request, statistics, sources }: ShardSearch,
  time?: SearchTime,
): ShardHits {
  const { nowMs, postFilter, minScore, sort, searchAfter, profile } = request;
  const query = compileQuery(request.query, state.mappings, { nowMs });
  const filter = postFilter === undefined ? undefined : compileQuery(postFilter, state.mappings, { nowMs });
  const requested = request.aggregations;
  const aggregations =
    requested === undefined ? undefined : bindAggregations(requested, { mappings: state.mappings, nowMs });
  const search = {
    query,
    limit: request.from + request.size,
    sort: sort?.map(({ unmapped: _, ...key }) => key),
    searchAfter,
    statistics,
    trackTotal: request.trackTotalHits,
    minScore,
    postFilter: filter,
    aggregations,
    trackScores: request.trackScores || undefined,
    names: hasName(query) || undefined,
    profile,
    shouldStop: time?.shouldStop,
  };
  const hits = state.withClock(time?.nowMs, () => state.engine.search(compact(search)));
  const documents = Array.from(hits.ordinals, (ordinal) => state.engine.documentAt(ordinal));
  const show = sources ? shower(state, query, { ...request, statistics }) : undefined;
  return compact({
    total: hits.total,
    isLowerBound: hits.isLowerBound || undefined,
    timedOut: hits.timedOut || undefined,
    maxScore: hits.total === 0 ? null : hits.maxScore,
    ids: documents.map(({ id }) => id),
    scores: columnBytes(hits.scores),
    positions: columnBytes(hits.positions),
    sortValues: hits.sortValues,
    matchedQueries: hits.matchedQueries,
    profile: hits.profile,
    aggregations:
      requested === undefined || aggregations === undefined
        ? undefined
        : cutSources(requested, aggregations, hits.aggregations ?? {}),
    fetched: show === undefined ? undefined : documents.map(show),
  });
}

/** Fetches what hits show, by id. A document may have changed since it was found: its present form is shown. */
export function fetchHits(state: SearchState, body: ShardFetch): ShardFetched {
  const show = shower(state, compileQuery(body.query, state.mappings, { nowMs: body.nowMs }), body);
  const hits = body.ids.map((id) => {
    const stored = state.engine.get(id);
    return stored === undefined ? null : show(stored);
  });
  return { hits };
}

/** Counts the documents of one shard that match. */
export function countShard(state: SearchState, { query, nowMs }: ShardQuery): ShardCount {
  return { count: state.engine.count(compileQuery(query, state.mappings, { nowMs })) };
}

/** What one shard adds to the statistics by which the whole index scores a query. */
export function shardStatistics(state: SearchState, { query, nowMs }: ShardQuery): QueryStatistics {
  return state.engine.statisticsOf(compileQuery(query, state.mappings, { nowMs }));
}

/** Tells how a document of this shard scores. */
export function explainDocument(
  state: SearchState,
  { id, query: node, nowMs, statistics }: ShardExplain,
): ShardExplanation {
  const query = compileQuery(node, state.mappings, { nowMs });
  const explanation = state.engine.explain(id, compact({ query, statistics }));
  if (explanation === undefined) return { found: false, matched: false };
  const matched = state.engine.count({ kind: 'bool', filter: [{ kind: 'ids', ids: [id] }, query] }) > 0;
  return { found: true, matched, explanation };
}

/** Finds a document by id. */
export function getDocument(
  state: SearchState,
  { id, source }: { readonly id: string; readonly source: SourceFilter },
): FoundDocument {
  const stored = state.engine.get(id);
  if (stored === undefined) return { _id: id, found: false };
  const { version, seqNo, primaryTerm } = stored;
  return compact({
    _id: id,
    _version: version,
    _seq_no: seqNo,
    _primary_term: primaryTerm,
    found: true,
    _source: filterSource(stored.source, source),
  });
}

/** Describes one shard. */
export function shardInfo(state: SearchState): ShardInfo {
  return {
    ...state.engine.stats(),
    schema: Object.fromEntries(
      Object.entries(state.engine.schema).map(([field, options]) => [
        field,
        typeof options === 'string' ? options : options.type,
      ]),
    ),
  };
}

/** Whether any query of a tree has a name. */
function hasName(query: Query): boolean {
  return query.name !== undefined || innerQueries(query).some(hasName);
}

/** What hits are to show. */
type Wanted = Pick<SearchRequest, 'source' | 'explain' | 'showsVersion' | 'showsSeqNo'> & {
  readonly highlight?: readonly HighlightField[] | undefined;
  readonly statistics?: QueryStatistics | undefined;
};

/** Prepares what all hits of a query show. */
function shower(state: SearchState, query: Query, wanted: Wanted): (stored: StoredDocument) => FetchedHit {
  const { source: filter, highlight = [], explain, showsVersion, showsSeqNo, statistics } = wanted;
  const highlighter = highlight.length === 0 ? undefined : createHighlighter(state, query, highlight);
  const explanationOf = (id: string): Explanation | undefined =>
    explain === true ? state.engine.explain(id, compact({ query, statistics })) : undefined;
  return ({ id, source, version, seqNo, primaryTerm }) =>
    compact({
      source: filterSource(source, filter),
      highlight: highlighter?.(source, id),
      explanation: explanationOf(id),
      version: showsVersion === true ? version : undefined,
      seqNo: showsSeqNo === true ? seqNo : undefined,
      primaryTerm: showsSeqNo === true ? primaryTerm : undefined,
    });
}

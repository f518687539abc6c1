/** One shard's share of a query: searching, counting, statistics for the whole index, and documents by id. */
import type { EngineHits, Query, QueryStatistics } from '../engine/index.ts';
import { columnBytes } from './columns.ts';
import { createHighlighter, type Highlighter } from './highlight-hits.ts';
import type {
  FetchedHit,
  FoundDocument,
  ShardCount,
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

/** Finds the best `from + size` hits of one shard. With `min_score` it ranks every match, to count those that stay. */
export function searchShard(state: SearchState, { request, statistics, sources }: ShardSearch): ShardHits {
  const query = compileQuery(request.query, state.mappings);
  const window = request.from + request.size;
  const limit = request.minScore === undefined ? window : state.engine.stats().docCount;
  const found = state.engine.search(compact({ query, limit, sort: request.sort, statistics }));
  const hits = request.minScore === undefined ? found : aboveScore(found, { minScore: request.minScore, window });
  const documents = Array.from(hits.ordinals, (ordinal) => state.engine.documentAt(ordinal));
  const highlighter = sources ? highlighterOf(state, query, request.highlight) : undefined;
  return compact({
    total: hits.total,
    maxScore: hits.total === 0 ? null : hits.maxScore,
    ids: documents.map(({ id }) => id),
    scores: columnBytes(hits.scores),
    positions: columnBytes(hits.positions),
    sortValues: hits.sortValues,
    fetched: sources ? documents.map(({ source }) => fetchedHit(source, request.source, highlighter)) : undefined,
  });
}

/** Fetches what hits show, by id. A document may have changed since it was found: its present form is shown. */
export function fetchHits(state: SearchState, { ids, source, query, highlight }: ShardFetch): ShardFetched {
  const highlighter = highlighterOf(state, compileQuery(query, state.mappings), highlight);
  const hits = ids.map((id) => {
    const stored = state.engine.get(id);
    return stored === undefined ? null : fetchedHit(stored.source, source, highlighter);
  });
  return { hits };
}

/** Counts the documents of one shard that match. */
export function countShard(state: SearchState, { query }: ShardQuery): ShardCount {
  return { count: state.engine.count(compileQuery(query, state.mappings)) };
}

/** What one shard adds to the statistics by which the whole index scores a query. */
export function shardStatistics(state: SearchState, { query }: ShardQuery): QueryStatistics {
  return state.engine.statisticsOf(compileQuery(query, state.mappings));
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

function highlighterOf(
  state: SearchState,
  query: Query,
  fields: SearchRequest['highlight'] | readonly HighlightField[],
): Highlighter | undefined {
  return fields === undefined || fields.length === 0 ? undefined : createHighlighter(state, query, fields);
}

function fetchedHit(source: unknown, filter: SourceFilter, highlighter: Highlighter | undefined): FetchedHit {
  return compact({ source: filterSource(source, filter), highlight: highlighter?.(source) });
}

function aboveScore(
  { maxScore, ordinals, scores, positions, sortValues, isLowerBound, timedOut }: EngineHits,
  { minScore, window }: { minScore: number; window: number },
): EngineHits {
  const kept = Array.from(scores.keys()).filter((place) => (scores[place] ?? 0) >= minScore);
  const shown = kept.slice(0, window);
  return compact({
    total: kept.length,
    isLowerBound,
    timedOut,
    maxScore,
    ordinals: Uint32Array.from(shown, (place) => ordinals[place] ?? 0),
    scores: Float32Array.from(shown, (place) => scores[place] ?? 0),
    positions: Float64Array.from(shown, (place) => positions[place] ?? 0),
    sortValues: sortValues === undefined ? undefined : shown.map((place) => sortValues[place] ?? []),
  });
}

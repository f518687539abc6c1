/** The doors of the evaluator: searches and counts over the parts of a shard. */
import { createAggregators } from '../aggregate/aggregators.ts';
import type { CollectedHits } from '../collect/hit-collector.ts';
import type { WindowSink } from '../collect/window-sink.ts';
import type { EngineHits, EngineSearch } from '../engine.ts';
import type { ShardView } from '../part/shard-view.ts';
import { boolNode } from './bool-node.ts';
import { buildQuery } from './build-query.ts';
import type { FilterCache } from './filter-cache.ts';
import { matchedNames, type NamesOptions } from './named-queries.ts';
import { float64Column } from './number-slab.ts';
import { PartBitmaps } from './part-bitmaps.ts';
import type { FieldValue, Query } from './query.ts';
import { QueryLimits } from './query-limits.ts';
import type { QueryNode } from './query-node.ts';
import { SearchRun } from './search-run.ts';
import { SearchTerms } from './search-terms.ts';
import { type WindowBuffers, withBuffers } from './window-buffers.ts';

export { type DocumentPlace, explainDocument } from './explain.ts';
export { statisticsOfParts } from './query-statistics.ts';
export { phrasesOfQuery, type SoughtTerms, termsOfQuery } from './sought-terms.ts';

/** Bytes of working memory for each hit that is kept, about. */
const HIT_BYTES = 64;

/**
 * Searches the parts of a shard. Ordinals of hits are global: those of a part come after those of the parts before it.
 *
 * @throws CoppiceError `BAD_REQUEST` for values that do not fit their field, `LIMIT_EXCEEDED` beyond a limit.
 */
export function searchParts(view: ShardView, request: EngineSearch, cache?: FilterCache): EngineHits {
  return withBuffers((buffers) => searchWith(view, request, { cache, buffers }));
}

/** Number of live documents that match. */
export function countParts(view: ShardView, query: Query, cache?: FilterCache): number {
  return searchParts(view, { query, limit: 0 }, cache).total;
}

function searchWith(
  view: ShardView,
  request: EngineSearch,
  { cache, buffers }: { readonly cache: FilterCache | undefined; readonly buffers: WindowBuffers },
): EngineHits {
  const limits = new QueryLimits(request.limits);
  const limit = Math.min(request.limit, liveCountOf(view));
  limits.addBytes(limit * HIT_BYTES, `${limit} hits`);
  const context: NamesOptions = { view, terms: new SearchTerms(view, request.statistics), limits, buffers };
  const aggregators =
    request.aggregations === undefined ? undefined : createAggregators(request.aggregations, view, request.limits);
  const sink = aggregators?.sink;
  const isScoring = needsScores(request, sink);
  const { node, postFilter } = nodesOf(request, context, { isScoring, sink });
  const bitmaps = new PartBitmaps({ view, cache, buffers, limits });
  try {
    const run = new SearchRun({ view, request, limit, node, postFilter, isScoring, sink, bitmaps, buffers });
    run.run();
    const answer = answerOf(run, request, context);
    return aggregators === undefined ? answer : { ...answer, aggregations: aggregators.partials() };
  } finally {
    bitmaps.close();
  }
}

function liveCountOf({ parts }: ShardView): number {
  let count = 0;
  for (const part of parts) count += part.liveCount;
  return count;
}

function needsScores(
  { sort, limit, minScore, trackScores }: EngineSearch,
  sink: { readonly needsScores: boolean } | undefined,
): boolean {
  if (minScore !== undefined || sink?.needsScores === true) return true;
  if (sort === undefined) return limit > 0;
  return trackScores === true || sort.some(({ field }) => field === '_score');
}

/** The query and what restricts its hits afterwards; one and the same where nothing else looks at the matches. */
function nodesOf(
  { query, postFilter }: EngineSearch,
  { terms, limits }: NamesOptions,
  { isScoring, sink }: { readonly isScoring: boolean; readonly sink: WindowSink | undefined },
): { readonly node: QueryNode; readonly postFilter: QueryNode | undefined } {
  const node = buildQuery(query, { terms, limits, isScoring });
  if (postFilter === undefined) return { node, postFilter: undefined };
  const filter = buildQuery({ kind: 'constantScore', filter: postFilter }, { terms, limits, isScoring: false });
  if (sink !== undefined) return { node, postFilter: filter };
  return { node: boolNode({ must: [node], filter: [filter], minimum: 0 }, isScoring), postFilter: undefined };
}

function answerOf(run: SearchRun, request: EngineSearch, context: NamesOptions): EngineHits {
  const found = run.collector.hits();
  const { ordinals, scores } = found;
  const positions = positionsOf(ordinals, context.view);
  const hits = {
    total: run.total.count,
    isLowerBound: run.total.isLowerBound || run.timedOut,
    maxScore: Math.max(run.maxScore, scores.length === 0 ? 0 : greatest(scores)),
    ordinals,
    scores,
    positions,
    timedOut: run.timedOut,
  };
  const { sort, names, profile } = request;
  if (sort === undefined && names !== true && profile !== true) return hits;
  return {
    ...hits,
    ...(sort === undefined ? {} : { sortValues: sortValuesOf(sort, found, positions) }),
    ...(names === true ? { matchedQueries: matchedNames(request.query, ordinals, context) } : {}),
    ...(profile === true ? { profile: { parts: run.profile } } : {}),
  };
}

function greatest(scores: Float32Array): number {
  let best = scores[0]!;
  for (const score of scores) if (score > best) best = score;
  return best;
}

/** Sort values of hits: those they were sorted by, or where the order is that by score, made of score and position. */
function sortValuesOf(
  sort: NonNullable<EngineSearch['sort']>,
  { sortValues, scores }: CollectedHits,
  positions: Float64Array,
): readonly (readonly (FieldValue | null)[])[] {
  return (
    sortValues ??
    Array.from(scores, (score, i) => sort.map(({ field }) => (field === '_score' ? score : positions[i]!)))
  );
}

function positionsOf(ordinals: Uint32Array, { parts }: ShardView): Float64Array {
  const positions = float64Column(ordinals.length);
  for (let i = 0; i < ordinals.length; i++) {
    let rest = ordinals[i]!;
    let index = 0;
    for (let end = parts[0]!.endOrdinal; rest >= end; end = parts[++index]!.endOrdinal) rest -= end;
    positions[i] = parts[index]!.documents.position(rest);
  }
  return positions;
}

/**
 * Partial answers of shards to Elasticsearch's answer. The root asks the shards; what it gets is merged here, and what
 * is missing is said.
 */
import type { Explanation, QueryStatistics } from '../engine/index.ts';
import { CoppiceError, ERRORS, type ErrorCode, type WireError } from '../errors.ts';
import type { AggregationsAnswer } from './aggregations.ts';
import { type FromShard, type MergedHit, type MergedHits } from './merge-hits.ts';
import type { FetchedHit, Highlights, ShardCount, ShardFetch, ShardFetched } from './partials.ts';
import { type ProfileSection, profileSection } from './profile-answer.ts';
import type { CountRequest, SearchRequest } from './request/search-request.ts';
import { compact } from './shape.ts';

/** A shard that did not answer. */
export type ShardFailure = { readonly shard: number; readonly node?: string; readonly error: WireError };

/** Coverage of an answer. */
export type ShardsSection = {
  readonly total: number;
  readonly successful: number;
  readonly skipped: 0;
  readonly failed: number;
  readonly failures?: readonly {
    shard: number;
    index: string;
    node?: string;
    status: number;
    reason: { type: string; reason: string };
  }[];
};

/** A hit as it is shown. */
export type SearchHit = {
  readonly _index: string;
  readonly _id: string;
  readonly _score: number | null;
  readonly _source?: unknown;
  readonly highlight?: Highlights;
  readonly sort?: readonly unknown[];
  readonly matched_queries?: readonly string[];
  readonly _version?: number;
  readonly _seq_no?: number;
  readonly _primary_term?: number;
  readonly _explanation?: Explanation;
};

/** The answer to a search. */
export type SearchAnswer = {
  readonly took: number;
  readonly timed_out: boolean;
  readonly _shards: ShardsSection;
  readonly hits: {
    readonly total?: { value: number; relation: 'eq' | 'gte' };
    readonly max_score: number | null;
    readonly hits: readonly SearchHit[];
  };
  readonly aggregations?: AggregationsAnswer;
  readonly profile?: ProfileSection;
};

/** What an answer is made of beside the hits. `shardCount` counts the shards asked, failed ones too. */
export type AnswerContext = {
  readonly index: string;
  readonly tookMs: number;
  readonly shardCount: number;
  readonly failures: readonly ShardFailure[];
  readonly aggregations?: AggregationsAnswer | undefined;
};

/** Pages up to which hits come with their sources in one round; beyond it they are fetched in a second one. */
export const ONE_ROUND_WINDOW = 50;

/** Whether shards send sources with their hits. */
export function isOneRound({ from, size }: SearchRequest): boolean {
  return from + size <= ONE_ROUND_WINDOW;
}

/** What to fetch of each shard for the hits of a page, in the order of the page. */
export function fetchBodies(
  request: SearchRequest,
  hits: readonly MergedHit[],
  statistics?: QueryStatistics,
): ReadonlyMap<number, ShardFetch> {
  const ids = new Map<number, string[]>();
  for (const { shard, id } of hits) {
    const ofShard = ids.get(shard);
    if (ofShard === undefined) ids.set(shard, [id]);
    else ofShard.push(id);
  }
  const { source, query, nowMs, highlight, explain, showsVersion, showsSeqNo } = request;
  const scoredBy = explain === true ? statistics : undefined;
  const wanted = { source, query, nowMs, highlight, explain, showsVersion, showsSeqNo, statistics: scoredBy };
  return new Map([...ids].map(([shard, ofShard]) => [shard, compact({ ids: ofShard, ...wanted })]));
}

/**
 * Joins fetched sources to the hits of a page. Hits whose document is gone, or whose shard did not answer, are left out.
 */
export function joinFetched(merged: MergedHits, fetched: readonly FromShard<ShardFetched>[]): MergedHits {
  const queues = new Map(fetched.map(({ shard, value }) => [shard, value.hits.values()]));
  const hits = merged.hits.flatMap((hit): MergedHit[] => {
    const next = queues.get(hit.shard)?.next().value;
    return next === undefined || next === null ? [] : [{ ...hit, fetched: next }];
  });
  return { ...merged, hits };
}

/**
 * Makes the answer to a search.
 *
 * @param merged Of `mergeHits`, with sources: of one round, or joined by `joinFetched`.
 * @throws CoppiceError what `checkCoverage` throws.
 */
export function searchAnswer(request: SearchRequest, merged: MergedHits, context: AnswerContext): SearchAnswer {
  checkCoverage(request, context);
  if (merged.timedOut && request.allowPartialResults === false)
    throw new CoppiceError('SEARCH_INCOMPLETE', 'time ran out before every document was looked at');
  const { index, tookMs, failures } = context;
  const showsScores =
    request.trackScores || request.sort === undefined || request.sort.some(({ field }) => field === '_score');
  const total = totalOf(request, merged, failures.length > 0);
  return {
    took: tookMs,
    timed_out: merged.timedOut || failures.some(({ error }) => error.code === 'DEADLINE_EXCEEDED'),
    _shards: shardsSection(context),
    hits: {
      ...(total === undefined ? {} : { total }),
      max_score: showsScores && request.size > 0 ? merged.maxScore : null,
      hits: merged.hits.map((hit) => searchHit(index, hit, showsScores)),
    },
    ...(context.aggregations === undefined ? {} : { aggregations: context.aggregations }),
    ...(request.profile === true ? { profile: profileSection(index, merged.profiles) } : {}),
  };
}

/**
 * Makes the answer to a count.
 *
 * @throws CoppiceError what `checkCoverage` throws.
 */
export function countAnswer(
  request: CountRequest,
  partials: readonly FromShard<ShardCount>[],
  context: AnswerContext,
): { count: number; _shards: ShardsSection } {
  checkCoverage(request, context);
  return { count: partials.reduce((sum, { value }) => sum + value.count, 0), _shards: shardsSection(context) };
}

/**
 * Refuses an answer that must not be given: the request itself was at fault, every shard failed, or a partial answer is
 * not wanted.
 *
 * @throws CoppiceError the shard's own error in the first case, else `SEARCH_INCOMPLETE` with all failures in `details`.
 */
export function checkCoverage(
  { allowPartialResults }: Pick<SearchRequest, 'allowPartialResults'>,
  context: AnswerContext,
): void {
  const { failures, shardCount } = context;
  if (failures.length === 0) return;
  const fault = failures.find(({ error }) => ERRORS[codeOf(error)].status === 400)?.error;
  if (fault !== undefined) throw new CoppiceError(codeOf(fault), fault.message, { details: fault.details });
  if (failures.length < shardCount && allowPartialResults !== false) return;
  const what = failures.length < shardCount ? `${failures.length} of ${shardCount} shards failed` : 'all shards failed';
  const first = failures[0]?.error.message ?? '';
  throw new CoppiceError('SEARCH_INCOMPLETE', `${what}: ${first}`, {
    details: { failures: shardsSection(context).failures ?? [] },
  });
}

/** Which shards an answer has seen. */
export function shardsSection({ index, shardCount, failures }: AnswerContext): ShardsSection {
  const counts = {
    total: shardCount,
    successful: shardCount - failures.length,
    skipped: 0,
    failed: failures.length,
  } as const;
  if (failures.length === 0) return counts;
  const shown = failures.map(({ shard, node, error }) => {
    const { status, type } = ERRORS[codeOf(error)];
    return compact({ shard, index, node, status, reason: { type, reason: error.message } });
  });
  return { ...counts, failures: shown };
}

function totalOf(
  { trackTotalHits }: SearchRequest,
  { total, isLowerBound }: Pick<MergedHits, 'total' | 'isLowerBound'>,
  isPartial: boolean,
): { value: number; relation: 'eq' | 'gte' } | undefined {
  if (trackTotalHits === false) return undefined;
  if (typeof trackTotalHits === 'number' && total > trackTotalHits) return { value: trackTotalHits, relation: 'gte' };
  return { value: total, relation: isPartial || isLowerBound ? 'gte' : 'eq' };
}

function searchHit(index: string, hit: MergedHit, showsScore: boolean): SearchHit {
  const { source, highlight, explanation, version, seqNo, primaryTerm }: FetchedHit = hit.fetched ?? {};
  const { matchedQueries } = hit;
  return compact({
    _index: index,
    _id: hit.id,
    _version: version,
    _seq_no: seqNo,
    _primary_term: primaryTerm,
    _score: showsScore ? hit.score : null,
    _source: source,
    highlight,
    sort: hit.sort,
    matched_queries: matchedQueries === undefined || matchedQueries.length === 0 ? undefined : matchedQueries,
    _explanation: explanation,
  });
}

function codeOf({ code }: WireError): ErrorCode {
  return isErrorCode(code) ? code : 'INTERNAL';
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

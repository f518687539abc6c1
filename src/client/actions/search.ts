/**
 * `search`, `msearch` and `count`: scatter to the shards, gather, merge.
 */
import { shardOfSlot, shardsOf, slotOf } from '../../actor/slots.ts';
import type { QueryStatistics } from '../../engine/engine.ts';
import { asCoppiceError, CoppiceError } from '../../errors.ts';
import { type AggregationsAnswer, aggregationsAnswer } from '../../search/aggregations.ts';
import { errorAnswer } from '../../search/answers.ts';
import type { Mappings } from '../../search/mapping.ts';
import { type FromShard, type MergedHits, mergeHits } from '../../search/merge-hits.ts';
import { mergeStatistics } from '../../search/merge-statistics.ts';
import type { ShardCount, ShardFetched, ShardHits, ShardQuery } from '../../search/partials.ts';
import {
  type AnswerContext,
  countAnswer,
  fetchBodies,
  isOneRound,
  joinFetched,
  type SearchAnswer,
  type ShardFailure,
  searchAnswer,
} from '../../search/reduce.ts';
import { type CountRequest, parseCount, parseSearch, type SearchRequest } from '../../search/request/search-request.ts';
import type { GroupRecord } from '../../wire/records.ts';
import type { CallOptions, ShardAnswer, Token } from '../router.ts';
import { NO_INDEX, type Root, type RunAction, searchGroup, stopwatch, within } from './action.ts';
import { aggregatedMappings, bindNow } from './mappings.ts';

/** Most searches of one `msearch`. */
const MAX_SEARCHES = 1_000;
/** Shards are waited for at least so long, however little time their searches have. */
const LEAST_PATIENCE_MS = 500;

type Gathered<Partial_> = {
  readonly partials: readonly FromShard<Partial_>[];
  readonly failures: readonly ShardFailure[];
  /** What the copies that answered had applied. */
  readonly seen: Token;
};

/** Searches an index. */
export const search: RunAction = async (root, { index, body }, options) =>
  searchIndex(root, index, parseSearch(body), options);

/** Counts the documents of an index that match. */
export const count: RunAction = async (root, { index, body }, options) => {
  const parsed = parseCount(body);
  const tookMs = stopwatch(root);
  const group = await searchGroup(root, index);
  const request = await bindNow(root, group, parsed);
  const shards = shardsAsked(group, request);
  const asked = withToken(within(root, options, request.timeoutMs), request);
  const { partials, failures } = gather<ShardCount>(
    await root.router.ask(group, { endpoint: 'count', body: queryOf(request), shards }, asked),
  );
  return countAnswer(request, partials, { index, tookMs: tookMs(), shardCount: shards.length, failures });
};

/** Runs several searches: `{"searches":[{"index":"books"},{"query":…},…]}`, a header and a body each. */
export const multiSearch: RunAction = async (root, { index, body }, options) => {
  const tookMs = stopwatch(root);
  const searches = readSearches(body, index);
  const responses = await Promise.all(
    searches.map(async (one) => {
      try {
        return { ...(await searchIndex(root, one.index, parseSearch(one.body), options)), status: 200 };
      } catch (error) {
        return errorAnswer(asCoppiceError(error));
      }
    }),
  );
  return { took: tookMs(), responses };
};

async function searchIndex(
  root: Root,
  index: string,
  parsed: SearchRequest,
  options: CallOptions,
): Promise<SearchAnswer> {
  const tookMs = stopwatch(root);
  const group = await searchGroup(root, index);
  const request = await bindNow(root, group, parsed);
  const mappings = request.aggregations === undefined ? undefined : await aggregatedMappings(root, group, request);
  const shards = shardsAsked(group, request);
  const asked = withToken(within(root, options, patienceMs(request)), request);
  const statistics =
    request.searchType === 'dfs_query_then_fetch'
      ? await globalStatistics(root, { group, request, shards }, asked)
      : undefined;
  const sources = isOneRound(request);
  const body = { request, sources, ...(statistics?.merged === undefined ? {} : { statistics: statistics.merged }) };
  const answered =
    statistics === undefined
      ? shards
      : shards.filter((shard) => !statistics.failures.some((failure) => failure.shard === shard));
  const found = gather<ShardHits>(await root.router.ask(group, { endpoint: 'search', body, shards: answered }, asked));
  const failures = [...(statistics?.failures ?? []), ...found.failures];
  const merged = mergeHits(request, found.partials);
  // What a copy found another may not have applied yet: the second round must see as much as the first.
  const whole = sources
    ? { merged, failures: [] }
    : await fetchSources(
        root,
        { group, request, merged, statistics: statistics?.merged },
        { ...asked, after: found.seen },
      );
  const context: AnswerContext = {
    index,
    tookMs: tookMs(),
    shardCount: shards.length,
    failures: distinct([...failures, ...whole.failures]),
    aggregations: mappings && aggregationsOf(request, found.partials, { index, mappings }),
  };
  return searchAnswer(request, whole.merged, context);
}

function aggregationsOf(
  { aggregations = {}, nowMs }: SearchRequest,
  partials: readonly FromShard<ShardHits>[],
  { index, mappings }: { index: string; mappings: Mappings },
): AggregationsAnswer {
  const given = partials.flatMap(({ value }) => (value.aggregations === undefined ? [] : [value.aggregations]));
  return aggregationsAnswer(aggregations, given, { index, mappings, nowMs });
}

/** What shards need to count, or to tell their statistics. */
function queryOf({ query, nowMs }: Pick<CountRequest, 'query' | 'nowMs'>): ShardQuery {
  return nowMs === undefined ? { query } : { query, nowMs };
}

/** First phase of `dfs_query_then_fetch`: statistics of the whole index. */
export async function globalStatistics(
  { router }: Root,
  {
    group,
    request,
    shards,
  }: { group: GroupRecord; request: Pick<CountRequest, 'query' | 'nowMs'>; shards: readonly number[] },
  options: CallOptions,
): Promise<{ merged: QueryStatistics; failures: readonly ShardFailure[] }> {
  const { partials, failures } = gather<QueryStatistics>(
    await router.ask(group, { endpoint: 'statistics', body: queryOf(request), shards }, options),
  );
  return { merged: mergeStatistics(partials.map(({ value }) => value)), failures };
}

/** Second round: sources and highlights of the page's hits only. */
async function fetchSources(
  { router }: Root,
  {
    group,
    request,
    merged,
    statistics,
  }: { group: GroupRecord; request: SearchRequest; merged: MergedHits; statistics: QueryStatistics | undefined },
  options: CallOptions,
): Promise<{ merged: MergedHits; failures: readonly ShardFailure[] }> {
  const bodies = fetchBodies(request, merged.hits, statistics);
  const fetched = gather<ShardFetched>(
    await router.ask(group, { endpoint: 'fetch', bodies, shards: [...bodies.keys()] }, options),
  );
  return { merged: joinFetched(merged, fetched.partials), failures: fetched.failures };
}

/** Divides answers from what is missing. Values are read by the code that the shards' own code shares. */
function gather<Partial_>(answers: readonly ShardAnswer[]): Gathered<Partial_> {
  const partials: FromShard<Partial_>[] = [];
  const failures: ShardFailure[] = [];
  const seen: Record<string, number> = {};
  for (const answer of answers) {
    if (answer.ok) seen[answer.shard] = answer.seq;
    if (answer.ok) partials.push({ shard: answer.shard, value: answer.value as Partial_ });
    else failures.push({ shard: answer.shard, error: answer.error.toWire() });
  }
  return { partials, failures, seen };
}

function shardsAsked(group: GroupRecord, { routing }: Pick<CountRequest, 'routing'>): readonly number[] {
  if (routing === undefined) return shardsOf(group.slots);
  return [...new Set(routing.map((key) => shardOfSlot(group.slots, slotOf(key))))].toSorted((a, b) => a - b);
}

/** How long the shards are waited for: they themselves stop after the search's time, and need some for the way back. */
function patienceMs({ timeoutMs }: Pick<SearchRequest, 'timeoutMs'>): number | undefined {
  return timeoutMs === undefined ? undefined : Math.max(timeoutMs, LEAST_PATIENCE_MS);
}

function withToken(options: CallOptions, { after }: Pick<CountRequest, 'after'>): CallOptions {
  return after === undefined ? options : { ...options, after };
}

function distinct(failures: readonly ShardFailure[]): readonly ShardFailure[] {
  return [...new Map(failures.map((failure) => [failure.shard, failure])).values()];
}

function readSearches(body: unknown, subjectIndex: string): readonly { index: string; body: unknown }[] {
  const lines: unknown = typeof body === 'object' && body !== null && 'searches' in body ? body.searches : undefined;
  if (!Array.isArray(lines) || lines.length === 0 || lines.length % 2 !== 0) {
    throw new CoppiceError(
      'PARSING_FAILED',
      'searches: expected a list of headers and bodies in turn, such as [{"index":"books"},{"query":{"match_all":{}}}]',
    );
  }
  if (lines.length / 2 > MAX_SEARCHES)
    throw new CoppiceError(
      'BAD_REQUEST',
      `searches: at most ${MAX_SEARCHES} searches are allowed, got ${lines.length / 2}`,
    );
  return Array.from({ length: lines.length / 2 }, (_, at) => ({
    index: indexOf(lines[at * 2], at, subjectIndex),
    body: lines[at * 2 + 1] as unknown,
  }));
}

function indexOf(header: unknown, at: number, subjectIndex: string): string {
  const path = `searches[${at * 2}]`;
  if (typeof header !== 'object' || header === null)
    throw new CoppiceError('PARSING_FAILED', `${path}: expected a header such as {"index":"books"}`);
  const named: unknown = 'index' in header ? header.index : undefined;
  const index = named ?? (subjectIndex === NO_INDEX ? undefined : subjectIndex);
  if (typeof index !== 'string')
    throw new CoppiceError('PARSING_FAILED', `${path}.index: expected the name of an index`);
  if (subjectIndex !== NO_INDEX && index !== subjectIndex) {
    throw new CoppiceError('BAD_REQUEST', `${path}.index names [${index}], but the request is for [${subjectIndex}]`);
  }
  return index;
}

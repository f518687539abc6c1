/**
 * The search index as an actor: an engine per shard, written against the interface that users get. Writes come in by
 * `write`; everything else reads.
 */
import { command, query } from '../actor/define.ts';
import type { StatefulDefinition } from '../actor/definition.ts';
import { captureSearch, restoreSearch } from './checkpoint.ts';
import {
  parseShardExplain,
  parseShardFetch,
  parseShardGet,
  parseShardMultiGet,
  parseShardQuery,
  parseShardSearch,
  parseWriteCommand,
  type ShardExplain,
  type ShardFetch,
  type ShardGet,
  type ShardMultiGet,
  type ShardQuery,
  type ShardSearch,
} from './partials.ts';
import type { WriteCommand } from './request/write-request.ts';
import {
  countShard,
  explainDocument,
  fetchHits,
  getDocument,
  searchShard,
  shardInfo,
  shardStatistics,
  stopInTime,
} from './shard-search.ts';
import { initialMappings, initialState, type SearchShared, type SearchState } from './state.ts';
import { agree, apply, decide, type SearchRecord } from './write.ts';

const endpoints = {
  /** Writes one document. */
  write: command<SearchState, WriteCommand, SearchRecord, SearchShared>({
    polling: { by: 'routing' },
    parse: parseWriteCommand,
    agree,
    decide,
  }),
  /** One document by id. */
  get: query<SearchState, ShardGet, unknown>({ polling: { by: 'routing' }, parse: parseShardGet, handle: getDocument }),
  /** Documents by id, of those that this shard holds. */
  mget: query<SearchState, ShardMultiGet, unknown>({
    polling: 'all',
    parse: parseShardMultiGet,
    reduce: 'concat',
    handle: (state, { items }) => items.map((item) => getDocument(state, item)),
  }),
  count: query<SearchState, ShardQuery, unknown>({
    polling: 'all',
    parse: parseShardQuery,
    reduce: 'sum',
    handle: countShard,
  }),
  /** First phase of `dfs_query_then_fetch`. */
  statistics: query<SearchState, ShardQuery, unknown>({
    polling: 'all',
    parse: parseShardQuery,
    handle: shardStatistics,
  }),
  /** The shard's best hits, for `reduce.ts` to merge. */
  search: query<SearchState, ShardSearch, unknown>({
    polling: 'all',
    parse: parseShardSearch,
    handle: (state, body, context) =>
      searchShard(
        state,
        body,
        stopInTime(() => context.remainingMs(), body.request.timeoutMs),
      ),
  }),
  /** How a document scores. */
  explain: query<SearchState, ShardExplain, unknown>({
    polling: { by: 'routing' },
    parse: parseShardExplain,
    handle: explainDocument,
  }),
  /** Sources and highlights of hits found before. */
  fetch: query<SearchState, ShardFetch, unknown>({ polling: 'all', parse: parseShardFetch, handle: fetchHits }),
  /** Size and fields of the shard. */
  info: query<SearchState, unknown, unknown>({ polling: 'all', handle: (state) => shardInfo(state) }),
};

/** The search actor. Its settings are `SearchSettings`; its shared document holds the mappings of the index. */
export const searchActor: StatefulDefinition<SearchState, SearchRecord, SearchShared> = {
  kind: 'stateful',
  name: 'search',
  init: initialState,
  initShared: (settings) => ({ mappings: initialMappings(settings) }),
  apply,
  stats: (state) => state.engine.stats(),
  maintain: (state, shouldStop) => state.engine.maintain(shouldStop),
  prepareCheckpoint: (state, shouldStop) => state.engine.prepareCommit(shouldStop),
  checkpoint: captureSearch,
  restore: restoreSearch,
  close: (state) => state.engine.close(),
  endpoints,
};

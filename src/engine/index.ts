/** Public entry of `coppice/engine`: a single-shard search library. */
export type * from './aggregate/aggregation.ts';
export { type AggregationAnswers, type FinishOptions, finishAggregations } from './aggregate/finish.ts';
export { reduceAggregations } from './aggregate/reduce.ts';
export type * from './analysis/analyzer.ts';
export { createAnalyzers, type IndexAnalyzers } from './analysis/analyzers.ts';
export type * from './engine.ts';
export { HIGHLIGHT_DEFAULTS, type HighlightedField, type HighlightOptions } from './highlight/highlight-options.ts';
export { type RegionPool } from './memory/region.ts';
export { createRegionPool } from './memory/region-pool.ts';
export type * from './query/query.ts';
export { termKey } from './query/search-terms.ts';
export { createEngine, openEngine, ShardEngine, type ShardEngineOptions, type ShardStats } from './shard-engine.ts';
export { type OpenSharedOptions, openShared, type SharedSearcher, type SharedShard } from './shared-shard.ts';
export { openFileStore } from './store/file-store.ts';
export { createMemoryStore } from './store/memory-store.ts';
export type * from './store/store.ts';

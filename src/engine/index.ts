/** Public entry of `coppice/engine`: a single-shard search library. */
export type * from './engine.ts';
export type * from './query/query.ts';

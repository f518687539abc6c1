/** Public entry of `coppice/engine`: a single-shard search library. */
export { analyze, type Token } from './analysis/analyze.ts';
export type * from './engine.ts';
export { type HighlightOptions, highlight } from './highlight.ts';
export { createEngine } from './memory-engine.ts';
export type * from './query/query.ts';
export { termKey } from './query/query-terms.ts';

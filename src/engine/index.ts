/** Public entry of `coppice/engine`: a single-shard search library. */
export { analyze, type Token } from './analysis/analyze.ts';
export type * from './engine.ts';
export { type HighlightOptions, highlight } from './old/highlight.ts';
export { createEngine } from './old/memory-engine.ts';
export { termKey } from './old/query/query-terms.ts';
export type * from './query/query.ts';

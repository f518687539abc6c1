/** Filters for others than searches: what aggregations by filter ask. */
import type { IndexPart } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { Query } from './query.ts';

/** A filter over a view, compiled. */
export interface CompiledFilter {
  /** A walk over one part; a new one for each pass. */
  on(part: IndexPart): FilterWalk;
}

/** Walks over the windows of a part. */
export interface FilterWalk {
  /** Bits of the window that starts at `base`, a multiple of `WINDOW`; windows only rise. Dead documents may match. Valid until the next call. */
  window(base: number): Uint32Array;
}

/** Compiles a query as a filter for the parts of a view. */
export function compileFilter(_view: ShardView, _query: Query): CompiledFilter {
  throw new Error('not yet');
}

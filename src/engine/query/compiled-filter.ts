/** Filters for others than searches: what aggregations by filter ask. */
import { type IndexPart, WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { buildQuery } from './build-query.ts';
import { PartMatchers } from './part-matchers.ts';
import type { Query } from './query.ts';
import { QueryLimits } from './query-limits.ts';
import { SearchTerms } from './search-terms.ts';
import { WINDOW_WORDS } from './window.ts';
import { WindowBuffers } from './window-buffers.ts';

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

const NO_BITS = new Uint32Array(WINDOW_WORDS);

/**
 * Compiles a query as a filter for the parts of a view.
 *
 * @throws CoppiceError as `buildQuery` does.
 */
export function compileFilter(view: ShardView, query: Query): CompiledFilter {
  const terms = new SearchTerms(view, undefined);
  const node = buildQuery(query, { terms, limits: new QueryLimits(), isScoring: false });
  return {
    on(part) {
      const index = view.parts.indexOf(part);
      const matcher = new PartMatchers(part, index, { buffers: new WindowBuffers() }).make(node);
      return {
        window(base) {
          if (matcher.seek(base) >= base + WINDOW) return NO_BITS;
          matcher.fill(base);
          return matcher.bits;
        },
      };
    },
  };
}

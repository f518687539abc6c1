/** The doors of the evaluator: searches, counts and explains over the parts of a shard. */

import type { EngineHits, EngineSearch, Explanation, QueryStatistics } from '../engine.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { FilterCache } from './filter-cache.ts';
import type { Query } from './query.ts';

/** A document: index of its part in the view, and its ordinal there. */
export type DocumentPlace = { readonly part: number; readonly ordinal: number };

/**
 * Searches the parts of a shard. Ordinals of hits are global: those of a part come after those of the parts before it.
 *
 * @throws CoppiceError `BAD_REQUEST` for values that do not fit their field, `LIMIT_EXCEEDED` beyond a limit.
 */
export function searchParts(_view: ShardView, _request: EngineSearch, _cache?: FilterCache): EngineHits {
  throw new Error('not yet');
}

/** Number of live documents that match. */
export function countParts(_view: ShardView, _query: Query, _cache?: FilterCache): number {
  throw new Error('not yet');
}

/** How a live document scores; `value` 0 and "no match" if it does not match. */
export function explainDocument(
  _view: ShardView,
  _place: DocumentPlace,
  _request: Pick<EngineSearch, 'query' | 'statistics'>,
): Explanation {
  throw new Error('not yet');
}

/** What a shard adds to the whole index's statistics for a query. */
export function statisticsOfParts(_view: ShardView, _query: Query): QueryStatistics {
  throw new Error('not yet');
}

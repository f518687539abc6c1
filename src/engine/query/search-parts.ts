/** The doors of the evaluator: searches, counts and explains over the parts of a shard. */

import type { Automaton } from '../automata/automaton.ts';
import type { EngineHits, EngineSearch, Explanation, QueryStatistics } from '../engine.ts';
import type { IndexPart } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { FilterCache } from './filter-cache.ts';
import type { Query } from './query.ts';

/** A document: index of its part in the view, and its ordinal there. */
export type DocumentPlace = { readonly part: number; readonly ordinal: number };

/** What a query looks for in one field, for highlighting. Clauses that exclude are left out. */
export type SoughtTerms =
  | { readonly kind: 'term'; readonly term: string }
  /** Terms by place, holes of dropped words included in the places, which rise. */
  | {
      readonly kind: 'phrase';
      readonly places: readonly { readonly place: number; readonly terms: readonly string[] }[];
      readonly slop: number;
    }
  | { readonly kind: 'automaton'; readonly automaton: Automaton };

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

/** The analysed terms a query looks for, by field. */
export function termsOfQuery(_view: ShardView, _query: Query): ReadonlyMap<string, ReadonlySet<string>> {
  throw new Error('not yet');
}

/** What a query looks for, by field: terms, phrases and patterns; for highlighting. */
export function phrasesOfQuery(_view: ShardView, _query: Query): ReadonlyMap<string, readonly SoughtTerms[]> {
  throw new Error('not yet');
}

/** Compiles a query as a filter for the parts of a view. */
export function compileFilter(_view: ShardView, _query: Query): CompiledFilter {
  throw new Error('not yet');
}

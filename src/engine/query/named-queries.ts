/** Named queries: which of them a hit matches. They are looked at for the hits alone. */
import { WINDOW } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { buildQuery } from './build-query.ts';
import { innerQueries } from './inner-queries.ts';
import { PartMatchers } from './part-matchers.ts';
import type { Query } from './query.ts';
import type { QueryLimits } from './query-limits.ts';
import type { SearchTerms } from './search-terms.ts';
import { isSet } from './window.ts';
import type { WindowBuffers } from './window-buffers.ts';

/** What names are looked up with. */
export type NamesOptions = {
  readonly view: ShardView;
  readonly terms: SearchTerms;
  readonly limits: QueryLimits;
  readonly buffers: WindowBuffers;
};

/** For each hit, by ordinal of the shard, the names of the queries it matches, in the order of the query tree. */
export function matchedNames(
  query: Query,
  ordinals: Uint32Array,
  { view, terms, limits, buffers }: NamesOptions,
): string[][] {
  const matched = Array.from(ordinals, (): string[] => []);
  const order = Array.from(ordinals.keys()).sort((a, b) => ordinals[a]! - ordinals[b]!);
  for (const { name, query: named } of namedQueries(query)) {
    const node = buildQuery(named, { terms, limits, isScoring: false });
    let next = 0;
    let base = 0;
    for (const [index, part] of view.parts.entries()) {
      const end = base + part.endOrdinal;
      const matcher = new PartMatchers(part, index, { buffers }).make(node);
      let filled = -1;
      for (; next < order.length && ordinals[order[next]!]! < end; next++) {
        const ordinal = ordinals[order[next]!]! - base;
        const window = ordinal - (ordinal % WINDOW);
        if (window !== filled) {
          if (matcher.seek(window) < window + WINDOW) matcher.fill(window);
          else continue;
          filled = window;
        }
        if (isSet(matcher.bits, ordinal - window)) matched[order[next]!]!.push(name);
      }
      base = end;
    }
  }
  return matched;
}

/** Queries with names in a tree, in its order. */
function namedQueries(query: Query): { readonly name: string; readonly query: Query }[] {
  const own = query.name === undefined ? [] : [{ name: query.name, query }];
  return [...own, ...innerQueries(query).flatMap(namedQueries)];
}

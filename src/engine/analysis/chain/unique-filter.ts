/** Token filters that look at several tokens at once: `unique`, `remove_duplicates`, `limit`. */
import type { TokenFilter } from './token-stage.ts';

/** Each term once: in the whole text, or with `samePosition` in each position. */
export function uniqueFilter(samePosition: boolean): TokenFilter {
  return {
    open: (next) => {
      const seen = new Set<string>();
      let place = -1;
      return {
        token(token): void {
          if (samePosition && token.position !== place) seen.clear();
          place = token.position;
          if (seen.has(token.term)) return;
          seen.add(token.term);
          next.token(token);
        },
        end: (positions) => next.end(positions),
      };
    },
  };
}

/** The first `count` tokens. */
export function limitFilter(count: number): TokenFilter {
  return {
    open: (next) => {
      let taken = 0;
      return {
        token(token): void {
          if (taken++ < count) next.token(token);
        },
        end: (positions) => next.end(positions),
      };
    },
  };
}

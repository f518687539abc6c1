/** Filters that keep the term as it was beside what they make of it. */
import type { TokenFilter } from './token-stage.ts';

/** A map over terms that leaves the original in the same position, after what became of it. */
export function preservingFilter(mapTerm: (term: string) => string): TokenFilter {
  return {
    open: (next) => ({
      token(token): void {
        const term = mapTerm(token.term);
        if (term !== token.term) next.token({ ...token, term });
        next.token(token);
      },
      end: (positions) => next.end(positions),
    }),
  };
}

/**
 * The inside of an analyzer that is put together of parts: a tokenizer hands tokens to the first of several stages, and
 * each stage hands them on, changed, dropped or multiplied. Nothing is gathered but what a stage must look back at.
 */

/** A token on its way. Its owner is the stage that holds it: a stage may change it and hand it on. */
export type ChainToken = {
  term: string;
  /** Rises from token to token or stays the same. */
  position: number;
  /** In the text that the tokenizer saw, which character filters may have changed. */
  start: number;
  end: number;
  /** As Lucene names them: `<ALPHANUM>`, `word`, `SYNONYM`. */
  type: string;
  /** Positions that the token spans; more than 1 for shingles and synonyms of several words. */
  positionLength: number;
  /** Marked as not to be stemmed. */
  isKeyword: boolean;
};

/** Takes tokens by rising position, and their end. */
export interface TokenStage {
  token(token: ChainToken): void;
  /** @param positions Number of positions of the whole text, holes at its end included. */
  end(positions: number): void;
}

/** Cuts a text. Calls `end` of the stage once, last. */
export type TextCutter = (text: string, stage: TokenStage) => void;

/** A filter: makes the stage that hands its tokens on to `next`; one for each text. */
export type TokenFilter = {
  readonly open: (next: TokenStage) => TokenStage;
  /** Where the filter changes or drops each term by itself: that change. Null drops. */
  readonly mapTerm?: (term: string) => string | null;
  /** Where the filter only says which terms are not to be stemmed. */
  readonly marksTerm?: (term: string) => boolean;
  /** Whether `mapTerm` leaves marked terms as they are. */
  readonly sparesMarked?: boolean;
  /** Whether lower case before it comes to the same as lower case after it. */
  readonly ignoresCase?: boolean;
  /** Whether `mapTerm` is also what happens to the terms of `prefix`, `wildcard` and ranges. */
  readonly isNormalizing?: boolean;
};

/** A fresh token. */
export function newToken(term: string, position: number, [start, end]: readonly [number, number]): ChainToken {
  return { term, position, start, end, type: 'word', positionLength: 1, isKeyword: false };
}

/** A filter that maps each term by itself. Null drops the token and leaves a hole. */
export function termFilter(
  mapTerm: (term: string) => string | null,
  traits: Pick<TokenFilter, 'sparesMarked' | 'isNormalizing' | 'ignoresCase'> = {},
): TokenFilter {
  return {
    ...traits,
    mapTerm,
    open: (next) => ({
      token(token): void {
        const term = traits.sparesMarked === true && token.isKeyword ? token.term : mapTerm(token.term);
        if (term === null) return;
        token.term = term;
        next.token(token);
      },
      end: (positions) => next.end(positions),
    }),
  };
}

/** Token filters that make pieces of terms (`ngram`, `edge_ngram`) or runs of terms (`shingle`). */
import { type ChainToken, newToken, type TokenFilter, type TokenStage } from './token-stage.ts';

/** Lengths of pieces in characters. */
export type GramLengths = { readonly min: number; readonly max: number };

/** All pieces of each term, in its position, by where they start and then by length. */
export function ngramFilter({ min, max }: GramLengths, preservesOriginal: boolean): TokenFilter {
  return pieceFilter(preservesOriginal, { min, max }, (characters, emit) => {
    for (let start = 0; start + min <= characters.length; start++) {
      const longest = Math.min(max, characters.length - start);
      for (let length = min; length <= longest; length++) emit(characters.slice(start, start + length).join(''));
    }
  });
}

/** The pieces at the start of each term, or at its end. */
export function edgeNgramFilter(
  { min, max }: GramLengths,
  { preservesOriginal, fromEnd }: { readonly preservesOriginal: boolean; readonly fromEnd: boolean },
): TokenFilter {
  return pieceFilter(preservesOriginal, { min, max }, (characters, emit) => {
    for (let length = min; length <= Math.min(max, characters.length); length++)
      emit((fromEnd ? characters.slice(-length) : characters.slice(0, length)).join(''));
  });
}

type Cut = (characters: readonly string[], emit: (piece: string) => void) => void;

function pieceFilter(preservesOriginal: boolean, { min, max }: GramLengths, cut: Cut): TokenFilter {
  return {
    open: (next) => ({
      token(token): void {
        const characters = Array.from(token.term);
        cut(characters, (piece) => next.token({ ...token, term: piece }));
        const isAmongPieces = characters.length >= min && characters.length <= max;
        if (preservesOriginal && !isAmongPieces) next.token(token);
      },
      end: (positions) => next.end(positions),
    }),
  };
}

/** How runs of terms are made. */
export type ShingleOptions = {
  readonly min: number;
  readonly max: number;
  readonly separator: string;
  /** Stands for a dropped word. */
  readonly filler: string;
  readonly outputsUnigrams: boolean;
  /** Whether single terms come out if there is no run at all. */
  readonly outputsUnigramsIfNone: boolean;
};

/** Runs of `min` to `max` terms that follow each other, each in the position of its first; with the terms themselves. */
export function shingleFilter(options: ShingleOptions): TokenFilter {
  return { open: (next) => new ShingleStage(next, options) };
}

/** Keeps the last `max` places. Of several tokens in one position the first counts. */
class ShingleStage implements TokenStage {
  readonly #next: TokenStage;
  readonly #options: ShingleOptions;
  /** Tokens and holes in a row. */
  readonly #window: { readonly token: ChainToken; readonly isHole: boolean }[] = [];
  #place = 0;
  /** Offset at which the last token ended: where a hole stands. */
  #lastEnd = 0;
  #hasShingle = false;
  #onlyToken: ChainToken | undefined;

  constructor(next: TokenStage, options: ShingleOptions) {
    this.#next = next;
    this.#options = options;
  }

  token(token: ChainToken): void {
    if (token.position < this.#place) return;
    this.#addHoles(token.position - this.#place, token.start);
    this.#onlyToken ??= token;
    this.#add(token, false);
    this.#place = token.position + 1;
    this.#lastEnd = token.end;
  }

  end(positions: number): void {
    this.#addHoles(positions - this.#place, this.#lastEnd);
    while (this.#window.length > 0) this.#shift();
    const { outputsUnigrams, outputsUnigramsIfNone } = this.#options;
    if (!outputsUnigrams && outputsUnigramsIfNone && !this.#hasShingle && this.#onlyToken !== undefined)
      this.#next.token(this.#onlyToken);
    this.#next.end(positions);
  }

  /** Longer gaps than a run is long make no further runs. */
  #addHoles(count: number, offset: number): void {
    const first = this.#place + Math.max(0, count - this.#options.max);
    for (let place = first; place < this.#place + count; place++)
      this.#add(newToken(this.#options.filler, place, [offset, offset]), true);
  }

  #add(token: ChainToken, isHole: boolean): void {
    this.#window.push({ token, isHole });
    if (this.#window.length === this.#options.max) this.#shift();
  }

  /** Hands on what begins with the oldest place. */
  #shift(): void {
    const { min, outputsUnigrams, separator } = this.#options;
    const [first] = this.#window;
    if (first === undefined) return;
    if (outputsUnigrams && !first.isHole) this.#next.token({ ...first.token });
    for (let length = min; length <= this.#window.length; length++) {
      const run = this.#window.slice(0, length);
      if (run.every(({ isHole }) => isHole)) continue;
      this.#hasShingle = true;
      this.#next.token({
        ...first.token,
        term: run.map(({ token }) => token.term).join(separator),
        end: Math.max(...run.map(({ token }) => token.end)),
        type: 'shingle',
        positionLength: length,
      });
    }
    this.#window.shift();
  }
}

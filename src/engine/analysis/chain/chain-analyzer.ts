/** An analyzer put together of character filters, a tokenizer and token filters. */
import { MAX_TERM_BYTES, termBytes } from '../../part/term-bytes.ts';
import type { Analyzer, TokenSink } from '../analyzer.ts';
import type { CharFilter } from './char-filter.ts';
import type { ChainToken, TextCutter, TokenFilter, TokenStage } from './token-stage.ts';

/** What a chain is made of, in the order in which a text passes through. */
export type ChainParts = {
  readonly charFilters: readonly CharFilter[];
  readonly tokenizer: TextCutter;
  readonly filters: readonly TokenFilter[];
};

/** An analyzer of parts. Terms of more bytes than a dictionary takes are dropped and leave a hole. */
export class ChainAnalyzer implements Analyzer {
  readonly name: string;
  readonly parts: ChainParts;

  constructor(name: string, parts: ChainParts) {
    this.name = name;
    this.parts = parts;
  }

  analyze(text: string, sink: TokenSink): number {
    let positions = 0;
    this.run(text, {
      token: ({ term, position, start, end }) => {
        if (fits(term)) sink(term, position, start, end);
      },
      end: (count) => {
        positions = count;
      },
    });
    return positions;
  }

  /** Hands every token to `last`, with all that is known of it; offsets are those of `text`. */
  run(text: string, last: TokenStage): void {
    const { charFilters, tokenizer, filters } = this.parts;
    let filtered = text;
    let stage = last;
    if (charFilters.length > 0) {
      const changes = charFilters.map((filter) => {
        const change = filter.apply(filtered);
        filtered = change.text;
        return change;
      });
      stage = withOffsets(last, (offset, isEnd) =>
        changes.reduceRight((at, change) => change.original(at, isEnd), offset),
      );
    }
    for (const filter of filters.toReversed()) stage = filter.open(stage);
    tokenizer(filtered, stage);
  }

  normalize(term: string): string {
    let result = term;
    for (const filter of this.parts.charFilters) if (filter.isNormalizing) result = filter.apply(result).text;
    for (const { mapTerm, isNormalizing } of this.parts.filters)
      if (isNormalizing === true) result = mapTerm?.(result) ?? result;
    return result;
  }
}

function withOffsets(last: TokenStage, original: (offset: number, isEnd: boolean) => number): TokenStage {
  return {
    token(token: ChainToken): void {
      token.start = original(token.start, false);
      token.end = Math.max(token.start, original(token.end, true));
      last.token(token);
    },
    end: (positions) => last.end(positions),
  };
}

function fits(term: string): boolean {
  return term.length * 3 <= MAX_TERM_BYTES || termBytes(term).length <= MAX_TERM_BYTES;
}

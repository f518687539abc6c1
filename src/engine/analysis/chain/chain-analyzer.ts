/**
 * Analyzers put together of character filters, a tokenizer and token filters. All analyzers are made of such parts;
 * where they come down to the standard tokenizer and a map over words, the parts are short-circuited.
 */
import { MAX_TERM_BYTES, termBytes } from '../../part/term-bytes.ts';
import type { Analyzer, TokenSink } from '../analyzer.ts';
import { Tokenizer } from '../tokenizer.ts';
import type { CharFilter } from './char-filter.ts';
import type { ChainToken, TextCutter, TokenFilter, TokenStage } from './token-stage.ts';
import { cutStandard } from './tokenizers.ts';
import { type WordMap, wordMapOf } from './word-map.ts';

/** What an analyzer is made of, in the order in which a text passes through. */
export type ChainParts = {
  readonly charFilters: readonly CharFilter[];
  readonly tokenizer: TextCutter;
  readonly filters: readonly TokenFilter[];
};

/** An analyzer whose parts are known. */
export interface ChainedAnalyzer extends Analyzer {
  readonly parts: ChainParts;
}

/** The analyzer of these parts. */
export function chainAnalyzer(name: string, parts: ChainParts): ChainedAnalyzer {
  const isStandard = parts.charFilters.length === 0 && parts.tokenizer === cutStandard;
  const mapWord = isStandard ? wordMapOf(parts.filters) : undefined;
  return mapWord === undefined ? new ChainAnalyzer(name, parts) : new WordAnalyzer(name, parts, mapWord);
}

/** Hands every token of a text to `last`, with all that is known of it; offsets are those of `text`. */
export function runChain({ charFilters, tokenizer, filters }: ChainParts, text: string, last: TokenStage): void {
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

/** Any chain. Terms without a character, or of more bytes than a dictionary takes, are dropped and leave a hole. */
class ChainAnalyzer implements ChainedAnalyzer {
  readonly name: string;
  readonly parts: ChainParts;

  constructor(name: string, parts: ChainParts) {
    this.name = name;
    this.parts = parts;
  }

  analyze(text: string, sink: TokenSink): number {
    let positions = 0;
    runChain(this.parts, text, {
      token: ({ term, position, start, end }) => {
        if (fits(term)) sink(term, position, start, end);
      },
      end: (count) => {
        positions = count;
      },
    });
    return positions;
  }

  normalize(term: string): string {
    return normalizeWith(this.parts, term);
  }
}

/** The standard tokenizer, lower case and a map over words: what most texts pass through. */
class WordAnalyzer implements ChainedAnalyzer {
  readonly name: string;
  readonly parts: ChainParts;
  readonly mapWord: WordMap;

  constructor(name: string, parts: ChainParts, mapWord: WordMap) {
    this.name = name;
    this.parts = parts;
    this.mapWord = mapWord;
  }

  analyze(text: string, sink: TokenSink): number {
    const { mapWord } = this;
    const tokenizer = new Tokenizer().reset(text);
    let position = 0;
    while (tokenizer.next()) {
      const term = mapWord(tokenizer.term());
      if (term !== null) sink(term, position, tokenizer.start, tokenizer.end);
      position++;
    }
    return position;
  }

  normalize(term: string): string {
    return normalizeWith(this.parts, term);
  }
}

function normalizeWith({ charFilters, filters }: ChainParts, term: string): string {
  let result = term;
  for (const filter of charFilters) if (filter.isNormalizing) result = filter.apply(result).text;
  for (const { mapTerm, isNormalizing } of filters) if (isNormalizing === true) result = mapTerm?.(result) ?? result;
  return result;
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
  if (term === '') return false;
  return term.length * 3 <= MAX_TERM_BYTES || termBytes(term).length <= MAX_TERM_BYTES;
}

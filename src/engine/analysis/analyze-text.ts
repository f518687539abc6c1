/** The tokens of texts with all that is known of them, and what each part of an analyzer makes of a text: for `_analyze`. */
import { CoppiceError } from '../../errors.ts';
import { type ChainedAnalyzer, type ChainParts, runChain } from './chain/chain-analyzer.ts';
import type { ChainToken, TokenStage } from './chain/token-stage.ts';

/** A token as it is shown. */
export type AnalyzedToken = {
  readonly term: string;
  readonly start: number;
  readonly end: number;
  readonly position: number;
  /** As Lucene names it: `<ALPHANUM>`, `word`, `SYNONYM`. */
  readonly type: string;
  /** Positions that it spans. */
  readonly positionLength: number;
  /** Whether stemmers leave it as it is. */
  readonly isKeyword: boolean;
};

/** What the parts of an analyzer make of texts, one after the other. */
export type AnalysisSteps = {
  /** The texts after each character filter. */
  readonly charFilters: readonly (readonly string[])[];
  readonly tokenizer: readonly AnalyzedToken[];
  /** The tokens after each filter. */
  readonly filters: readonly (readonly AnalyzedToken[])[];
};

/** Bounds of what is shown. */
export const ANALYZE_LIMITS = { tokens: 10_000, textLength: 1_000_000 } as const;

/** Positions between the values of a list. */
const GAP = 100;

/**
 * The tokens of several texts, as if they were values of one field: positions go on after a gap, offsets after one
 * character.
 *
 * @throws CoppiceError `LIMIT_EXCEEDED` if there are more than 10,000.
 */
export function analyzeTexts(analyzer: Pick<ChainedAnalyzer, 'parts'>, texts: readonly string[]): AnalyzedToken[] {
  const tokens: AnalyzedToken[] = [];
  let [position, offset] = [0, 0];
  for (const text of texts) {
    const collector = new Collector(tokens, position, offset);
    runChain(analyzer.parts, text, collector);
    position += collector.positions + GAP;
    offset += text.length + 1;
  }
  return tokens;
}

/**
 * What each part of an analyzer makes of texts.
 *
 * @throws CoppiceError `LIMIT_EXCEEDED` if a part makes more than 10,000 tokens.
 */
export function explainAnalysis(parts: ChainParts, texts: readonly string[]): AnalysisSteps {
  const { charFilters, tokenizer, filters } = parts;
  const filtered = charFilters.map((_, i) =>
    texts.map((text) => charFilters.slice(0, i + 1).reduce((current, filter) => filter.apply(current).text, text)),
  );
  const upTo = (count: number): AnalyzedToken[] =>
    analyzeTexts({ parts: { charFilters, tokenizer, filters: filters.slice(0, count) } }, texts);
  return { charFilters: filtered, tokenizer: upTo(0), filters: filters.map((_, i) => upTo(i + 1)) };
}

class Collector implements TokenStage {
  positions = 0;
  readonly #tokens: AnalyzedToken[];
  readonly #position: number;
  readonly #offset: number;

  constructor(tokens: AnalyzedToken[], position: number, offset: number) {
    this.#tokens = tokens;
    this.#position = position;
    this.#offset = offset;
  }

  token({ term, position, start, end, type, positionLength, isKeyword }: ChainToken): void {
    if (this.#tokens.length >= ANALYZE_LIMITS.tokens)
      throw new CoppiceError('LIMIT_EXCEEDED', `the analysis makes more than ${ANALYZE_LIMITS.tokens} tokens`);
    this.#tokens.push({
      term,
      start: start + this.#offset,
      end: end + this.#offset,
      position: position + this.#position,
      type,
      positionLength,
      isKeyword,
    });
  }

  end(positions: number): void {
    this.positions = positions;
  }
}

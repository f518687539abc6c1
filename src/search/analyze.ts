/** Answers `analyze`: the tokens of texts, as Elasticsearch's `_analyze` shows them. Needs no shard. */
import { type AnalyzedToken, analyzeTexts, explainAnalysis } from '../engine/analysis/analyze-text.ts';
import type { IndexAnalyzers } from '../engine/analysis/analyzers.ts';
import type { ChainedAnalyzer } from '../engine/analysis/chain/chain-analyzer.ts';
import { CoppiceError } from '../errors.ts';
import { leafAt, type Mappings } from './mapping.ts';
import type { AnalyzeRequest, AnalyzerChoice, ChainPart } from './request/analyze-request.ts';
import { compact } from './shape.ts';

/** A token as it is shown. */
export type ShownToken = {
  readonly token: string;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly type: string;
  readonly position: number;
  /** Where it is more than 1. */
  readonly positionLength?: number;
  /** With `explain`, where stemmers leave the token as it is. */
  readonly keyword?: true;
};

type Named<T> = { readonly name: string } & T;

/** The answer to `analyze`. With `explain` in detail. */
export type AnalyzeAnswer =
  | { readonly tokens: readonly ShownToken[] }
  | {
      readonly detail:
        | { readonly custom_analyzer: false; readonly analyzer: Named<{ readonly tokens: readonly ShownToken[] }> }
        | {
            readonly custom_analyzer: true;
            readonly charfilters?: readonly Named<{ readonly filtered_text: readonly string[] }>[];
            readonly tokenizer: Named<{ readonly tokens: readonly ShownToken[] }>;
            readonly tokenfilters?: readonly Named<{ readonly tokens: readonly ShownToken[] }>[];
          };
    };

/** What an index brings to an analysis. */
export type AnalysisContext = { readonly analyzers: IndexAnalyzers; readonly mappings: Mappings };

/**
 * Analyses texts.
 *
 * @throws CoppiceError `BAD_REQUEST` for an analyzer that is not known or a definition that is not understood;
 * `LIMIT_EXCEEDED` beyond 10,000 tokens.
 */
export function analyze({ texts, choice, explains }: AnalyzeRequest, context: AnalysisContext): AnalyzeAnswer {
  if (choice.kind === 'normalizer') return { tokens: normalized(texts, context.analyzers.normalizer(choice.name)) };
  const analyzer = analyzerOf(choice, context);
  if (!explains) return { tokens: analyzeTexts(analyzer, texts).map((token) => shown(token)) };
  if (choice.kind !== 'custom') {
    const tokens = analyzeTexts(analyzer, texts).map((token) => shown(token, true));
    return { detail: { custom_analyzer: false, analyzer: { name: analyzer.name, tokens } } };
  }
  return explained(choice, analyzer, texts);
}

function analyzerOf(
  choice: Exclude<AnalyzerChoice, { kind: 'normalizer' }>,
  { analyzers, mappings }: AnalysisContext,
): ChainedAnalyzer {
  switch (choice.kind) {
    case 'default':
      return analyzers.get(analyzers.defaultName);
    case 'named':
      return analyzers.get(choice.name);
    case 'field':
      return analyzerOfField(choice.field, analyzers, mappings);
    case 'custom':
      return analyzers.custom({ tokenizer: choice.tokenizer, filter: choice.filter, char_filter: choice.charFilter });
  }
}

function analyzerOfField(field: string, analyzers: IndexAnalyzers, mappings: Mappings): ChainedAnalyzer {
  const leaf = leafAt(mappings, field);
  if (leaf === undefined) return analyzers.get(analyzers.defaultName);
  if (leaf.type === 'text') return analyzers.get(leaf.analyzer ?? analyzers.defaultName);
  if (leaf.type === 'keyword') return analyzers.get('keyword');
  throw new CoppiceError(
    'BAD_REQUEST',
    `can't process field [${field}], analysis requests are only supported on text and keyword fields, it is of type [${leaf.type}]`,
  );
}

function explained(
  { tokenizer, filter, charFilter }: Extract<AnalyzerChoice, { kind: 'custom' }>,
  { parts }: ChainedAnalyzer,
  texts: readonly string[],
): AnalyzeAnswer {
  const steps = explainAnalysis(parts, texts);
  const tokensOf = (tokens: readonly AnalyzedToken[] = []): ShownToken[] => tokens.map((token) => shown(token, true));
  const charfilters = charFilter.map((part, i) => ({ name: nameOf(part), filtered_text: steps.charFilters[i] ?? [] }));
  const tokenfilters = filter.map((part, i) => ({ name: nameOf(part), tokens: tokensOf(steps.filters[i]) }));
  return {
    detail: compact({
      custom_analyzer: true as const,
      charfilters: charfilters.length === 0 ? undefined : charfilters,
      tokenizer: { name: nameOf(tokenizer), tokens: tokensOf(steps.tokenizer) },
      tokenfilters: tokenfilters.length === 0 ? undefined : tokenfilters,
    }),
  };
}

function nameOf(part: ChainPart): string {
  return typeof part === 'string' ? part : `__anonymous__${String(part['type'])}`;
}

function shown(
  { term, start, end, type, position, positionLength, isKeyword }: AnalyzedToken,
  explains = false,
): ShownToken {
  return compact({
    token: term,
    start_offset: start,
    end_offset: end,
    type,
    position,
    positionLength: positionLength > 1 ? positionLength : undefined,
    keyword: explains && isKeyword ? (true as const) : undefined,
  });
}

function normalized(texts: readonly string[], normalize: (value: string) => string): ShownToken[] {
  let offset = 0;
  return texts.map((text, i) => {
    const start = offset;
    offset += text.length + 1;
    return {
      token: normalize(text),
      start_offset: start,
      end_offset: start + text.length,
      type: 'word',
      position: i * 101,
    };
  });
}

/** Analyzers for tests of what stands before and behind them: words in lower case, and a few ways to differ. */
import type { Analyzer, Analyzers, TokenSink } from '../../../src/engine/analysis/analyzer.ts';
import { Tokenizer } from '../../../src/engine/analysis/tokenizer.ts';

function wordAnalyzer(name: string, mapWord: (word: string) => string | null): Analyzer {
  const analyze = (text: string, sink: TokenSink): number => {
    const words = new Tokenizer().reset(text);
    let position = 0;
    for (; words.next(); position++) {
      const term = mapWord(words.term());
      if (term !== null) sink(term, position, words.start, words.end);
    }
    return position;
  };
  return { name, analyze, normalize: (term) => term.toLowerCase(), mapWord };
}

const standard = wordAnalyzer('standard', (word) => word);

/** Drops `the` and a final `s`. */
const stemming = wordAnalyzer('stemming', (word) => (word === 'the' ? null : word.replace(/s$/, '')));

/** `standard` without `mapWord`, and with `wood` beside `oak`. */
const synonyms: Analyzer = {
  name: 'synonyms',
  analyze: (text, sink) =>
    standard.analyze(text, (term, position, start, end) => {
      sink(term, position, start, end);
      if (term === 'oak') sink('wood', position, start, end);
    }),
  normalize: (term) => term,
};

const ALL = new Map([standard, stemming, synonyms].map((analyzer) => [analyzer.name, analyzer]));

/** `standard`, `stemming` and `synonyms`. */
export const plainAnalyzers: Analyzers = {
  get: (name) => {
    const analyzer = ALL.get(name);
    if (analyzer === undefined) throw new Error(`no analyzer ${name}`);
    return analyzer;
  },
  names: [...ALL.keys()],
};

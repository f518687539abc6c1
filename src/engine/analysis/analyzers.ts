/** The analyzers of an index by name: those that are built in, and those that its settings put together. */
import { CoppiceError } from '../../errors.ts';
import type { AnalysisSettings, Analyzer, Analyzers } from './analyzer.ts';
import { ChainAnalyzer } from './chain/chain-analyzer.ts';
import { termFilter } from './chain/token-stage.ts';
import { cutAtSpaces, cutLetters, cutLowerCaseLetters, cutNothing } from './chain/tokenizers.ts';
import { lowerCase } from './lower-case.ts';
import { stemEnglish, withoutPossessive } from './porter.ts';
import { ENGLISH_STOP_WORDS } from './stop-words.ts';
import { keepWord, WordAnalyzer } from './word-analyzer.ts';

const NO_CHAR_FILTERS = [] as const;

/** Makers of the built-in analyzers. */
const BUILT_IN: ReadonlyMap<string, (name: string) => Analyzer> = new Map([
  ['standard', (name: string): Analyzer => new WordAnalyzer(name, keepWord)],
  ['english', (name: string): Analyzer => new WordAnalyzer(name, englishTerm)],
  ['simple', (name: string): Analyzer => chain(name, cutLetters, [lowerCaseFilter])],
  ['whitespace', (name: string): Analyzer => chain(name, cutAtSpaces, [])],
  ['keyword', (name: string): Analyzer => chain(name, cutNothing, [])],
  ['stop', (name: string): Analyzer => chain(name, cutLowerCaseLetters, [lowerCaseFilter, stopFilter])],
]);

const lowerCaseFilter = termFilter(lowerCase, { isNormalizing: true });
const stopFilter = termFilter((term) => (ENGLISH_STOP_WORDS.has(term) ? null : term));

/**
 * The analyzers of an index.
 *
 * @throws CoppiceError `BAD_REQUEST` if the settings are not understood.
 */
export function createAnalyzers(_settings: AnalysisSettings = {}): Analyzers {
  return new NamedAnalyzers();
}

class NamedAnalyzers implements Analyzers {
  readonly #made = new Map<string, Analyzer>();

  get names(): readonly string[] {
    return [...BUILT_IN.keys()];
  }

  get(name: string): Analyzer {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const make = BUILT_IN.get(name);
    if (make === undefined) throw new CoppiceError('BAD_REQUEST', `analyzer [${name}] has not been configured`);
    const analyzer = make(name);
    this.#made.set(name, analyzer);
    return analyzer;
  }
}

function chain(
  name: string,
  tokenizer: typeof cutLetters,
  filters: readonly ReturnType<typeof termFilter>[],
): ChainAnalyzer {
  return new ChainAnalyzer(name, { charFilters: NO_CHAR_FILTERS, tokenizer, filters });
}

/** The filters of Lucene's EnglishAnalyzer over one word: possessive, stop words, Porter. */
function englishTerm(lowerCaseWord: string): string | null {
  const word = withoutPossessive(lowerCaseWord);
  return ENGLISH_STOP_WORDS.has(word) ? null : stemEnglish(word);
}

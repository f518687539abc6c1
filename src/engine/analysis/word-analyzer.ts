/**
 * Analyzers that cut words as the standard tokenizer does and look at each word by itself: `standard`, `english` and the
 * other languages, and custom chains of that kind. Most texts pass through here.
 */
import type { Analyzer, TokenSink } from './analyzer.ts';
import { lowerCase } from './lower-case.ts';
import { Tokenizer } from './tokenizer.ts';

/** Maps a word in lower case to its term; null drops it and leaves a hole. A function of the word alone. */
export type WordMap = (lowerCaseWord: string) => string | null;

/** The standard tokenizer, lower case, and a map over words. */
export class WordAnalyzer implements Analyzer {
  readonly name: string;
  readonly mapWord: WordMap;
  readonly #normalize: (term: string) => string;
  readonly #tokenizer = new Tokenizer();
  #isBusy = false;

  /** @param normalize What happens to single terms after lower case; by default nothing. */
  constructor(name: string, mapWord: WordMap, normalize: (lowerCaseTerm: string) => string = (term) => term) {
    this.name = name;
    this.mapWord = mapWord;
    this.#normalize = normalize;
  }

  analyze(text: string, sink: TokenSink): number {
    if (this.#isBusy) return analyzeWith(new Tokenizer(), text, { sink, mapWord: this.mapWord });
    this.#isBusy = true;
    try {
      return analyzeWith(this.#tokenizer, text, { sink, mapWord: this.mapWord });
    } finally {
      this.#tokenizer.reset('');
      this.#isBusy = false;
    }
  }

  normalize(term: string): string {
    return this.#normalize(lowerCase(term));
  }
}

/** Keeps every word. */
export function keepWord(lowerCaseWord: string): string {
  return lowerCaseWord;
}

function analyzeWith(
  tokenizer: Tokenizer,
  text: string,
  { sink, mapWord }: { readonly sink: TokenSink; readonly mapWord: WordMap },
): number {
  let position = 0;
  tokenizer.reset(text);
  while (tokenizer.next()) {
    const term = mapWord(tokenizer.term());
    if (term !== null) sink(term, position, tokenizer.start, tokenizer.end);
    position++;
  }
  return position;
}

/** What an analyzer is: the way from a text to the terms that are indexed and looked for. */

/** A token: its term, its position among the tokens, and where it stands in the text in UTF-16 units. */
export type Token = {
  readonly term: string;
  /** Counted from 0; tokens at one position stand for each other, dropped words leave holes. */
  readonly position: number;
  readonly start: number;
  readonly end: number;
};

/** Takes the tokens of a text, by rising position. */
export type TokenSink = (term: string, position: number, start: number, end: number) => void;

/** An analyzer. Stateless between calls. */
export interface Analyzer {
  readonly name: string;
  /**
   * Hands the tokens of a text to `sink`. @returns The number of positions the text takes, dropped words included: where
   * the positions of a next value begin.
   */
  analyze(text: string, sink: TokenSink): number;
  /** What `prefix`, `wildcard`, `fuzzy` and ranges do to a term: only what changes characters one by one. */
  normalize(term: string): string;
  /**
   * Where this is given, the tokens are those that the standard tokenizer cuts, in lower case (`cutWords`), each mapped
   * by itself: null drops it and leaves a hole. A function of the term alone, so that its results may be kept.
   */
  readonly mapWord?: (lowerCaseWord: string) => string | null;
}

/** Analyzers by name: the built-in ones and those of the settings. */
export interface Analyzers {
  /** @throws CoppiceError `BAD_REQUEST` with a suggestion if there is none of this name. */
  get(name: string): Analyzer;
  readonly names: readonly string[];
}

/** Custom analyzers, in the shape of Elasticsearch's `analysis` settings; checked by `createAnalyzers`. JSON-safe. */
export type AnalysisSettings = {
  readonly analyzer?: Readonly<Record<string, unknown>>;
  readonly tokenizer?: Readonly<Record<string, unknown>>;
  readonly filter?: Readonly<Record<string, unknown>>;
  readonly char_filter?: Readonly<Record<string, unknown>>;
  readonly normalizer?: Readonly<Record<string, unknown>>;
};

/**
 * The filters `word_delimiter` and `word_delimiter_graph`: take terms apart where letters meet digits, lower case meets
 * upper case, or a sign stands between: `PowerShot-500` is `Power`, `Shot`, `500`. Parts follow each other in positions;
 * later tokens move on by as many.
 */
import { type ChainToken, type TokenFilter, type TokenStage } from './token-stage.ts';

/** How terms are taken apart; named as in Elasticsearch. */
export type WordDelimiterOptions = {
  readonly generateWordParts: boolean;
  readonly generateNumberParts: boolean;
  readonly catenateWords: boolean;
  readonly catenateNumbers: boolean;
  readonly catenateAll: boolean;
  readonly splitOnCaseChange: boolean;
  readonly splitOnNumerics: boolean;
  readonly stemEnglishPossessive: boolean;
  readonly preserveOriginal: boolean;
  readonly protectedWords: ReadonlySet<string>;
};

/** The filter of these options. */
export function wordDelimiterFilter(options: WordDelimiterOptions): TokenFilter {
  return { open: (next) => new WordDelimiterStage(next, options) };
}

type Part = { readonly text: string; readonly from: number; readonly to: number; readonly isNumber: boolean };

class WordDelimiterStage implements TokenStage {
  readonly #next: TokenStage;
  readonly #options: WordDelimiterOptions;
  /** Positions that parts have added so far. */
  #added = 0;

  constructor(next: TokenStage, options: WordDelimiterOptions) {
    this.#next = next;
    this.#options = options;
  }

  token(token: ChainToken): void {
    token.position += this.#added;
    const parts = this.#options.protectedWords.has(token.term) ? undefined : partsOf(token.term, this.#options);
    if (parts === undefined || isWhole(parts, token.term)) this.#next.token(token);
    else this.#split(token, parts);
  }

  end(positions: number): void {
    this.#next.end(positions + this.#added);
  }

  #split(token: ChainToken, parts: readonly Part[]): void {
    const { preserveOriginal, generateNumberParts, generateWordParts } = this.#options;
    const made: ChainToken[] = preserveOriginal ? [{ ...token }] : [];
    let place = token.position;
    for (const run of this.#runsOf(parts)) {
      const generates = run[0]?.isNumber === true ? generateNumberParts : generateWordParts;
      const catenates = run.length > 1 && this.#catenates(run);
      if (generates) run.forEach((part, i) => made.push(this.#piece(token, [part], place + i)));
      if (catenates || (!generates && this.#catenates(run))) made.push(this.#piece(token, run, place));
      place += generates ? run.length : this.#catenates(run) ? 1 : 0;
    }
    if (this.#options.catenateAll && (parts.length > 1 || made.length === 0) && parts.length > 0)
      if (!made.some(({ term }) => term === joined(parts))) made.push(this.#piece(token, parts, token.position));
    made.sort((a, b) => a.position - b.position || b.term.length - a.term.length);
    for (const piece of made) this.#next.token(piece);
    this.#added += Math.max(0, (made.at(-1)?.position ?? token.position) - token.position);
  }

  /** Neighbours of one kind. */
  #runsOf(parts: readonly Part[]): Part[][] {
    const runs: Part[][] = [];
    for (const part of parts) {
      const run = runs.at(-1);
      if (run?.[0]?.isNumber === part.isNumber) run.push(part);
      else runs.push([part]);
    }
    return runs;
  }

  #catenates(run: readonly Part[]): boolean {
    return run[0]?.isNumber === true ? this.#options.catenateNumbers : this.#options.catenateWords;
  }

  #piece(token: ChainToken, parts: readonly Part[], position: number): ChainToken {
    const [from, to] = [parts[0]?.from ?? 0, parts.at(-1)?.to ?? 0];
    const isUnchanged = token.end - token.start === token.term.length;
    const [start, end] = isUnchanged ? [token.start + from, token.start + to] : [token.start, token.end];
    return { ...token, term: joined(parts), position, start, end };
  }
}

/** The parts of a term: runs of letters and digits, cut where the options say. */
function partsOf(term: string, options: WordDelimiterOptions): Part[] {
  const parts: Part[] = [];
  const text = options.stemEnglishPossessive ? withoutPossessives(term) : term;
  for (const match of text.matchAll(/[\p{L}\p{M}\p{Nd}]+/gu)) {
    const [run] = match;
    let from = 0;
    for (const at of [...cutsOf(run, options), run.length]) {
      const piece = run.slice(from, at);
      parts.push({ text: piece, from: match.index + from, to: match.index + at, isNumber: /^\p{Nd}+$/u.test(piece) });
      from = at;
    }
  }
  return parts;
}

/** Possessives give way to signs, so that offsets stay. */
function withoutPossessives(term: string): string {
  return term.replaceAll(/'[sS](?![\p{L}\p{N}])/gu, "''");
}

function cutsOf(run: string, { splitOnCaseChange, splitOnNumerics }: WordDelimiterOptions): number[] {
  const cuts: number[] = [];
  let [previous, at] = ['', 0];
  for (const character of run) {
    const [before, here] = [kindOf(previous), kindOf(character)];
    const numeric = splitOnNumerics && previous !== '' && (before === 'digit') !== (here === 'digit');
    if (numeric || (splitOnCaseChange && before === 'lower' && here === 'upper')) cuts.push(at);
    if (!/\p{M}/u.test(character)) previous = character;
    at += character.length;
  }
  return cuts;
}

function kindOf(character: string): 'lower' | 'upper' | 'digit' | 'other' {
  if (/^\p{Nd}/u.test(character)) return 'digit';
  if (/^\p{Lu}/u.test(character)) return 'upper';
  return /^\p{Ll}/u.test(character) ? 'lower' : 'other';
}

function isWhole(parts: readonly Part[], term: string): boolean {
  return parts.length === 1 && parts[0]?.text === term;
}

function joined(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join('');
}

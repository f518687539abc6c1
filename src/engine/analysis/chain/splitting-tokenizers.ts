/** The tokenizers `pattern`, `simple_pattern`, `simple_pattern_split`, `char_group` and `path_hierarchy`. */
import type { Pattern } from '../pattern/pattern.ts';
import { newToken, type TextCutter, type TokenStage } from './token-stage.ts';

/** What stands between the matches of a pattern. */
export function splitAt(pattern: Pattern): TextCutter {
  return (text, stage) => {
    const pieces = new Pieces(text, stage);
    let at = 0;
    for (const [start = 0, end = 0] of pattern.matches(text)) {
      if (end === start && (start === 0 || start === text.length)) continue;
      pieces.add(at, start);
      at = end;
    }
    pieces.add(at, text.length);
    pieces.end();
  };
}

/** A group of each match of a pattern; group 0 is the whole match. */
export function takeGroup(pattern: Pattern, group: number): TextCutter {
  return (text, stage) => {
    const pieces = new Pieces(text, stage);
    for (const match of pattern.matches(text)) pieces.add(match[group * 2] ?? -1, match[group * 2 + 1] ?? -1);
    pieces.end();
  };
}

/** What stands between characters of certain kinds. Longer words are cut at `maxLength` UTF-16 units. */
export function splitAtCharacters(parts: (character: string) => boolean, maxLength: number): TextCutter {
  return (text, stage) => {
    const pieces = new Pieces(text, stage);
    let [from, at] = [0, 0];
    for (const character of text) {
      const doesPart = parts(character);
      if (doesPart || at + character.length - from > maxLength) {
        pieces.add(from, at);
        from = doesPart ? at + character.length : at;
      }
      at += character.length;
    }
    pieces.add(from, at);
    pieces.end();
  };
}

/** How paths are cut. */
export type PathOptions = {
  readonly delimiter: string;
  readonly replacement: string;
  /** Parts at the start that are left out; with `reverse` at the end. */
  readonly skip: number;
  readonly reverse: boolean;
};

/** A path and the paths above it, all in one position: `/a/b` gives `/a` and `/a/b`. Reversed, `a.b` gives `a.b`, `b`. */
export function pathTokenizer({ delimiter, replacement, skip, reverse }: PathOptions): TextCutter {
  return (text, stage) => {
    if (text !== '') {
      const cuts = reverse ? reversePaths(text, delimiter, skip) : forwardPaths(text, delimiter, skip);
      for (const [from, to] of cuts)
        stage.token(newToken(text.slice(from, to).replaceAll(delimiter, replacement), 0, [from, to]));
    }
    stage.end(text === '' ? 0 : 1);
  };
}

type Cut = readonly [from: number, to: number];

function forwardPaths(text: string, delimiter: string, skip: number): readonly Cut[] {
  const delimiters = offsetsOf(text, delimiter);
  const ends = [...delimiters.filter((at) => at > 0), text.length];
  if (skip === 0) return ends.filter((end) => end > 0).map((end) => [0, end]);
  const starts = text.startsWith(delimiter) ? delimiters : [0, ...delimiters];
  const start = starts[skip];
  return start === undefined ? [] : ends.filter((end) => end > start).map((end) => [start, end]);
}

function reversePaths(text: string, delimiter: string, skip: number): readonly Cut[] {
  const starts = [0, ...offsetsOf(text, delimiter).map((at) => at + delimiter.length)].filter((at) => at < text.length);
  const end = skip === 0 ? text.length : starts[starts.length - skip];
  return end === undefined ? [] : starts.filter((start) => start < end).map((start) => [start, end]);
}

function offsetsOf(text: string, delimiter: string): number[] {
  const offsets: number[] = [];
  for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, at + delimiter.length)) offsets.push(at);
  return offsets;
}

/** Hands on pieces of a text that are not empty, one position each. */
class Pieces {
  readonly #text: string;
  readonly #stage: TokenStage;
  #position = 0;

  constructor(text: string, stage: TokenStage) {
    this.#text = text;
    this.#stage = stage;
  }

  add(from: number, to: number): void {
    if (to <= from) return;
    this.#stage.token(newToken(this.#text.slice(from, to), this.#position, [from, to]));
    this.#position++;
  }

  end(): void {
    this.#stage.end(this.#position);
  }
}

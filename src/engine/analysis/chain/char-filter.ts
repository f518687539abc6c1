/** Character filters change a text before it is cut, and remember where its parts came from. */

/** A text and the way back to the one it was made of. */
export type ChangedText = {
  readonly text: string;
  /** Where an offset of the changed text lay: that of a token's start, or of its end. */
  original(offset: number, isEnd: boolean): number;
};

/** A character filter. */
export type CharFilter = {
  readonly apply: (text: string) => ChangedText;
  /** Whether it also changes the terms of `prefix`, `wildcard` and ranges. */
  readonly isNormalizing: boolean;
};

/**
 * Puts a changed text together of kept and replaced pieces, from left to right. A token that begins where something was
 * taken out begins after it, one that ends there ends before it, and one that ends inside a replacement ends after it.
 */
export class TextChange implements ChangedText {
  readonly #source: string;
  #pieces: string[] = [];
  #text = '';
  #length = 0;
  /** One past the last character of the source that has been dealt with. */
  #at = 0;
  /** Replacements: where each begins and ends in the changed text, and in the source. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** The changed text, once `finish` has been called. */
  get text(): string {
    return this.#text;
  }

  /** Keeps the source up to `from`, and puts `replacement` in the place of what follows up to `to`. */
  replace(from: number, to: number, replacement: string): void {
    this.#append(this.#source.slice(this.#at, from));
    this.#starts.push(this.#length);
    this.#append(replacement);
    this.#ends.push(this.#length);
    this.#froms.push(from);
    this.#tos.push(to);
    this.#at = to;
  }

  /** Keeps the rest. */
  finish(): this {
    this.#append(this.#source.slice(this.#at));
    this.#text = this.#pieces.join('');
    this.#pieces = [];
    return this;
  }

  original(offset: number, isEnd: boolean): number {
    const edit = this.#lastEdit(isEnd ? offset - 1 : offset);
    if (edit < 0) return offset;
    const [start, end, from, to] = [this.#starts[edit]!, this.#ends[edit]!, this.#froms[edit]!, this.#tos[edit]!];
    if (offset >= end) return to + offset - end;
    return isEnd ? to : Math.min(from + offset - start, to);
  }

  #append(piece: string): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** The last replacement that begins at `offset` or before; -1 if there is none. */
  #lastEdit(offset: number): number {
    let [low, high] = [-1, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

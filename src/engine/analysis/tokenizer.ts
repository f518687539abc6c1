/**
 * Finds the words of a text as the standard analyzer does: runs of letters and digits, joined by an apostrophe, dot
 * or underscore inside them; ideographs, emoji and flags one by one. First step of indexing and of `match`.
 */
import { CLASS, classOf } from './char-classes.ts';

/** A longer word is cut into tokens of this many UTF-16 units. */
export const MAX_TOKEN_LENGTH = 255;

/** Walks over the words of one text: after `next()` is true, `start`, `end` and `term()` tell of the current one. */
export class Tokenizer {
  #text = '';
  #start = 0;
  #end = 0;
  /** Where the last character read ends. */
  #after = 0;

  /** First UTF-16 unit of the current token. */
  get start(): number {
    return this.#start;
  }

  /** One past the last UTF-16 unit of the current token. */
  get end(): number {
    return this.#end;
  }

  /** Starts over with another text. */
  reset(text: string): this {
    this.#text = text;
    this.#start = 0;
    this.#end = 0;
    return this;
  }

  /** The current token in lower case. */
  term(): string {
    return this.#text.slice(this.#start, this.#end).toLowerCase();
  }

  /** Moves to the next token; false at the end of the text. */
  next(): boolean {
    let at = this.#end;
    while (at < this.#text.length) {
      const kind = this.#read(at);
      if (kind !== CLASS.other && kind < CLASS.extend) {
        this.#start = at;
        const end = this.#endOf(kind);
        if (end > 0) {
          this.#end = this.#cut(at, end);
          return true;
        }
      }
      at = this.#after;
    }
    this.#end = at;
    return false;
  }

  /** One past a token whose first character, of class `kind`, was just read; 0 if it is none after all. */
  #endOf(kind: number): number {
    if (kind === CLASS.ideograph) return this.#skipExtends();
    if (kind === CLASS.emoji) return this.#endOfEmoji();
    if (kind === CLASS.regional) return this.#endOfFlag();
    return this.#endOfWord(kind);
  }

  /** Words: letters, digits, katakana and connectors; only connectors is no word. */
  #endOfWord(first: number): number {
    let previous = first;
    let hasContent = first !== CLASS.connector;
    let end = this.#after;
    while (end < this.#text.length) {
      const kind = this.#read(end);
      if (kind === CLASS.other) break;
      if (kind >= CLASS.midLetter) {
        if (!this.#joins(kind, previous)) break;
      } else if (kind !== CLASS.extend) {
        if (!isWordPart(kind) || !follows(previous, kind)) break;
        hasContent ||= kind !== CLASS.connector;
        previous = kind;
      }
      end = this.#after;
    }
    this.#after = end;
    return hasContent ? end : 0;
  }

  /** Whether a middle character, just read, stands between two of its kind. Leaves the reading position after it. */
  #joins(middle: number, previous: number): boolean {
    const forLetters = previous === CLASS.letter && middle !== CLASS.midNumber;
    const forDigits = previous === CLASS.digit && middle !== CLASS.midLetter;
    if (!forLetters && !forDigits) return false;
    const after = this.#skipExtends();
    const next = after < this.#text.length ? this.#read(after) : CLASS.other;
    this.#after = after;
    return next === previous;
  }

  /** Emoji, with modifiers, and further emoji joined to it. */
  #endOfEmoji(): number {
    let end = this.#skipExtends();
    while (
      this.#text.charCodeAt(end - 1) === ZERO_WIDTH_JOINER &&
      end < this.#text.length &&
      this.#read(end) === CLASS.emoji
    ) {
      end = this.#skipExtends();
    }
    this.#after = end;
    return end;
  }

  #endOfFlag(): number {
    const half = this.#skipExtends();
    if (half < this.#text.length && this.#read(half) === CLASS.regional) return this.#skipExtends();
    this.#after = half;
    return half;
  }

  /** Moves behind the extending characters that follow what was just read. */
  #skipExtends(): number {
    let end = this.#after;
    while (end < this.#text.length && this.#read(end) === CLASS.extend) end = this.#after;
    this.#after = end;
    return end;
  }

  /** Class of the character at `at`; sets where it ends. */
  #read(at: number): number {
    const unit = this.#text.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdbff) {
      this.#after = at + 1;
      return classOf(unit);
    }
    const code = this.#text.codePointAt(at) ?? unit;
    this.#after = code > 0xffff ? at + 2 : at + 1;
    return classOf(code);
  }

  /** Limits a token to the greatest length, without parting a surrogate pair. */
  #cut(start: number, end: number): number {
    if (end - start <= MAX_TOKEN_LENGTH) return end;
    const cut = start + MAX_TOKEN_LENGTH;
    const last = this.#text.charCodeAt(cut - 1);
    return last >= 0xd800 && last <= 0xdbff ? cut - 1 : cut;
  }
}

const ZERO_WIDTH_JOINER = 0x200d;

function isWordPart(kind: number): boolean {
  return kind >= CLASS.letter && kind <= CLASS.connector;
}

/** Whether a word goes on from one class of character to another. */
function follows(previous: number, kind: number): boolean {
  if (previous === CLASS.connector || kind === CLASS.connector) return true;
  return (previous === CLASS.katakana) === (kind === CLASS.katakana);
}

/**
 * Finds the words of a text as Lucene's StandardTokenizer does: the word boundaries of Unicode (UAX #29), of which
 * segments with a letter, a digit, an ideograph or an emoji are tokens. First step of indexing and of `match`. English
 * text passes through a table of ASCII; everything else is read by code points.
 */
import { CLASS, classOf, isPictographic } from './char-classes.ts';
import { lowerCase } from './lower-case.ts';

/** A longer word is cut into tokens of this many UTF-16 units. */
export const MAX_TOKEN_LENGTH = 255;

/** What an ASCII character is to the loop: 0 ends a word unless it joins. */
const ASCII = { lower: 1, upper: 2, digit: 4, connector: 8, joins: 16 } as const;
const WORD = ASCII.lower | ASCII.upper | ASCII.digit | ASCII.connector;
const LETTER = ASCII.lower | ASCII.upper;
const CONTENT = LETTER | ASCII.digit;
const ZERO_WIDTH_JOINER = 0x200d;

const TABLE = Uint8Array.from({ length: 128 }, (_, code) => asciiKind(code));

/** Walks over the words of one text: after `next()` is true, `start`, `end` and `term()` tell of the current one. */
export class Tokenizer {
  #text = '';
  #start = 0;
  #end = 0;
  /** Where the last character read ends. */
  #after = 0;
  /** Where the current word is cut at the latest. */
  #limit = 0;
  /** Kinds of ASCII characters in the current word. */
  #kinds = 0;
  #isAscii = true;

  /** First UTF-16 unit of the current token. */
  get start(): number {
    return this.#start;
  }

  /** One past the last UTF-16 unit of the current token. */
  get end(): number {
    return this.#end;
  }

  /** Starts over with another text, or from the start of a word in it. */
  reset(text: string, from = 0): this {
    this.#text = text;
    this.#start = from;
    this.#end = from;
    return this;
  }

  /** The current token in lower case. */
  term(): string {
    const word = this.#text.slice(this.#start, this.#end);
    if (!this.#isAscii) return lowerCase(word);
    return (this.#kinds & ASCII.upper) === 0 ? word : word.toLowerCase();
  }

  /** The current token as it stands in the text. */
  word(): string {
    return this.#text.slice(this.#start, this.#end);
  }

  /** Moves to the next token; false at the end of the text. */
  next(): boolean {
    const text = this.#text;
    const length = text.length;
    let at = this.#end;
    while (at < length) {
      const unit = text.charCodeAt(at);
      if (unit < 128 && (TABLE[unit]! & WORD) === 0) {
        at++;
        continue;
      }
      this.#start = at;
      this.#limit = Math.min(length, at + MAX_TOKEN_LENGTH);
      const end = unit < 128 ? this.#asciiWord(at) : this.#otherToken(at);
      if (end > 0) {
        this.#end = this.#cut(end);
        return true;
      }
      at = this.#after;
    }
    this.#start = length;
    this.#end = length;
    return false;
  }

  /** One past a word that begins with ASCII; 0, with `#after` behind it, if it is only connectors. */
  #asciiWord(from: number): number {
    const text = this.#text;
    const limit = this.#limit;
    let kinds = 0;
    let last = 0;
    let at = from;
    while (at < limit) {
      const unit = text.charCodeAt(at);
      if (unit > 127) return this.#goOn(at, kinds, last);
      const kind = TABLE[unit]!;
      if ((kind & WORD) !== 0) {
        last = kind;
        kinds |= kind;
        at++;
      } else if (kind === 0 || last === ASCII.connector || at + 1 >= limit) break;
      else {
        const next = text.charCodeAt(at + 1);
        if (next > 127) return this.#goOn(at, kinds, last);
        if (!joins(unit, last, TABLE[next]!)) break;
        at++;
      }
    }
    this.#kinds = kinds;
    this.#isAscii = true;
    this.#after = at;
    return (kinds & CONTENT) === 0 ? 0 : at;
  }

  /** Goes on by code points with a word whose first part is ASCII. */
  #goOn(at: number, kinds: number, last: number): number {
    this.#isAscii = false;
    this.#after = at;
    return this.#endOfWord(classOfKind(last), (kinds & CONTENT) !== 0);
  }

  /** One past a token that begins with another character than ASCII; 0, with `#after` behind it, if none does. */
  #otherToken(at: number): number {
    this.#isAscii = false;
    const kind = this.#read(at);
    if (kind >= CLASS.letter && kind <= CLASS.connector) return this.#endOfWord(kind, kind !== CLASS.connector);
    if (kind === CLASS.ideograph || kind === CLASS.emoji) return this.#endOfPictures();
    if (kind === CLASS.southeastAsian) return this.#endOfRun(kind);
    return kind === CLASS.regional ? this.#endOfFlag() : 0;
  }

  /** Words of letters, digits, katakana and connectors. Stands at `#after`, behind a character of class `previous`. */
  #endOfWord(previous: number, hasContent: boolean): number {
    let end = this.#after;
    let content = hasContent;
    while (end < this.#limit) {
      const kind = this.#read(end);
      if (kind === CLASS.extend) {
        const picture = this.#endOfJoinedPicture();
        if (picture > 0) return picture;
      } else if (kind >= CLASS.midLetter) {
        if (!this.#joins(kind, previous)) break;
      } else {
        if (!follows(previous, kind)) break;
        content ||= kind !== CLASS.connector;
        previous = kind;
      }
      end = this.#after;
    }
    this.#after = end;
    return content ? end : 0;
  }

  /** Whether a middle character, just read, stays in the word. Leaves `#after` behind it and what extends it. */
  #joins(middle: number, previous: number): boolean {
    const isHebrewQuote = middle === CLASS.singleQuote && previous === CLASS.hebrew;
    const after = this.#skipExtends();
    const next = after < this.#limit ? this.#read(after) : CLASS.other;
    this.#after = after;
    if (isLetter(previous) && middle !== CLASS.midNumber && middle !== CLASS.doubleQuote && isLetter(next)) return true;
    if (previous === CLASS.digit && next === CLASS.digit)
      return middle !== CLASS.midLetter && middle !== CLASS.doubleQuote;
    if (middle === CLASS.doubleQuote) return previous === CLASS.hebrew && next === CLASS.hebrew;
    return isHebrewQuote;
  }

  /** An ideograph or emoji, with modifiers, and pictures joined to it. */
  #endOfPictures(): number {
    const end = this.#skipExtends();
    this.#after = end;
    const picture = this.#endOfJoinedPicture();
    return picture > 0 ? picture : end;
  }

  /** One past the pictures that zero width joiners before `#after` join to a token; 0 if there is none. */
  #endOfJoinedPicture(): number {
    let end = 0;
    let at = this.#after;
    while (at < this.#limit && this.#text.charCodeAt(at - 1) === ZERO_WIDTH_JOINER) {
      const code = this.#text.codePointAt(at) ?? 0;
      if (!isPictographic(code)) break;
      this.#after = at + (code > 0xffff ? 2 : 1);
      end = this.#skipExtends();
      at = end;
    }
    if (end > 0) this.#after = end;
    return end;
  }

  #endOfRun(kind: number): number {
    let end = this.#skipExtends();
    while (end < this.#limit && this.#read(end) === kind) end = this.#skipExtends();
    this.#after = end;
    return end;
  }

  #endOfFlag(): number {
    const half = this.#skipExtends();
    if (half < this.#limit && this.#read(half) === CLASS.regional) return this.#skipExtends();
    this.#after = half;
    return half;
  }

  /** Moves behind the extending characters that follow what was just read. */
  #skipExtends(): number {
    let end = this.#after;
    while (end < this.#limit && this.#read(end) === CLASS.extend) end = this.#after;
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
    this.#after = at + (code > 0xffff ? 2 : 1);
    return classOf(code);
  }

  /** Cuts a token that is too long, never through a surrogate pair. */
  #cut(end: number): number {
    if (end - this.#start <= MAX_TOKEN_LENGTH) return end;
    const cut = this.#start + MAX_TOKEN_LENGTH;
    const unit = this.#text.charCodeAt(cut - 1);
    return unit >= 0xd800 && unit <= 0xdbff ? cut - 1 : cut;
  }
}

/** Whether `unit`, an ASCII character that joins, stands between two of its kind. */
function joins(unit: number, last: number, next: number): boolean {
  const [colon, comma, semicolon, quote] = [0x3a, 0x2c, 0x3b, 0x22];
  if (unit === quote) return false;
  if ((last & LETTER) !== 0) return (next & LETTER) !== 0 && unit !== comma && unit !== semicolon;
  return last === ASCII.digit && next === ASCII.digit && unit !== colon;
}

function asciiKind(code: number): number {
  const kind = classOf(code);
  if (kind === CLASS.letter) return code >= 0x61 ? ASCII.lower : ASCII.upper;
  if (kind === CLASS.digit) return ASCII.digit;
  if (kind === CLASS.connector) return ASCII.connector;
  return kind >= CLASS.midLetter ? ASCII.joins : 0;
}

function classOfKind(kind: number): number {
  if ((kind & LETTER) !== 0) return CLASS.letter;
  return kind === ASCII.digit ? CLASS.digit : CLASS.connector;
}

function isLetter(kind: number): boolean {
  return kind === CLASS.letter || kind === CLASS.hebrew;
}

/** Whether a word goes on from one class of character to another. */
function follows(previous: number, kind: number): boolean {
  if (kind < CLASS.letter || kind > CLASS.connector) return false;
  if (previous === CLASS.connector || kind === CLASS.connector) return true;
  return (previous === CLASS.katakana) === (kind === CLASS.katakana);
}

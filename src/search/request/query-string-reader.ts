/** Takes the text of a query string apart: words, quotes, ranges and signs, with escapes undone. */
import type { CoppiceError } from '../../errors.ts';
import { compact, pathError } from '../shape.ts';
import type { NodeBounds } from './query-node.ts';

/** A word: as meant, and as a pattern, where what was escaped still is. */
export type Word = { readonly text: string; readonly raw: string; readonly hasWildcards: boolean };

const SPACES = new Set([' ', '\t', '\n', '\r', '\u3000']);
/** What ends a word, unless escaped. `+` and `-` do only where a word begins, `/` likewise. */
const SIGNS = new Set(['!', '(', ')', ':', '^', '[', ']', '"', '{', '}', '~']);

/** A place in a query string. */
export class QueryStringReader {
  readonly #text: string;
  readonly #path: string;
  #at = 0;

  /** @param path Where the text stands in the body, for messages. */
  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  /** Whether nothing but spaces is left. */
  isAtEnd(): boolean {
    this.#skipSpaces();
    return this.#at >= this.#text.length;
  }

  /** Whether a sign comes next, after spaces. */
  isAt(sign: string): boolean {
    this.#skipSpaces();
    return this.#text.startsWith(sign, this.#at);
  }

  /** Takes a sign, after spaces. */
  take(sign: string): boolean {
    this.#skipSpaces();
    return this.takeNow(sign);
  }

  /** Takes a sign that comes at once. */
  takeNow(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#at)) return false;
    this.#at += sign.length;
    return true;
  }

  /** Takes a number without a sign that comes at once; empty if there is none. */
  numberNow(): string {
    return this.#match(/[0-9]+(?:\.[0-9]+)?/y)?.[0] ?? '';
  }

  /** Takes `AND`, `OR`, `&&` or `||`. */
  conjunction(): 'AND' | 'OR' | undefined {
    if (this.take('&&') || this.#takeOperator('AND')) return 'AND';
    return this.take('||') || this.#takeOperator('OR') ? 'OR' : undefined;
  }

  /** Takes `+`, `-`, `!` or `NOT`. */
  modifier(): '+' | '-' | undefined {
    if (this.take('+')) return '+';
    return this.take('-') || this.take('!') || this.#takeOperator('NOT') ? '-' : undefined;
  }

  /** Takes the name of a field with its colon; undefined if what comes is no field. */
  field(): string | undefined {
    this.#skipSpaces();
    const start = this.#at;
    if (this.#wordEnd(start) > start) {
      const { text } = this.word();
      this.#skipSpaces();
      if (this.takeNow(':')) {
        if (this.isAtEnd()) throw this.error(`nothing after [${text.slice(0, 60)}:]`);
        return text;
      }
    }
    this.#at = start;
    return undefined;
  }

  /** Takes a word. */
  word(): Word {
    this.#skipSpaces();
    const start = this.#at;
    const end = this.#wordEnd(start);
    if (end === start) throw this.unexpected();
    this.#at = end;
    const raw = this.#text.slice(start, end);
    return { text: unescaped(raw), raw: plainPattern(raw), hasWildcards: /^(?:[^\\]|\\[^])*?[*?]/u.test(raw) };
  }

  /** Takes a text in quotes. */
  quoted(): string {
    const match = this.#match(/"((?:[^"\\]|\\[^])*)"/uy);
    if (match === undefined) throw this.error('["] is not closed');
    return unescaped(match[1] ?? '');
  }

  /** Takes a regular expression between slashes. */
  regexp(): string {
    const match = this.#match(/\/((?:[^/\\]|\\[^])*)\//uy);
    if (match === undefined) throw this.error('[/] is not closed, write [\\/] for a slash');
    return (match[1] ?? '').replaceAll('\\/', '/');
  }

  /** Takes a range in brackets, square for bounds that are included, curly for others. */
  range(): NodeBounds {
    const isFrom = this.takeNow('[') || !this.takeNow('{');
    const from = this.#bound();
    if (!this.#takeOperator('TO')) throw this.error('[TO] is missing in a range');
    const to = this.#bound();
    const isTo = this.take(']');
    if (!isTo && !this.take('}')) throw this.error('the end of a range is missing, expected []] or [}]');
    return compact({
      gte: isFrom ? from : undefined,
      gt: isFrom ? undefined : from,
      lte: isTo ? to : undefined,
      lt: isTo ? undefined : to,
    });
  }

  /** An error about what comes next. */
  unexpected(): CoppiceError {
    return this.error(this.isAtEnd() ? 'unexpected end' : `unexpected [${this.#text.charAt(this.#at)}]`);
  }

  /** An error at this place. */
  error(message: string): CoppiceError {
    return pathError(this.#path, `${message} at character ${this.#at}`, "a query in Lucene's syntax");
  }

  #bound(): string | undefined {
    this.#skipSpaces();
    if (this.#text.startsWith('"', this.#at)) return this.quoted();
    const bound = this.#match(/(?:[^\s\]}\\]|\\[^])+/uy)?.[0];
    if (bound === undefined) throw this.error('a bound of a range is missing');
    return bound === '*' ? undefined : unescaped(bound);
  }

  /** Where the word that begins here ends. */
  #wordEnd(start: number): number {
    let at = start;
    while (at < this.#text.length) {
      const sign = this.#text.charAt(at);
      if (SPACES.has(sign) || SIGNS.has(sign)) break;
      if (at === start && (sign === '+' || sign === '-' || sign === '/')) break;
      if (sign === '\\' && at + 1 >= this.#text.length) throw this.error('nothing after [\\]');
      at += sign === '\\' ? 2 : 1;
    }
    return at;
  }

  /** Takes an operator in capital letters that stands alone. */
  #takeOperator(name: string): boolean {
    this.#skipSpaces();
    if (!this.#text.startsWith(name, this.#at) || this.#wordEnd(this.#at) !== this.#at + name.length) return false;
    if (this.#text.charAt(this.#at + name.length) === ':') return false;
    this.#at += name.length;
    return true;
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text);
    if (match === null) return undefined;
    this.#at = expression.lastIndex;
    return match;
  }

  #skipSpaces(): void {
    while (SPACES.has(this.#text.charAt(this.#at))) this.#at++;
  }
}

/** Takes what follows a backslash as it is; `\u0041` is a character by its number. */
function unescaped(raw: string): string {
  return raw.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/gu, (_, code: string | undefined, sign: string | undefined) =>
    code === undefined ? (sign ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** A word as a wildcard pattern: only `*`, `?` and the backslash itself need to stay escaped. */
function plainPattern(raw: string): string {
  return raw.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/gu, (escape) => {
    const sign = unescaped(escape);
    return '*?\\'.includes(sign) ? `\\${sign}` : sign;
  });
}

/**
 * Lucene's regular expressions (org.apache.lucene.util.automaton.RegExp, with all of its optional operators, as
 * Elasticsearch has them by default):
 *
 * ```
 * union        = intersection { "|" intersection }
 * intersection = sequence { "&" sequence }
 * sequence     = repetition { repetition }
 * repetition   = complement { "?" | "*" | "+" | "{" n [ "," [ m ] ] "}" }
 * complement   = { "~" } one
 * one          = "." | "#" | "@" | '"' text '"' | "(" [ union ] ")" | "<" n "-" m ">" | class | character
 * class        = "[" [ "^" ] { character [ "-" character ] | "\" one of dDsSwW } "]"
 * character    = "\" any | any that means nothing else
 * ```
 *
 * `.` is one character, `#` nothing, `@` any text; `\d \D \s \S \w \W` are Java's classes of ASCII characters.
 */
import { CoppiceError } from '../../errors.ts';
import { ANYTHING, type ByteExpressions, EMPTY, type Expression, NOTHING, UNBOUNDED } from './byte-expressions.ts';
import { anyCharacter, type CharacterRange, characterIn, inEitherCase, otherThan } from './characters.ts';
import { decimalInterval } from './decimal-interval.ts';

/** Bounds of a pattern: characters as in Elasticsearch, groups within groups, times that something is repeated. */
export const REGEXP_LIMITS = { length: 1000, depth: 100, repeats: 10_000 } as const;

/** Where a pattern's expressions are made. */
export type RegexpTarget = { readonly expressions: ByteExpressions; readonly caseInsensitive: boolean };

/**
 * Reads a pattern.
 *
 * @throws CoppiceError `PARSING_FAILED` that names the place, in characters from 0; `LIMIT_EXCEEDED` for a pattern
 * beyond `REGEXP_LIMITS`.
 */
export function parseRegexp(pattern: string, target: RegexpTarget): Expression {
  if (pattern.length > REGEXP_LIMITS.length)
    throw new CoppiceError(
      'LIMIT_EXCEEDED',
      `regular expression of ${pattern.length} characters, at most ${REGEXP_LIMITS.length} are allowed`,
    );
  return new RegexpParser(pattern, target).parse();
}

const CLASSES = new Map<string, readonly CharacterRange[]>([
  ['d', [[0x30, 0x39]]],
  [
    's',
    [
      [0x09, 0x0a],
      [0x0d, 0x0d],
      [0x20, 0x20],
    ],
  ],
  [
    'w',
    [
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x5f, 0x5f],
      [0x61, 0x7a],
    ],
  ],
]);

class RegexpParser {
  readonly #pattern: string;
  readonly #signs: readonly string[];
  readonly #expressions: ByteExpressions;
  readonly #caseInsensitive: boolean;
  #at = 0;
  #depth = 0;

  constructor(pattern: string, { expressions, caseInsensitive }: RegexpTarget) {
    this.#pattern = pattern;
    this.#signs = Array.from(pattern);
    this.#expressions = expressions;
    this.#caseInsensitive = caseInsensitive;
  }

  parse(): Expression {
    if (this.#signs.length === 0) return EMPTY;
    const expression = this.#union();
    if (this.#isMore()) throw this.#unexpected();
    return expression;
  }

  #union(): Expression {
    const members = [this.#intersection()];
    while (this.#take('|')) members.push(this.#intersection());
    return this.#expressions.union(members);
  }

  #intersection(): Expression {
    const members = [this.#sequence()];
    while (this.#take('&')) members.push(this.#sequence());
    return this.#expressions.intersection(members);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    do parts.push(this.#repetition());
    while (this.#isMore() && !'|&)'.includes(this.#sign()));
    return this.#expressions.sequenceOf(parts);
  }

  #repetition(): Expression {
    let expression = this.#complement();
    for (;;) {
      if (this.#take('?')) expression = this.#expressions.repeat(expression, 0, 1);
      else if (this.#take('*')) expression = this.#repeat(expression, 0, UNBOUNDED);
      else if (this.#take('+')) expression = this.#repeat(expression, 1, UNBOUNDED);
      else if (this.#take('{')) expression = this.#counted(expression);
      else return expression;
    }
  }

  #counted(expression: Expression): Expression {
    const from = this.#at;
    const min = this.#times();
    let max = min;
    if (this.#take(',')) max = this.#isMore() && this.#sign() === '}' ? UNBOUNDED : this.#times();
    if (!this.#take('}')) throw this.#missing('}');
    if (max !== UNBOUNDED && max < min) throw this.#error(`cannot repeat ${min} to ${max} times`, from);
    return this.#repeat(expression, min, max);
  }

  #repeat(expression: Expression, min: number, max: number): Expression {
    const isAnyText = max === UNBOUNDED && expression === anyCharacter(this.#expressions);
    if (!isAnyText) return this.#expressions.repeat(expression, min, max);
    return this.#expressions.sequence(this.#expressions.repeat(expression, min, min), ANYTHING);
  }

  #complement(): Expression {
    let isNegative = false;
    while (this.#take('~')) isNegative = !isNegative;
    const one = this.#one();
    return isNegative ? this.#expressions.complement(one) : one;
  }

  #one(): Expression {
    if (!this.#isMore()) throw this.#error('unexpected end');
    if (this.#take('.')) return anyCharacter(this.#expressions);
    if (this.#take('#')) return NOTHING;
    if (this.#take('@')) return ANYTHING;
    if (this.#take('"')) return this.#quoted();
    if (this.#take('(')) return this.#group();
    if (this.#take('<')) return this.#interval();
    if (this.#take('[')) return this.#class();
    const named = this.#namedClass();
    if (named !== undefined) return this.#anyOf(named);
    if ('|&)?*+{'.includes(this.#sign())) throw this.#unexpected();
    return this.#anyOf([this.#range(this.#character())]);
  }

  #quoted(): Expression {
    const from = this.#at - 1;
    const parts: Expression[] = [];
    while (!this.#take('"')) {
      if (!this.#isMore()) throw this.#error('["] is not closed', from);
      parts.push(this.#anyOf([this.#range(this.#next())]));
    }
    return this.#expressions.sequenceOf(parts);
  }

  #group(): Expression {
    const from = this.#at - 1;
    if (this.#take(')')) return EMPTY;
    if (++this.#depth > REGEXP_LIMITS.depth)
      throw new CoppiceError(
        'LIMIT_EXCEEDED',
        `regular expression with groups nested deeper than ${REGEXP_LIMITS.depth}`,
      );
    const expression = this.#union();
    if (!this.#take(')')) throw this.#error('[(] is not closed', from);
    this.#depth--;
    return expression;
  }

  #interval(): Expression {
    const from = this.#at - 1;
    const end = this.#signs.indexOf('>', this.#at);
    if (end < 0) throw this.#error('[<] is not closed', from);
    const text = this.#signs.slice(this.#at, end).join('');
    const [, low, high] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? [];
    if (low === undefined || high === undefined)
      throw this.#error(`expected two numbers such as <1-100>, got <${text.slice(0, 60)}>`, from);
    this.#at = end + 1;
    return decimalInterval(this.#expressions, low, high);
  }

  #class(): Expression {
    const from = this.#at - 1;
    const isNegative = this.#take('^');
    const ranges: CharacterRange[] = [];
    do ranges.push(...this.#classPart(from));
    while (!this.#take(']'));
    const wanted = this.#caseInsensitive ? inEitherCase(ranges) : ranges;
    return characterIn(this.#expressions, isNegative ? otherThan(wanted) : wanted);
  }

  #classPart(from: number): readonly CharacterRange[] {
    if (!this.#isMore()) throw this.#error('[[] is not closed', from);
    const named = this.#namedClass();
    if (named !== undefined) return named;
    const place = this.#at;
    const first = this.#character();
    if (!this.#isMore()) throw this.#error('[[] is not closed', from);
    if (!this.#take('-')) return [this.#range(first)];
    if (!this.#isMore()) throw this.#error('[[] is not closed', from);
    const last = this.#character();
    if (last < first) throw this.#error('the characters of a range stand in the wrong order', place);
    return [this.#range(first, last)];
  }

  /** `\d` and the like; their capital letters are the opposite. */
  #namedClass(): readonly CharacterRange[] | undefined {
    if (this.#sign() !== '\\') return undefined;
    const letter = this.#signs[this.#at + 1] ?? '';
    const ranges = CLASSES.get(letter.toLowerCase());
    if (ranges === undefined) return undefined;
    this.#at += 2;
    return CLASSES.has(letter) ? ranges : otherThan(ranges);
  }

  #character(): number {
    if (this.#take('\\') && !this.#isMore()) throw this.#error('unexpected end after [\\]');
    return this.#next();
  }

  #times(): number {
    const from = this.#at;
    while (this.#isMore() && /^[0-9]$/.test(this.#sign())) this.#at++;
    const digits = this.#signs.slice(from, this.#at).join('');
    if (digits === '') throw this.#error('expected a number');
    const times = Number(digits);
    if (times > REGEXP_LIMITS.repeats)
      throw new CoppiceError(
        'LIMIT_EXCEEDED',
        `regular expression repeats something ${digits.slice(0, 20)} times, at most ${REGEXP_LIMITS.repeats} are allowed`,
      );
    return times;
  }

  #range(from: number, to = from): CharacterRange {
    return [from, to];
  }

  #anyOf(ranges: readonly CharacterRange[]): Expression {
    return characterIn(this.#expressions, this.#caseInsensitive ? inEitherCase(ranges) : ranges);
  }

  #isMore(): boolean {
    return this.#at < this.#signs.length;
  }

  /** The sign at hand; empty at the end. */
  #sign(): string {
    return this.#signs[this.#at] ?? '';
  }

  #next(): number {
    return this.#signs[this.#at++]?.codePointAt(0) ?? 0;
  }

  #take(sign: string): boolean {
    if (this.#signs[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #unexpected(): CoppiceError {
    return this.#error(`unexpected [${this.#sign()}]`);
  }

  #missing(sign: string): CoppiceError {
    return this.#error(this.#isMore() ? `expected [${sign}], got [${this.#sign()}]` : `[${sign}] is missing`);
  }

  #error(problem: string, at = this.#at): CoppiceError {
    return new CoppiceError(
      'PARSING_FAILED',
      `regular expression [${this.#pattern.slice(0, 100)}]: ${problem} at character ${at}`,
    );
  }
}

/**
 * Parses the patterns of analysis settings: Java's regular expressions as far as they can be matched in linear time.
 * What needs backtracking (look-around, back-references, atomic and possessive forms) is refused.
 */
import { CoppiceError } from '../../../errors.ts';
import { characterTest, compileClass } from './character-class.ts';
import { compileNode, MAX_INSTRUCTIONS, type PatternNode, type PatternProgram, type Place } from './pattern-program.ts';

/** How a pattern reads. */
export type PatternFlags = {
  readonly ignoreCase?: boolean;
  /** `.` also takes line ends. */
  readonly dotAll?: boolean;
  /** `^` and `$` also hold at line ends. */
  readonly multiline?: boolean;
};

const MAX_SOURCE_LENGTH = 1000;
const MAX_DEPTH = 50;
const MAX_REPEAT = 1000;
const PLACES: ReadonlyMap<string, Place> = new Map([
  ['b', 'wordEdge'],
  ['B', 'insideOrOutside'],
  ['A', 'textStart'],
  ['z', 'textEnd'],
  ['Z', 'textEnd'],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['f', 12],
  ['r', 13],
  ['e', 27],
  ['a', 7],
]);

/**
 * Parses and compiles a pattern.
 *
 * @param what Names the setting in messages.
 * @throws CoppiceError `BAD_REQUEST` if the pattern is wrong, needs backtracking or is too large.
 */
export function parsePattern(source: string, flags: PatternFlags, what: string): PatternProgram {
  if (source.length > MAX_SOURCE_LENGTH)
    throw new CoppiceError(
      'BAD_REQUEST',
      `${what}: pattern has ${source.length} characters, at most ${MAX_SOURCE_LENGTH} are allowed`,
    );
  return new PatternParser(source, flags, what).parse();
}

class PatternParser {
  readonly #source: string;
  readonly #what: string;
  #flags: PatternFlags;
  #at = 0;
  #groups = 1;
  #depth = 0;

  constructor(source: string, flags: PatternFlags, what: string) {
    this.#source = source;
    this.#flags = flags;
    this.#what = what;
  }

  parse(): PatternProgram {
    this.#readFlags();
    const node = this.#choice();
    if (this.#at < this.#source.length) throw this.#wrong('has a closing parenthesis too many');
    const program = compileNode(node, this.#groups);
    if (program === undefined) throw this.#wrong(`is too large: more than ${MAX_INSTRUCTIONS} steps`);
    return program;
  }

  /** `(?i)` and its like at the start. */
  #readFlags(): void {
    const [whole, letters] = /^\(\?([ismu]+)\)/.exec(this.#source) ?? [];
    if (whole === undefined || letters === undefined) return;
    this.#at = whole.length;
    this.#flags = {
      ignoreCase: this.#flags.ignoreCase === true || letters.includes('i'),
      dotAll: this.#flags.dotAll === true || letters.includes('s'),
      multiline: this.#flags.multiline === true || letters.includes('m'),
    };
  }

  #choice(): PatternNode {
    if (++this.#depth > MAX_DEPTH) throw this.#wrong(`is nested more than ${MAX_DEPTH} deep`);
    const nodes = [this.#sequence()];
    while (this.#take('|')) nodes.push(this.#sequence());
    this.#depth--;
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes };
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source.charAt(this.#at))) {
      nodes.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', nodes };
  }

  #repeated(node: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === undefined) return node;
    const [min, max] = bounds;
    if (max < min || (max !== Number.POSITIVE_INFINITY && max > MAX_REPEAT) || min > MAX_REPEAT)
      throw this.#wrong(`repeats from ${min} to ${max} times, at most ${MAX_REPEAT} are allowed`);
    const isLazy = this.#take('?');
    if (this.#take('+')) throw this.#wrong('has a possessive quantifier, which is not supported');
    if (this.#bounds() !== undefined) throw this.#wrong('repeats a repetition');
    return { kind: 'repeat', node, min, max, isLazy };
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const match = /^\{(\d{1,6})(,?)(\d{0,6})\}/.exec(this.#source.slice(this.#at, this.#at + 16));
    if (match === null) return undefined;
    const [whole, min = '', comma = '', max = ''] = match;
    this.#at += whole.length;
    const most = max === '' ? Number.POSITIVE_INFINITY : Number(max);
    return [Number(min), comma === '' ? Number(min) : most];
  }

  #atom(): PatternNode {
    const char = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    if (char === '(') return this.#group();
    if (char === '[') return this.#class();
    if (char === '\\') return this.#escape();
    if ('*+?'.includes(char)) throw this.#wrong(`has [${char}] with nothing to repeat`);
    this.#at += char.length;
    if (char === '^') return { kind: 'assert', place: this.#flags.multiline === true ? 'lineStart' : 'textStart' };
    if (char === '$') return { kind: 'assert', place: this.#flags.multiline === true ? 'lineEnd' : 'textEnd' };
    if (char === '.') return { kind: 'test', test: this.#flags.dotAll === true ? () => true : isNoLineEnd };
    return { kind: 'test', test: characterTest(char.codePointAt(0) ?? 0, this.#flags.ignoreCase === true) };
  }

  #group(): PatternNode {
    const opening = /^\((?:\?(?::|<[A-Za-z]\w*>|<?[=!>]?))?/.exec(this.#source.slice(this.#at))?.[0] ?? '(';
    const isNamed = opening.startsWith('(?<') && opening.endsWith('>');
    if (opening !== '(' && opening !== '(?:' && !isNamed)
      throw this.#wrong(
        `has [${opening}], which is not supported: patterns have no look-around, atomic groups or flags inside`,
      );
    this.#at += opening.length;
    const group = opening === '(?:' ? 0 : this.#groups++;
    const node = this.#choice();
    if (!this.#take(')')) throw this.#wrong('has an opening parenthesis too many');
    return group === 0 ? node : { kind: 'group', node, group };
  }

  #class(): PatternNode {
    const source = /^\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]/.exec(this.#source.slice(this.#at))?.[0];
    if (source === undefined) throw this.#wrong('has an opening bracket too many');
    this.#at += source.length;
    return this.#classNode(source);
  }

  #escape(): PatternNode {
    const rest = this.#source.slice(this.#at);
    const escape = /^\\(?:[pP]\{\w+\}|[pP]\w|u\{[\dA-Fa-f]{1,6}\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|[\s\S])/u.exec(
      rest,
    )?.[0];
    if (escape === undefined) throw this.#wrong('ends with a backslash');
    const letter = escape.charAt(1);
    const place = PLACES.get(letter);
    this.#at += escape.length;
    if (place !== undefined) return { kind: 'assert', place };
    if (/^[1-9kQEGX]/.test(letter)) throw this.#wrong(`has [\\${letter}], which is not supported`);
    if (/^[dDwWsSpP]/.test(letter)) return this.#classNode(escape);
    return { kind: 'test', test: characterTest(this.#codeOf(escape), this.#flags.ignoreCase === true) };
  }

  #codeOf(escape: string): number {
    const hex = /^\\[ux]\{?([\dA-Fa-f]+)\}?$/.exec(escape)?.[1];
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw this.#wrong(`has [${escape}], which is no character`);
      return code;
    }
    const letter = escape.slice(1);
    const control = CONTROLS.get(letter);
    if (control === undefined && /^[A-Za-z0-9]$/.test(letter)) throw this.#wrong(`has [${escape}], which is not known`);
    return control ?? letter.codePointAt(0) ?? 0;
  }

  #classNode(source: string): PatternNode {
    const test = compileClass(source, this.#flags.ignoreCase === true);
    if (test === undefined) throw this.#wrong(`has the class [${source}], which is not supported`);
    return { kind: 'test', test };
  }

  #take(char: string): boolean {
    if (!this.#source.startsWith(char, this.#at)) return false;
    this.#at += char.length;
    return true;
  }

  #wrong(problem: string): CoppiceError {
    return new CoppiceError('BAD_REQUEST', `${this.#what}: pattern [${this.#source}] ${problem}`);
  }
}

function isNoLineEnd(code: number): boolean {
  return code !== 10 && code !== 13 && code !== 0x85 && code !== 0x2028 && code !== 0x2029;
}

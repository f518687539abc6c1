/** Classes of characters in patterns, `[a-z]`, `\d`, `\p{L}`: tested one character at a time, so that nothing backtracks. */
import type { CharacterTest } from './pattern-program.ts';

/** Java's names for classes of ASCII that JavaScript does not know. */
const JAVA_CLASSES: ReadonlyMap<string, string> = new Map([
  ['Alnum', '0-9A-Za-z'],
  ['Alpha', 'A-Za-z'],
  ['Blank', ' \\t'],
  ['Cntrl', '\\u0000-\\u001f\\u007f'],
  ['Digit', '0-9'],
  ['Graph', '!-~'],
  ['Lower', 'a-z'],
  ['Print', ' -~'],
  ['Punct', '!-\\/:-@\\[-`{-~'],
  ['Space', ' \\t-\\r'],
  ['Upper', 'A-Z'],
  ['XDigit', '0-9A-Fa-f'],
]);

/** Escapes that Java and JavaScript read differently: ASCII only, as in Java. */
const SPACE = ' \\t-\\r';

/**
 * Compiles the source of a class, brackets included, or of a single escape.
 *
 * @returns Undefined if it is not understood.
 */
export function compileClass(source: string, ignoreCase: boolean): CharacterTest | undefined {
  const translated = translate(source);
  if (translated === undefined) return undefined;
  const pattern = tryPattern(translated, ignoreCase ? 'iu' : 'u');
  if (pattern === undefined) return undefined;
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => (pattern.test(String.fromCharCode(code)) ? 1 : 0));
  return (code) => (code < 128 ? ascii[code] === 1 : pattern.test(String.fromCodePoint(code)));
}

/** A test for one character. */
export function characterTest(code: number, ignoreCase: boolean): CharacterTest {
  if (!ignoreCase) return (other) => other === code;
  const folded = fold(code);
  return (other) => other === code || fold(other) === folded;
}

function fold(code: number): string {
  return String.fromCodePoint(code).toLowerCase();
}

/** The same class for JavaScript's expressions with the flag `u`; undefined for what only Java has. */
function translate(source: string): string | undefined {
  if (!source.startsWith('[')) return `^(?:${expandEscape(source, false)})$`;
  const inner = source.slice(1, -1);
  if (inner.includes('&&')) return undefined;
  let result = '';
  for (let i = 0; i < inner.length; i++) {
    const char = inner.charAt(i);
    if (char === '[') return undefined;
    if (char !== '\\') {
      result += char;
      continue;
    }
    const end = inner.startsWith('{', i + 2) && /[pPu]/.test(inner.charAt(i + 1)) ? inner.indexOf('}', i) : i + 1;
    if (end < 0) return undefined;
    result += expandEscape(inner.slice(i, end + 1), true);
    i = end;
  }
  return `^[${result}]$`;
}

function expandEscape(escape: string, isInside: boolean): string {
  const kind = escape.charAt(1);
  if (kind === 's') return isInside ? SPACE : `[${SPACE}]`;
  if (kind === 'S' && !isInside) return `[^${SPACE}]`;
  if (kind === 'p' || kind === 'P') return expandProperty(escape, isInside);
  const isSign = /^\\[^\p{L}\p{N}]$/u.test(escape);
  return isSign ? `\\u{${(escape.codePointAt(1) ?? 0).toString(16)}}` : escape;
}

function expandProperty(escape: string, isInside: boolean): string {
  const name = /^\\[pP]\{?(?:Is|java)?(\w+)\}?$/.exec(escape)?.[1] ?? '';
  const ascii = JAVA_CLASSES.get(name);
  if (ascii === undefined) return `\\${escape.charAt(1)}{${name}}`;
  if (isInside) return escape.startsWith('\\p') ? ascii : escape;
  return escape.startsWith('\\p') ? `[${ascii}]` : `[^${ascii}]`;
}

function tryPattern(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Terms that a pattern with `*` and `?` describes. */
import type { Automaton } from './automaton.ts';
import { ANYTHING, type ByteExpressions, type Expression } from './byte-expressions.ts';
import { anyCharacter, character } from './characters.ts';
import { derivativeAutomaton } from './derivative-automaton.ts';

/** How a pattern is read. */
export type WildcardOptions = {
  /** Takes ASCII letters in either case, as Lucene does; other letters as they are. */
  readonly caseInsensitive?: boolean;
  /** Most states of the automaton; beyond, `step` throws CoppiceError `LIMIT_EXCEEDED`. Default 10,000. */
  readonly maxStates?: number;
};

/**
 * The terms of a pattern: `*` is any characters, also none, `?` is one, and `\` takes the next character as it is; at
 * the end it stands for itself.
 *
 * @throws CoppiceError `LIMIT_EXCEEDED` for a pattern of more than about 30,000 characters.
 */
export function wildcardAutomaton(pattern: string, options: WildcardOptions = {}): Automaton {
  const { maxStates, caseInsensitive = false } = options;
  return derivativeAutomaton({ maxStates, name: `wildcard [${pattern.slice(0, 100)}]` }, (expressions) =>
    expressions.sequenceOf(readPattern(expressions, Array.from(pattern), caseInsensitive)),
  );
}

function readPattern(expressions: ByteExpressions, signs: readonly string[], caseInsensitive: boolean): Expression[] {
  const parts: Expression[] = [];
  for (let at = 0; at < signs.length; at++) {
    const sign = signs[at]!;
    if (sign === '*') {
      if (parts.at(-1) !== ANYTHING) parts.push(ANYTHING);
    } else if (sign === '?') {
      // "*?" and "?*" are the same; the second takes fewer states.
      const before = parts.at(-1) === ANYTHING ? parts.length - 1 : parts.length;
      parts.splice(before, 0, anyCharacter(expressions));
    } else {
      if (sign === '\\' && at + 1 < signs.length) at++;
      parts.push(character(expressions, signs[at]!.codePointAt(0)!, caseInsensitive));
    }
  }
  return parts;
}

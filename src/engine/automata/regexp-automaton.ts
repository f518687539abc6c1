/** Terms that a regular expression of Lucene describes, anchored at both ends. */
import type { Automaton } from './automaton.ts';
import { derivativeAutomaton } from './derivative-automaton.ts';
import { parseRegexp } from './parse-regexp.ts';

/** How a pattern is read. */
export type RegexpOptions = {
  /** Takes ASCII letters in either case; other letters as they are. Default false. */
  readonly caseInsensitive?: boolean;
  /** Most states of the automaton; beyond, `step` throws CoppiceError `LIMIT_EXCEEDED`. Default 10,000. */
  readonly maxStates?: number;
};

/**
 * The terms of a pattern; see `parseRegexp` for the syntax. There is no backtracking: every byte of a term is one step.
 *
 * @throws CoppiceError `PARSING_FAILED` for what is no pattern, `LIMIT_EXCEEDED` for one that is too long.
 */
export function regexpAutomaton(pattern: string, options: RegexpOptions = {}): Automaton {
  const { maxStates, caseInsensitive = false } = options;
  return derivativeAutomaton({ maxStates, name: `regular expression [${pattern.slice(0, 100)}]` }, (expressions) =>
    parseRegexp(pattern, { expressions, caseInsensitive }),
  );
}

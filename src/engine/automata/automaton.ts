/**
 * Deterministic automata over the bytes of terms (UTF-8): how prefixes, wildcards, regular expressions, fuzzy terms and
 * ranges of terms look for what they stand for in a dictionary, without backtracking.
 */

/** State that nothing leaves. */
export const DEAD = -1;

/** A deterministic automaton over bytes. States are small numbers, of its own making. */
export interface Automaton {
  readonly start: number;
  /** The state after one more byte; `DEAD` if no accepted term goes on so. */
  step(state: number, byte: number): number;
  accepts(state: number): boolean;
  /** Whether every continuation of this state is accepted: a dictionary may stop asking. */
  acceptsAll(state: number): boolean;
}

/** Runs automata over terms, as dictionaries do. */
import { type Automaton, DEAD } from '../../../src/engine/automata/automaton.ts';
import { termBytes } from '../../../src/engine/part/term-bytes.ts';

/** Whether an automaton accepts a term. Fails if a state that accepts all is followed by one that does not. */
export function accepts(automaton: Automaton, term: string): boolean {
  let state = automaton.start;
  let isAll = automaton.acceptsAll(state);
  for (const byte of termBytes(term)) {
    state = automaton.step(state, byte);
    if (state === DEAD) {
      if (isAll) throw new Error(`a state that accepts all has died in [${term}]`);
      return false;
    }
    if (isAll && !automaton.accepts(state)) throw new Error(`a state that accepts all did not accept [${term}]`);
    isAll ||= automaton.acceptsAll(state);
  }
  return automaton.accepts(state);
}

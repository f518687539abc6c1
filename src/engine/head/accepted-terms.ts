/** Finds the terms of a field of the head that an automaton accepts. They are in no order, so each is looked at. */
import { type Automaton, DEAD } from '../automata/automaton.ts';
import { AT, RECORD, type TermTable } from './term-table.ts';

const UNKNOWN = -2;

/**
 * Calls `visit` with each accepted term until it returns false. Where the first byte leads is remembered, so that most
 * terms are left at a glance.
 */
export function acceptedTerms(terms: TermTable, automaton: Automaton, visit: (term: number) => boolean): void {
  const { start } = automaton;
  if (start === DEAD) return;
  const { records, count } = terms;
  const afterFirst = new Int32Array(256).fill(automaton.acceptsAll(start) ? start : UNKNOWN);
  for (let term = 0; term < count; term++) {
    const record = term * RECORD;
    if (records[record + AT.length]! > 0) {
      const first = records[record + AT.head]! & 0xff;
      if (afterFirst[first] === UNKNOWN) afterFirst[first] = automaton.step(start, first);
      if (afterFirst[first] === DEAD) continue;
    }
    if (terms.isAccepted(term, automaton) && !visit(term)) return;
  }
}

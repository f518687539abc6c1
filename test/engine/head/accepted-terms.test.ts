/** Terms of the head that automata accept, against asking for each. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Automaton, DEAD } from '../../../src/engine/automata/automaton.ts';
import { prefixAutomaton } from '../../../src/engine/automata/prefix-automaton.ts';
import { regexpAutomaton } from '../../../src/engine/automata/regexp-automaton.ts';
import { wildcardAutomaton } from '../../../src/engine/automata/wildcard-automaton.ts';
import { acceptedTerms } from '../../../src/engine/head/accepted-terms.ts';
import { TermTable } from '../../../src/engine/head/term-table.ts';
import { Seeded } from '../../support/seeded.ts';
import { accepts } from '../automata/accepts.ts';
import { randomTerm } from '../automata/random-terms.ts';

const test = suite('engine/head/accepted-terms');

test('automata find what they accept, the empty term included', () => {
  const random = new Seeded(61);
  const terms = [...new Set(['', ...random.list(2000, () => randomTerm(random, 5))])];
  const patterns = ['', 'a', 'é', '字', '\u{1f600}b', ...random.list(20, () => randomTerm(random, 2))];
  const automata = patterns.flatMap((pattern) => [
    prefixAutomaton(pattern),
    wildcardAutomaton(`*${pattern}?`),
    wildcardAutomaton(`${pattern}*`),
  ]);
  for (const automaton of [...automata, regexpAutomaton('(a|é)*b?'), regexpAutomaton('')]) {
    const expected = terms.filter((term) => accepts(automaton, term));
    assert.equal(acceptedAmong(terms, automaton), expected);
    if (expected.length > 2) assert.equal(acceptedAmong(terms, automaton, 2), expected.slice(0, 2));
  }
});

test('an automaton that is dead from the start accepts nothing', () => {
  const dead: Automaton = { start: DEAD, step: () => DEAD, accepts: () => true, acceptsAll: () => true };
  assert.equal(acceptedAmong(['', 'a'], dead), []);
});

function acceptedAmong(terms: readonly string[], automaton: Automaton, most = Number.POSITIVE_INFINITY): string[] {
  const table = new TermTable();
  for (const term of terms) table.intern(term);
  const found: string[] = [];
  acceptedTerms(table, automaton, (number) => found.push(table.term(number)) < most);
  return found;
}

test.run();

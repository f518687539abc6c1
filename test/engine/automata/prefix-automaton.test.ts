/** Prefixes against a comparison by characters. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prefixAutomaton } from '../../../src/engine/automata/prefix-automaton.ts';
import { Seeded } from '../../support/seeded.ts';
import { accepts } from './accepts.ts';
import { randomTerm } from './random-terms.ts';

const test = suite('engine/automata/prefix-automaton');

test('random prefixes take what begins with them', () => {
  const chance = new Seeded(11);
  for (let i = 0; i < 20_000; i++) {
    const prefix = randomTerm(chance, 3);
    const term = chance.chance(0.5) ? prefix + randomTerm(chance, 3) : randomTerm(chance, 5);
    assert.is(accepts(prefixAutomaton(prefix), term), startsWith(term, prefix), `[${prefix}] [${term}], seed 11`);
  }
});

test('either case is taken of ASCII letters alone', () => {
  const automaton = prefixAutomaton('bÉx', { caseInsensitive: true });
  assert.ok(accepts(automaton, 'BÉXyz'));
  assert.not(accepts(automaton, 'BéX'));
  assert.not(accepts(automaton, 'B'));
});

test('the empty prefix takes everything', () => {
  assert.ok(prefixAutomaton('').acceptsAll(prefixAutomaton('').start));
  assert.ok(accepts(prefixAutomaton(''), ''));
});

/** By characters: the first half of a pair does not begin the pair. */
function startsWith(term: string, prefix: string): boolean {
  const characters = Array.from(term);
  return Array.from(prefix).every((character, at) => character === characters[at]);
}

test.run();

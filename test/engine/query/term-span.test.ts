/** Runs of terms found by halving are those that automata accept. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Automaton } from '../../../src/engine/automata/automaton.ts';
import { prefixAutomaton } from '../../../src/engine/automata/prefix-automaton.ts';
import { rangeAutomaton, type TermBounds } from '../../../src/engine/automata/range-automaton.ts';
import { boundedRun, prefixRun, spanOf, type TermRun } from '../../../src/engine/query/term-span.ts';
import { Seeded } from '../../support/seeded.ts';
import { smallShard } from './small-shard.ts';

const test = suite('engine/query/term-span');

const SIGNS = ['a', 'b', 'z', 'é', '\ud83d', '\ude00', '\u{1f600}', '\uffff', '\ue000'];

test('prefixes and ranges over random terms', () => {
  const chance = new Seeded(4);
  const word = (most: number): string => chance.list(chance.below(most), () => chance.pick(SIGNS)).join('');
  const documents = chance.list(300, () => ({ tag: word(5) }));
  const shard = smallShard({ tag: 'keyword' }, documents, { isFlushed: true });
  const inverted = shard.parts[0]!.inverted('tag')!;
  const check = (run: TermRun, automaton: Automaton, what: unknown): void => {
    const accepted: number[] = [];
    inverted.accepted(automaton, (number) => accepted.push(number) > 0);
    const { from, to } = spanOf(inverted, run);
    const expected = Array.from({ length: to - from }, (_, i) => from + i);
    assert.equal(
      expected,
      accepted.toSorted((a, b) => a - b),
      JSON.stringify(what),
    );
  };
  for (let i = 0; i < 500; i++) {
    const prefix = word(4);
    check(prefixRun(prefix), prefixAutomaton(prefix), prefix);
    const bounds: TermBounds = {
      ...chance.pick([{}, { gte: word(4) }, { gt: word(4) }]),
      ...chance.pick([{}, { lte: word(4) }, { lt: word(4) }]),
    };
    check(boundedRun(bounds), rangeAutomaton(bounds), bounds);
  }
  shard.close();
});

test.run();

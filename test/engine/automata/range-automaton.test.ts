/** Ranges of terms against a comparison by code points. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rangeAutomaton, type TermBounds } from '../../../src/engine/automata/range-automaton.ts';
import { compareBytes, termBytes } from '../../../src/engine/part/term-bytes.ts';
import { Seeded } from '../../support/seeded.ts';
import { accepts } from './accepts.ts';
import { randomTerm } from './random-terms.ts';

const test = suite('engine/automata/range-automaton');

test('random ranges take what lies between their bounds', () => {
  const chance = new Seeded(12);
  for (let i = 0; i < 20_000; i++) {
    const low = randomTerm(chance, 3);
    const high = chance.chance(0.3) ? low + randomTerm(chance, 2) : randomTerm(chance, 3);
    const bounds: TermBounds = {
      ...(chance.chance(0.2) ? {} : chance.chance(0.5) ? { gte: low } : { gt: low }),
      ...(chance.chance(0.2) ? {} : chance.chance(0.5) ? { lte: high } : { lt: high }),
    };
    const term = chance.pick([low, high, low + randomTerm(chance, 2), randomTerm(chance, 4)]);
    const message = `${JSON.stringify(bounds)} [${term}], seed 12`;
    assert.is(accepts(rangeAutomaton(bounds), term), isWithin(term, bounds), message);
  }
});

test('characters beyond 16 bits come after all others', () => {
  assert.ok(accepts(rangeAutomaton({ gt: '\uffff' }), '\u{1f600}'));
  assert.not(accepts(rangeAutomaton({ lt: '\uffff' }), '\u{1f600}'));
});

function isWithin(term: string, { gte, gt, lte, lt }: TermBounds): boolean {
  if (gte !== undefined && compare(term, gte) < 0) return false;
  if (gt !== undefined && compare(term, gt) <= 0) return false;
  if (lte !== undefined && compare(term, lte) > 0) return false;
  return lt === undefined || compare(term, lt) < 0;
}

function compare(a: string, b: string): number {
  const [first, second] = [termBytes(a), termBytes(b)];
  return compareBytes(first, 0, first.length, second, 0, second.length);
}

test.run();

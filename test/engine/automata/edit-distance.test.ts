/** Edit distances by hand, and against a plain recursion. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { editDistance } from '../../../src/engine/automata/edit-distance.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/automata/edit-distance');

test('edits are counted', () => {
  assert.is(editDistance('kitten', 'sitting'), 3);
  assert.is(editDistance('', 'abc'), 3);
  assert.is(editDistance('ab', 'ba'), 1);
  assert.is(editDistance('ab', 'ba', false), 2);
});

test('what changed places is not edited again', () => {
  assert.is(editDistance('ca', 'abc'), 3);
});

test('a character beyond 16 bits is one character', () => {
  assert.is(editDistance('a\u{1f600}b', 'a\u{1f601}b'), 1);
  assert.is(editDistance('\u{1f600}', ''), 1);
});

test('random words have the distance of the recursion that defines it', () => {
  const chance = new Seeded(14);
  for (let i = 0; i < 500; i++) {
    const word = (): string => chance.list(chance.below(6), () => chance.pick(['a', 'b', 'c'])).join('');
    const [a, b, transpositions] = [word(), word(), chance.chance(0.5)];
    assert.is(editDistance(a, b, transpositions), recursive(a, b, transpositions), `${a} ${b}, seed 14`);
  }
});

function recursive(a: string, b: string, transpositions: boolean): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  const best = Math.min(
    recursive(restA, b, transpositions) + 1,
    recursive(a, restB, transpositions) + 1,
    recursive(restA, restB, transpositions) + (a[0] === b[0] ? 0 : 1),
  );
  if (!transpositions || a.length < 2 || b.length < 2 || a[0] !== b[1] || a[1] !== b[0]) return best;
  return Math.min(best, recursive(a.slice(2), b.slice(2), transpositions) + 1);
}

test.run();

/** Wildcards against the regular expressions of JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wildcardAutomaton } from '../../../src/engine/automata/wildcard-automaton.ts';
import { Seeded } from '../../support/seeded.ts';
import { accepts } from './accepts.ts';
import { CHARACTERS, randomTerm } from './random-terms.ts';

const test = suite('engine/automata/wildcard-automaton');

test('random patterns take what the same expression of JavaScript takes', () => {
  const chance = new Seeded(15);
  let matched = 0;
  for (let i = 0; i < 6000; i++) {
    const parts = chance.list(chance.below(7), () => chance.pick(['*', '*', '?', '?', ...CHARACTERS]));
    const caseInsensitive = chance.chance(0.3);
    // A half of a pair next to its other half is one character, in the pattern as in a term.
    const pattern = parts.join('');
    const expression = new RegExp(`^${Array.from(pattern, inJavaScript).join('')}$`, 'us');
    const automaton = wildcardAutomaton(pattern, { caseInsensitive });
    for (let term = 0; term < 10; term++) {
      const text = randomTerm(chance, 6);
      const fold = (from: string): string => (caseInsensitive ? from.replaceAll('B', 'b') : from);
      const wanted = caseInsensitive
        ? new RegExp(expression.source.replaceAll('B', 'b'), 'us').test(fold(text))
        : expression.test(text);
      if (wanted) matched++;
      assert.is(accepts(automaton, text), wanted, `[${pattern}] [${text}] ${caseInsensitive}, seed 15`);
    }
  }
  assert.ok(matched > 1000, String(matched));
});

test('a backslash takes the next sign as it is, and at the end itself', () => {
  assert.ok(accepts(wildcardAutomaton('a\\*b\\?\\\\'), 'a*b?\\'));
  assert.not(accepts(wildcardAutomaton('a\\*b'), 'axb'));
  assert.ok(accepts(wildcardAutomaton('a\\'), 'a\\'));
});

test('many stars need few states', () => {
  const automaton = wildcardAutomaton('*a'.repeat(2000), { maxStates: 2100 });
  assert.ok(accepts(automaton, 'xa'.repeat(2000)));
  assert.not(accepts(automaton, 'xa'.repeat(1999)));
});

test('question marks after a star move before it', () => {
  assert.not(accepts(wildcardAutomaton('*??', { maxStates: 12 }), 'a'));
  assert.ok(accepts(wildcardAutomaton('*??', { maxStates: 12 }), 'a\u{1f600}é'));
});

test('a pattern of too many states is refused rather than worked out', () => {
  const automaton = wildcardAutomaton(`*a${'?'.repeat(40)}`, { maxStates: 500 });
  const chance = new Seeded(16);
  assert.throws(
    () => {
      for (let i = 0; i < 1000; i++) accepts(automaton, chance.list(60, () => chance.pick(['a', 'b'])).join(''));
    },
    (error: { code: string; message: string }) =>
      error.code === 'LIMIT_EXCEEDED' && error.message.includes('needs more than 500 states'),
  );
});

function inJavaScript(sign: string): string {
  if (sign === '*') return '.*';
  return sign === '?' ? '.' : sign;
}

test.run();

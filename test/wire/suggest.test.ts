import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closest, didYouMean } from '../../src/wire/suggest.ts';

const test = suite('wire/suggest');

const NAMES = ['match', 'match_all', 'term', 'terms', 'range', 'bool', 'ids'];

test('a word up to two edits away has a close name', () => {
  for (const [word, expected] of [
    ['mtch', 'match'],
    ['amtch', 'match'],
    ['matchall', 'match_all'],
    ['TERM', 'term'],
    ['rnage', 'range'],
    ['boool', 'bool'],
    ['matches', 'match'],
  ] as const) {
    assert.is(closest(word, NAMES), expected, word);
  }
});

test('a word that is far from every name, or very short, has none', () => {
  for (const word of ['fuzzy', '', 'x', 'i', 'wildcard', 'm'.repeat(5000)])
    assert.is(closest(word, NAMES), undefined, word);
});

test('the end of a message names the close word or nothing', () => {
  assert.is(didYouMean('mtch', NAMES), ', did you mean [match]?');
  assert.is(didYouMean('whatever', NAMES), '');
});

test.run();

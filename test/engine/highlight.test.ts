/** Highlighting: marks, fragments, and their order. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { highlight } from '../../src/engine/old/highlight.ts';

const test = suite('engine/highlight');

const OPTIONS = { preTag: '<em>', postTag: '</em>', fragmentSize: 40, numberOfFragments: 5 };
const TEXT =
  'A fox ran. Nothing happened for a very long while in the deep wood. Then the quick brown Fox jumped over a dog.';

test('the whole text comes back marked when fragments are 0', () => {
  const options = { ...OPTIONS, numberOfFragments: 0 };
  assert.equal(highlight('Fox & <fox>', new Set(['fox']), options), ['<em>Fox</em> & <<em>fox</em>>']);
});

test('a text without a match has no fragments', () => {
  assert.equal(highlight(TEXT, new Set(['cat']), OPTIONS), []);
  assert.equal(highlight(TEXT, new Set(['cat']), { ...OPTIONS, numberOfFragments: 0 }), []);
  assert.equal(highlight('', new Set(['cat']), OPTIONS), []);
});

test('the fragment with most different terms comes first', () => {
  const fragments = highlight(TEXT, new Set(['fox', 'quick', 'dog']), OPTIONS);
  assert.is(fragments.length, 2);
  assert.match(fragments[0]!, '<em>quick</em> brown <em>Fox</em> jumped over a <em>dog</em>');
  assert.ok(fragments[1]!.startsWith('A <em>fox</em> ran'));
  assert.equal(highlight(TEXT, new Set(['fox', 'quick']), { ...OPTIONS, numberOfFragments: 1 }).length, 1);
});

test('fragments keep to their size and to whole words', () => {
  for (const fragment of highlight(TEXT.repeat(5), new Set(['fox']), OPTIONS)) {
    const plain = fragment.replaceAll('<em>', '').replaceAll('</em>', '');
    assert.ok(plain.length <= 40, fragment);
    assert.ok(TEXT.repeat(5).includes(plain));
  }
});

test('a match longer than a fragment is kept whole', () => {
  assert.equal(highlight('abcdefghij', new Set(['abcdefghij']), { ...OPTIONS, fragmentSize: 3 }), [
    '<em>abcdefghij</em>',
  ]);
});

test.run();

/** Highlighting: what is marked, which passages are cut out, and their order. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAnalyzers } from '../../../src/engine/analysis/analyzers.ts';
import { prefixAutomaton } from '../../../src/engine/automata/prefix-automaton.ts';
import { wildcardAutomaton } from '../../../src/engine/automata/wildcard-automaton.ts';
import { HIGHLIGHT_DEFAULTS, type HighlightOptions } from '../../../src/engine/highlight/highlight-options.ts';
import { Highlighter } from '../../../src/engine/highlight/highlighter.ts';
import { fuzzyAutomaton } from '../../../src/engine/query/expand-terms.ts';
import type { SoughtTerms } from '../../../src/engine/query/sought-terms.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/highlight/highlighter');
const analyzers = createAnalyzers();

const STORY =
  'A fox ran. Nothing happened for a very long while in the deep wood. Then the quick brown Fox jumped over a dog. ' +
  'The dog slept on.';

test('the whole text comes back marked when fragments are 0', () => {
  assert.equal(marked('Fox & <fox> foxes', [term('fox')], { fragments: 0 }), ['<em>Fox</em> & <<em>fox</em>> foxes']);
  assert.equal(marked(['a fox', 'no', 'fox'], [term('fox')], { fragments: 0 }), ['a <em>fox</em>', '<em>fox</em>']);
});

test('a text in which nothing is found has no passages, or its beginning', () => {
  assert.equal(marked(STORY, [term('cat')]), []);
  assert.equal(marked('', [term('cat')], { noMatchSize: 10 }), []);
  assert.equal(marked(STORY, [term('cat')], { noMatchSize: 15 }), ['A fox ran.']);
  assert.equal(marked(STORY, [term('cat')], { noMatchSize: 70 }), [
    'A fox ran. Nothing happened for a very long while in the deep wood.',
  ]);
  assert.equal(marked('oneverylongwordindeed and', [], { noMatchSize: 5 }), ['oneve']);
  assert.equal(marked(['', 'a b'], [], { noMatchSize: 1, fragments: 0 }), ['a b']);
});

test('passages are sentences, as many as there is room for', () => {
  assert.equal(marked(STORY, [term('fox')], { size: 30 }), [
    'A <em>fox</em> ran.',
    'Then the quick brown <em>Fox</em>',
  ]);
  assert.equal(marked(STORY, [term('fox')], { size: 60 }), [
    'A <em>fox</em> ran.',
    'Then the quick brown <em>Fox</em> jumped over a dog.',
  ]);
  assert.equal(marked(STORY, [term('wood'), term('dog')], { size: 110 }), [
    'Nothing happened for a very long while in the deep <em>wood</em>. Then the quick brown Fox jumped over a <em>dog</em>.',
    'The <em>dog</em> slept on.',
  ]);
  assert.equal(marked(STORY, [term('jumped')], { size: 0 }), ['Then the quick brown Fox <em>jumped</em> over a dog.']);
});

test('passages of words reach as far around as there is room', () => {
  assert.equal(marked(STORY, [term('happened')], { boundaries: 'word', size: 30 }), [
    'Nothing <em>happened</em> for a very',
  ]);
  assert.equal(marked(STORY, [term('slept')], { boundaries: 'word', size: 5 }), ['<em>slept</em>']);
});

test('the best passages are kept, in the order of the text or the best first', () => {
  const text = 'dog here. cat here. dog and cat here.';
  const sought = [term('dog'), term('cat')];
  assert.equal(marked(text, sought, { size: 20, fragments: 1 }), ['<em>dog</em> and <em>cat</em> here.']);
  assert.equal(marked(text, sought, { size: 10, fragments: 2, order: 'score' }).length, 2);
  assert.equal(marked(['x dog', 'dog cat'], sought, { order: 'score' }), [
    '<em>dog</em> <em>cat</em>',
    'x <em>dog</em>',
  ]);
  assert.equal(marked(['x dog', 'dog cat'], sought), ['x <em>dog</em>', '<em>dog</em> <em>cat</em>']);
});

test('of a phrase only its occurrences are marked', () => {
  const quickFox = phrase(['quick', 'fox']);
  assert.equal(marked('quick fox, fox quick, quick brown fox', [quickFox], { fragments: 0 }), [
    '<em>quick</em> <em>fox</em>, fox quick, quick brown fox',
  ]);
  assert.equal(marked('fox', [quickFox]), []);
  assert.equal(marked('quick fox and fox', [quickFox, term('fox')], { fragments: 0 }), [
    '<em>quick</em> <em>fox</em> and <em>fox</em>',
  ]);
  assert.equal(marked(['quick', 'fox'], [quickFox]), []);
});

test('slop lets the words of a phrase move', () => {
  const text = 'quick brown fox. fox quick. quick a b c d fox';
  assert.equal(marked(text, [phrase(['quick', 'fox'], 1)], { fragments: 0 }), [
    '<em>quick</em> brown <em>fox</em>. fox quick. quick a b c d fox',
  ]);
  assert.equal(marked('fox quick', [phrase(['quick', 'fox'], 1)]), []);
  assert.equal(marked('fox quick', [phrase(['quick', 'fox'], 2)]), ['<em>fox</em> <em>quick</em>']);
  assert.equal(marked('to be or not', [phrase(['to', 'to'], 5)]), []);
  assert.equal(marked('to be to', [phrase(['to', 'to'], 5)]), ['<em>to</em> be <em>to</em>']);
});

test('dropped words of a phrase are holes', () => {
  const sought: SoughtTerms = {
    kind: 'phrase',
    slop: 0,
    places: [
      { place: 0, terms: ['lord'] },
      { place: 3, terms: ['ring'] },
    ],
  };
  assert.equal(marked('Lords of the Rings; lords, rings', [sought], { fragments: 0 }, 'english'), [
    '<em>Lords</em> of the <em>Rings</em>; lords, rings',
  ]);
});

test('the last word of a phrase may stand for several', () => {
  const sought: SoughtTerms = {
    kind: 'phrase',
    slop: 0,
    places: [
      { place: 0, terms: ['quick'] },
      { place: 1, terms: ['fox', 'foxes'] },
    ],
  };
  assert.equal(marked('quick foxes, quick fog', [sought], { fragments: 0 }), [
    '<em>quick</em> <em>foxes</em>, quick fog',
  ]);
});

test('patterns mark every word that they accept', () => {
  const text = 'whale whales while wheel Whiles';
  const sought = (automaton: Extract<SoughtTerms, { kind: 'automaton' }>['automaton']): SoughtTerms => ({
    kind: 'automaton',
    automaton,
  });
  const words = (automaton: Parameters<typeof sought>[0]): string[] =>
    [...(marked(text, [sought(automaton)], { fragments: 0 })[0] ?? '').matchAll(/<em>(.*?)<\/em>/g)].map(
      ([, word = '']) => word,
    );
  assert.equal(words(prefixAutomaton('whi')), ['while', 'Whiles']);
  assert.equal(words(wildcardAutomaton('wh?l*', {})), ['whale', 'whales', 'while', 'Whiles']);
  assert.equal(words(fuzzyAutomaton('whale', { fuzziness: 1 })), ['whale', 'whales', 'while']);
});

test('words that overlap are marked as one', () => {
  const grams = createAnalyzers({
    analyzer: { grams: { tokenizer: 'g' } },
    tokenizer: { g: { type: 'ngram', min_gram: 2, max_gram: 2 } },
  });
  const highlighter = new Highlighter(new Map([['f', ['ab', 'bc', 'de'].map(term)]]));
  const options = { ...HIGHLIGHT_DEFAULTS, fragments: 0 };
  const texts = ['abcde'];
  assert.equal(highlighter.highlight({ field: 'f', texts, analyzer: grams.get('grams') }, options), [
    '<em>abc</em><em>de</em>',
  ]);
});

test('html is made safe, tags stay', () => {
  const options = { encoder: 'html', preTag: '<b class="x">', postTag: '</b>', fragments: 0 } as const;
  assert.equal(marked('<i>fox</i> & "fox\'s"', [term('fox')], options), [
    '&lt;i&gt;<b class="x">fox</b>&lt;&#x2F;i&gt; &amp; &quot;fox&#x27;s&quot;',
  ]);
});

test('what is looked for in another field counts only if asked for', () => {
  const highlighter = new Highlighter(new Map([['title', [term('fox')]]]));
  const target = { field: 'body', texts: ['a fox'], analyzer: analyzers.get('standard') };
  assert.equal(highlighter.highlight(target, HIGHLIGHT_DEFAULTS), []);
  assert.equal(highlighter.highlight(target, { ...HIGHLIGHT_DEFAULTS, requireFieldMatch: false }), ['a <em>fox</em>']);
});

test('only the beginning of a long text is analysed', () => {
  assert.equal(marked('fox and fox', [term('fox')], { maxAnalyzed: 5 }), ['<em>fox</em> and fox']);
});

test('marks taken away, passages are pieces of the text, apart from each other', () => {
  const seed = 77;
  const random = new Seeded(seed);
  const pieces = [
    'fox',
    'quick',
    'Mr. ',
    '. ',
    '! ',
    '\n',
    ' ',
    ', ',
    '“',
    '”',
    '日本。',
    '😀',
    'longword'.repeat(5),
    'e.g. ',
    '3.14 ',
  ];
  for (let round = 0; round < 2000; round++) {
    const text = random.list(30, () => random.pick(pieces)).join('');
    const options = {
      size: random.pick([0, 5, 20, 60]),
      boundaries: random.pick(['sentence', 'word'] as const),
      fragments: 10,
    };
    const message = `${JSON.stringify([text, options])}, seed ${seed}`;
    let at = 0;
    let count = 0;
    for (const passage of marked(text, [term('fox'), phrase(['quick', 'fox'], 1)], options)) {
      const plain = passage.replaceAll(/<\/?em>/g, '');
      const found = text.indexOf(plain, at);
      assert.ok(found >= 0, message);
      at = found + plain.length;
      count += passage.split('<em>fox</em>').length - 1;
      assert.ok(passage.includes('<em>'), message);
    }
    const foxes = marked(text, [term('fox')], { fragments: 0 })[0]?.split('<em>').length ?? 1;
    assert.ok(count <= foxes - 1, message);
  }
});

test('a long text is cut in proportion to its length', () => {
  const text = 'no full stop and a fox in it, '.repeat(20_000);
  assert.is(marked(text, [term('fox')]).length, 5);
  assert.is(marked('fox'.padEnd(500_000, '.'), [term('fox')], { size: 0 }).length, 1);
});

test.run();

function term(word: string): SoughtTerms {
  return { kind: 'term', term: word };
}

function phrase(words: readonly string[], slop = 0): SoughtTerms {
  return { kind: 'phrase', slop, places: words.map((word, place) => ({ place, terms: [word] })) };
}

function marked(
  text: string | readonly string[],
  sought: readonly SoughtTerms[],
  options: Partial<HighlightOptions> = {},
  analyzer = 'standard',
): readonly string[] {
  const texts = typeof text === 'string' ? [text] : text;
  const highlighter = new Highlighter(new Map([['f', sought]]));
  const target = { field: 'f', texts, analyzer: analyzers.get(analyzer) };
  return highlighter.highlight(target, { ...HIGHLIGHT_DEFAULTS, ...options });
}

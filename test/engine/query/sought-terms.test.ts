/** What queries look for, as highlighting asks. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Query } from '../../../src/engine/query/query.ts';
import { phrasesOfQuery, termsOfQuery } from '../../../src/engine/query/sought-terms.ts';
import { smallShard } from './small-shard.ts';

const test = suite('engine/query/sought-terms');

const shard = smallShard({ words: 'text', lean: { type: 'text', analyzer: 'stop' }, tag: 'keyword', year: 'long' }, [
  { words: 'oak oaken ash', lean: 'x', tag: 'Red', year: 1 },
]);

function sought(query: Query): Record<string, unknown[]> {
  const byField = [...phrasesOfQuery(shard.view, query)].map(([field, list]) => [
    field,
    list.map((each) => (each.kind === 'automaton' ? 'automaton' : each)),
  ]);
  return Object.fromEntries(byField);
}

test('words of a match are analysed, values of keywords are not', () => {
  const term = (word: string): object => ({ kind: 'term', term: word });
  assert.equal(sought({ kind: 'match', field: 'words', text: 'Oak ASH' }), { words: [term('oak'), term('ash')] });
  assert.equal(sought({ kind: 'match', field: 'tag', text: 'Red Oak' }), { tag: [term('Red Oak')] });
  assert.equal(sought({ kind: 'terms', field: 'tag', values: ['a', 'b'] }), { tag: [term('a'), term('b')] });
  assert.equal(sought({ kind: 'match', field: 'year', text: '1' }), {});
});

test('phrases keep their places, holes included, and a prefix at the end is expanded', () => {
  const phrase = (places: readonly (readonly [number, readonly string[]])[], slop = 0): object => ({
    kind: 'phrase',
    places: places.map(([place, terms]) => ({ place, terms })),
    slop,
  });
  assert.equal(sought({ kind: 'phrase', field: 'lean', text: 'oak of ash', slop: 2 }), {
    lean: [
      phrase(
        [
          [0, ['oak']],
          [2, ['ash']],
        ],
        2,
      ),
    ],
  });
  assert.equal(sought({ kind: 'phrase', field: 'words', text: 'ash oa', lastIsPrefix: true }), {
    words: [
      phrase([
        [0, ['ash']],
        [1, ['oak', 'oaken']],
      ]),
    ],
  });
});

test('patterns come as automata', () => {
  const query: Query = {
    kind: 'bool',
    must: [
      { kind: 'prefix', field: 'words', value: 'o' },
      { kind: 'fuzzy', field: 'words', value: 'oka', fuzziness: 1 },
      { kind: 'match', field: 'words', text: 'ash oa', lastIsPrefix: true },
    ],
  };
  assert.equal(sought(query), { words: ['automaton', 'automaton', { kind: 'term', term: 'ash' }, 'automaton'] });
});

test('what a query excludes is not looked for', () => {
  const query: Query = {
    kind: 'bool',
    filter: [{ kind: 'match', field: 'words', text: 'oak' }],
    mustNot: [{ kind: 'match', field: 'words', text: 'ash' }],
  };
  assert.equal([...termsOfQuery(shard.view, query)], [['words', new Set(['oak'])]]);
  const boosting: Query = { kind: 'boosting', positive: query, negative: query, negativeBoost: 0.1 };
  assert.equal([...(termsOfQuery(shard.view, boosting).get('words') ?? [])], ['oak']);
});

test.run();

/** Queries for words and phrases, in one field and in several. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compile, NONE } from './bound-queries.ts';

const test = suite('search/request/compile-text');

test('words and phrases take their options along', () => {
  const fuzzy = { fuzziness: { low: 3, high: 6 }, prefixLength: 1 };
  const table: readonly (readonly [unknown, unknown])[] = [
    [
      { match: { title: { query: 'a', fuzziness: 'AUTO', prefix_length: 1, analyzer: 'simple' } } },
      { kind: 'match', field: 'title', text: 'a', fuzzy, analyzer: 'simple' },
    ],
    [
      { match: { tag: { query: 'a', fuzziness: 'AUTO', prefix_length: 1 } } },
      { kind: 'fuzzy', field: 'tag', value: 'a', ...fuzzy },
    ],
    [{ match_bool_prefix: { title: 'a b' } }, { kind: 'match', field: 'title', text: 'a b', lastIsPrefix: true }],
    [{ match_bool_prefix: { tag: 'a b' } }, { kind: 'prefix', field: 'tag', value: 'a b' }],
    [
      { match_phrase: { title: { query: 'a b', slop: 2, zero_terms_query: 'all' } } },
      { kind: 'phrase', field: 'title', text: 'a b', slop: 2, zeroTerms: 'all' },
    ],
    [{ match_phrase: { year: 1851 } }, { kind: 'term', field: 'year', value: 1851 }],
    [
      { match_phrase_prefix: { title: { query: 'a b', max_expansions: 5 } } },
      { kind: 'phrase', field: 'title', text: 'a b', lastIsPrefix: true, maxExpansions: 5 },
    ],
    [
      { multi_match: { query: 'a b', fields: ['title', 'author.name^2'], type: 'phrase', slop: 1 } },
      {
        kind: 'disMax',
        queries: [
          { kind: 'phrase', field: 'title', text: 'a b', slop: 1 },
          { kind: 'phrase', field: 'author.name', text: 'a b', slop: 1, boost: 2 },
        ],
      },
    ],
    [
      { multi_match: { query: 'a b', fields: ['title', 'tag'], type: 'bool_prefix' } },
      {
        kind: 'bool',
        should: [
          { kind: 'match', field: 'title', text: 'a b', lastIsPrefix: true },
          { kind: 'prefix', field: 'tag', value: 'a b' },
        ],
      },
    ],
    [
      {
        multi_match: {
          query: 'a b',
          fields: ['title^3', 'author.name', 'tag', 'y*'],
          type: 'cross_fields',
          operator: 'and',
          tie_breaker: 0.5,
        },
      },
      {
        kind: 'disMax',
        queries: [
          {
            kind: 'crossFields',
            fields: [{ field: 'title', boost: 3 }, { field: 'author.name' }, { field: 'tag' }],
            text: 'a b',
            operator: 'and',
            tieBreaker: 0.5,
          },
          NONE,
        ],
        tieBreaker: 0.5,
      },
    ],
    [
      { multi_match: { query: 'a', fields: ['t*'], type: 'phrase_prefix' } },
      {
        kind: 'disMax',
        queries: [NONE, { kind: 'phrase', field: 'title', text: 'a', lastIsPrefix: true }, NONE],
      },
    ],
  ];
  for (const [query, expected] of table) assert.equal(compile(query), expected, JSON.stringify(query));
});

test.run();

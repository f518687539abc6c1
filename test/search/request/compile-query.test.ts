import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Query } from '../../../src/engine/query/query.ts';
import { parseMappings } from '../../../src/search/parse-mappings.ts';
import { compileQuery } from '../../../src/search/request/compile-query.ts';
import { parseQuery } from '../../../src/search/request/parse-query.ts';
import { checkSort, parseSort } from '../../../src/search/request/sort.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/compile-query');

const MAPPINGS = parseMappings(
  {
    properties: {
      title: { type: 'text', fields: { keyword: { type: 'keyword' } } },
      tag: { type: 'keyword' },
      year: { type: 'integer' },
      price: { type: 'double' },
      open: { type: 'boolean' },
      at: { type: 'date' },
      author: { properties: { name: { type: 'text' }, age: { type: 'long' } } },
    },
  },
  'mappings',
);

const compile = (query: unknown): Query => compileQuery(parseQuery(query, 'query'), MAPPINGS);
const DAY = 1714953600000;
const NONE = { kind: 'matchNone' };

test('a query takes the types of its fields', () => {
  const table: readonly (readonly [unknown, unknown])[] = [
    [
      { match: { title: { query: 'a b', operator: 'and', boost: 2 } } },
      { kind: 'match', field: 'title', text: 'a b', operator: 'and', boost: 2 },
    ],
    [{ match: { tag: 'a b' } }, { kind: 'term', field: 'tag', value: 'a b' }],
    [{ match: { 'title.keyword': 'A b' } }, { kind: 'term', field: 'title.keyword', value: 'A b' }],
    [{ match: { year: '1851' } }, { kind: 'term', field: 'year', value: 1851 }],
    [{ match: { open: 'true' } }, { kind: 'term', field: 'open', value: true }],
    [{ match: { year: { query: 'x', lenient: true } } }, NONE],
    [{ match: { unknown: 'x' } }, NONE],
    [{ match: { author: 'x' } }, NONE],
    [{ term: { constructor: 'x' } }, NONE],
    [{ term: { title: 5 } }, { kind: 'term', field: 'title', value: '5' }],
    [{ term: { year: 1851.5 } }, NONE],
    [{ term: { price: '1.5' } }, { kind: 'term', field: 'price', value: 1.5 }],
    [{ term: { _id: 5 } }, { kind: 'ids', ids: ['5'] }],
    [{ term: { at: '2024-05-06' } }, { kind: 'range', field: 'at', bounds: { gte: DAY, lte: DAY + 86_399_999 } }],
    [{ term: { at: DAY } }, { kind: 'term', field: 'at', value: DAY }],
    [{ terms: { year: [1, '2', 2, 3.5] } }, { kind: 'terms', field: 'year', values: [1, 2] }],
    [{ terms: { year: [] } }, NONE],
    [{ range: { year: { gt: 1.5, lte: '7' } } }, { kind: 'range', field: 'year', bounds: { gt: 1.5, lte: 7 } }],
    [
      { range: { at: { gt: '2024-05-06', lte: '2024-05-06' } } },
      { kind: 'range', field: 'at', bounds: { gt: DAY + 86_399_999, lte: DAY + 86_399_999 } },
    ],
    [
      { range: { at: { gte: '2024-05-06', lt: '2024-05-06' } } },
      { kind: 'range', field: 'at', bounds: { gte: DAY, lt: DAY } },
    ],
    [{ range: { tag: { gte: 'a' } } }, { kind: 'range', field: 'tag', bounds: { gte: 'a' } }],
    [{ exists: { field: 'tag' } }, { kind: 'constantScore', filter: { kind: 'exists', field: 'tag' } }],
    [
      { exists: { field: 'author' } },
      {
        kind: 'constantScore',
        filter: {
          kind: 'bool',
          should: [
            { kind: 'exists', field: 'author.name' },
            { kind: 'exists', field: 'author.age' },
          ],
        },
      },
    ],
    [{ bool: {} }, { kind: 'matchAll' }],
    [
      { bool: { must_not: { term: { tag: 'x' } } } },
      { kind: 'bool', mustNot: [{ kind: 'term', field: 'tag', value: 'x' }] },
    ],
    [{ multi_match: { query: 'x', fields: 'tag^2' } }, { kind: 'term', field: 'tag', value: 'x', boost: 2 }],
    [
      { multi_match: { query: 'x', fields: ['t*', 'year*'], tie_breaker: 0.3 } },
      {
        kind: 'disMax',
        queries: [
          { kind: 'term', field: 'tag', value: 'x' },
          { kind: 'match', field: 'title', text: 'x' },
          { kind: 'term', field: 'title.keyword', value: 'x' },
          NONE,
        ],
        tieBreaker: 0.3,
      },
    ],
    [
      { multi_match: { query: 'x', fields: ['title', 'tag'], type: 'most_fields', boost: 3 } },
      {
        kind: 'bool',
        should: [
          { kind: 'match', field: 'title', text: 'x' },
          { kind: 'term', field: 'tag', value: 'x' },
        ],
        boost: 3,
      },
    ],
  ];
  for (const [query, expected] of table) assert.equal(compile(query), expected, JSON.stringify(query));
});

test('a value of another type says field, type and value', () => {
  const table: readonly (readonly [unknown, string])[] = [
    [{ term: { year: 'abc' } }, 'field [year] of type [integer] cannot be compared with ["abc"]'],
    [{ match: { price: 'cheap' } }, 'field [price] of type [double] cannot be compared with ["cheap"]'],
    [{ terms: { open: [true, 'maybe'] } }, 'field [open] of type [boolean] cannot be compared with ["maybe"]'],
    [{ range: { at: { gte: 'now-1d' } } }, 'field [at] of type [date] cannot be compared with ["now-1d"]'],
    [{ range: { at: { gte: true } } }, 'field [at] of type [date] cannot be compared with [true]'],
    [{ range: { open: { gte: true } } }, 'field [open] of type [boolean] does not support range queries'],
    [
      { multi_match: { query: 'x', fields: ['y*', 'year'] } },
      'field [year] of type [integer] cannot be compared with ["x"]',
    ],
  ];
  for (const [query, message] of table) assertFault(() => compile(query), 'BAD_REQUEST', message);
});

test('sort keys are checked against the mappings', () => {
  const check = (sort: unknown) => () => checkSort(parseSort(sort, 'sort') ?? [], MAPPINGS);
  assert.not.throws(check(['year', '_score', '_doc', 'title.keyword']));
  assert.not.throws(check({ other: { unmapped_type: 'long' } }));
  assertFault(
    check('title'),
    'BAD_REQUEST',
    'field [title] of type [text] cannot be sorted by, use a keyword field such as [title.keyword]',
  );
  assertFault(check('other'), 'BAD_REQUEST', 'no mapping found for [other] in order to sort on');
});

test.run();

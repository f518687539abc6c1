import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileQuery } from '../../../src/search/request/compile-query.ts';
import { parseQuery } from '../../../src/search/request/parse-query.ts';
import { assertFault } from '../faults.ts';
import { compile, DAY, MAPPINGS, NONE, NOW_MS } from './bound-queries.ts';

const test = suite('search/request/compile-query');

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

test('patterns, compounds and names are taken over', () => {
  const table: readonly (readonly [unknown, unknown])[] = [
    [{ prefix: { tag: 'a' } }, { kind: 'prefix', field: 'tag', value: 'a' }],
    [
      { wildcard: { title: { wildcard: 'a*', case_insensitive: true } } },
      { kind: 'wildcard', field: 'title', pattern: 'a*', caseInsensitive: true },
    ],
    [
      { regexp: { tag: { value: 'a.c', max_determinized_states: 99, boost: 2 } } },
      { kind: 'regexp', field: 'tag', pattern: 'a.c', maxStates: 99, boost: 2 },
    ],
    [{ fuzzy: { tag: { value: 'a', fuzziness: 1 } } }, { kind: 'fuzzy', field: 'tag', value: 'a', fuzziness: 1 }],
    [
      { term: { tag: { value: 'A', case_insensitive: true, _name: 'one' } } },
      { kind: 'term', field: 'tag', value: 'A', caseInsensitive: true, name: 'one' },
    ],
    [
      { boosting: { positive: { match_all: {} }, negative: { term: { tag: 'x' } }, negative_boost: 0.2 } },
      {
        kind: 'boosting',
        positive: { kind: 'matchAll' },
        negative: { kind: 'term', field: 'tag', value: 'x' },
        negativeBoost: 0.2,
      },
    ],
    [
      {
        function_score: {
          query: { match_all: { _name: 'all' } },
          functions: [
            { filter: { term: { tag: 'x' } }, weight: 2 },
            { field_value_factor: { field: 'year', factor: 0.5, modifier: 'log1p', missing: 1 } },
            { gauss: { at: { scale: '10d', offset: '1d', decay: 0.3 } }, weight: 3 },
            { exp: { price: { origin: '1.5', scale: 2 }, multi_value_mode: 'avg' } },
            { random_score: { seed: 7 } },
            { random_score: {} },
            { linear: { unknown: { origin: 1, scale: 1 } } },
          ],
          score_mode: 'sum',
          boost_mode: 'replace',
          max_boost: 9,
          min_score: 0.1,
          _name: 'whole',
        },
      },
      {
        kind: 'functionScore',
        query: { kind: 'matchAll', name: 'all' },
        functions: [
          { kind: 'weight', filter: { kind: 'term', field: 'tag', value: 'x' }, weight: 2 },
          { kind: 'fieldValueFactor', field: 'year', factor: 0.5, modifier: 'log1p', missing: 1 },
          {
            kind: 'decay',
            shape: 'gauss',
            field: 'at',
            origin: NOW_MS,
            scale: 864_000_000,
            offset: 86_400_000,
            decay: 0.3,
            weight: 3,
          },
          { kind: 'decay', shape: 'exp', field: 'price', origin: 1.5, scale: 2, multiValueMode: 'avg' },
          { kind: 'random', seed: 7 },
          { kind: 'random', seed: NOW_MS },
          { kind: 'decay', shape: 'linear', field: 'unknown', origin: 0, scale: 1 },
        ],
        scoreMode: 'sum',
        boostMode: 'replace',
        maxBoost: 9,
        minScore: 0.1,
        name: 'whole',
      },
    ],
  ];
  for (const [query, expected] of table) assert.equal(compile(query), expected, JSON.stringify(query));
});

test('dates are sums, in a zone and a format', () => {
  const bounds = (range: unknown): unknown => Reflect.get(compile({ range: { at: range } }), 'bounds');
  const noon = Date.UTC(2024, 4, 15);
  assert.equal(bounds({ gte: 'now-1d/d', lt: 'now' }), { gte: noon - 86_400_000, lt: NOW_MS });
  assert.equal(bounds({ gt: 'now/d', lte: 'now/d' }), { gt: noon + 86_399_999, lte: noon + 86_399_999 });
  assert.equal(bounds({ gte: '2024-01-31||+1M/d' }), { gte: Date.UTC(2024, 1, 29) });
  assert.equal(bounds({ gte: '15/05/2024', format: 'dd/MM/yyyy||yyyy' }), { gte: noon });
  assert.equal(bounds({ gte: '2024-05-15', time_zone: '+02:00' }), { gte: noon - 7_200_000 });
  assert.equal(bounds({ gte: 1000, time_zone: '+02:00' }), { gte: 1000 });
});

test('a field of a function must be mapped in the whole index, but not on every shard', () => {
  const node = parseQuery({ function_score: { field_value_factor: { field: 'nowhere' } } }, 'query');
  assert.not.throws(() => compileQuery(node, MAPPINGS));
  assertFault(
    () => compileQuery(node, MAPPINGS, { isWhole: true }),
    'BAD_REQUEST',
    'unable to find a field mapper for field [nowhere]',
  );
});

test('a date that needs to know the time is refused where nobody says it', () => {
  const node = parseQuery({ range: { at: { gte: 'now' } } }, 'query');
  assertFault(() => compileQuery(node, MAPPINGS), 'BAD_REQUEST', '[now]: the request does not say what now is');
});

test('a value of another type says field, type and value', () => {
  const table: readonly (readonly [unknown, string])[] = [
    [{ term: { year: 'abc' } }, 'field [year] of type [integer] cannot be compared with ["abc"]'],
    [{ match: { price: 'cheap' } }, 'field [price] of type [double] cannot be compared with ["cheap"]'],
    [{ terms: { open: [true, 'maybe'] } }, 'field [open] of type [boolean] cannot be compared with ["maybe"]'],
    [{ range: { at: { gte: 'now-1x' } } }, 'field [at] of type [date] cannot be compared with ["now-1x"]'],
    [
      { range: { at: { gte: '2024-05-06||+' } } },
      'field [at] of type [date] cannot be compared with ["2024-05-06||+"]',
    ],
    [{ range: { year: { gte: 'now' } } }, 'field [year] of type [integer] cannot be compared with ["now"]'],
    [{ range: { year: { gte: 1, format: 'yyyy' } } }, 'field [year] of type [integer] does not support a format'],
    [{ range: { at: { gte: 1, time_zone: 'Mars' } } }, 'unknown time zone [Mars]'],
    [{ range: { at: { gte: 1, format: 'yyyy-QQ' } } }, 'unknown date format [yyyy-QQ]'],
    [{ prefix: { year: '1' } }, 'field [year] of type [integer] does not support prefix queries'],
    [{ wildcard: { at: '1*' } }, 'field [at] of type [date] does not support wildcard queries'],
    [{ regexp: { open: 't.*' } }, 'field [open] of type [boolean] does not support regexp queries'],
    [{ fuzzy: { price: '1' } }, 'field [price] of type [double] does not support fuzzy queries'],
    [
      { match: { year: { query: '1', fuzziness: 1 } } },
      'field [year] of type [integer] does not support fuzzy queries',
    ],
    [{ match_phrase_prefix: { tag: 're' } }, 'field [tag] of type [keyword] does not support phrase prefix queries'],
    [
      { term: { year: { value: 1, case_insensitive: true } } },
      'field [year] of type [integer] does not support case insensitive queries',
    ],
    [
      { function_score: { field_value_factor: { field: 'tag' } } },
      'field [tag] of type [keyword] does not support function score queries',
    ],
    [{ function_score: { gauss: { year: { scale: 1 } } } }, 'decay of field [year]: [origin] is missing'],
    [
      { function_score: { gauss: { year: { origin: 1, scale: '1d' } } } },
      'decay of field [year]: expected a number of at least 0, got "1d"',
    ],
    [
      { function_score: { gauss: { at: { scale: 'soon' } } } },
      'decay of field [at]: expected a duration such as "10d", got "soon"',
    ],
    [{ function_score: { gauss: { at: { scale: 0 } } } }, 'decay of field [at]: [scale] must be more than 0, got [0]'],
    [{ range: { at: { gte: true } } }, 'field [at] of type [date] cannot be compared with [true]'],
    [{ range: { open: { gte: true } } }, 'field [open] of type [boolean] does not support range queries'],
    [
      { multi_match: { query: 'x', fields: ['y*', 'year'] } },
      'field [year] of type [integer] cannot be compared with ["x"]',
    ],
  ];
  for (const [query, message] of table) assertFault(() => compile(query), 'BAD_REQUEST', message);
});

test.run();

/** Sort keys and values bound to the fields of an index, and patterns that the root spells out. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseMappings } from '../../../src/search/parse-mappings.ts';
import { bindRequest } from '../../../src/search/request/bind-request.ts';
import { parseSearch } from '../../../src/search/request/search-request.ts';
import { bindSearchAfter, bindSort, parseSort } from '../../../src/search/request/sort.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/bind-request');

const MAPPINGS = parseMappings(
  {
    properties: {
      title: { type: 'text', fields: { keyword: { type: 'keyword' } } },
      tag: { type: 'keyword' },
      year: { type: 'integer' },
      at: { type: 'date' },
    },
  },
  'mappings',
);
const NOW_MS = Date.UTC(2024, 4, 15);
const DAY = Date.UTC(2024, 4, 6);

test('sort keys are bound to the mappings', () => {
  const check = (sort: unknown) => () => bindSort(parseSort(sort, 'sort') ?? [], { mappings: MAPPINGS });
  assert.not.throws(check(['year', '_score', '_doc', 'title.keyword']));
  assert.not.throws(check({ other: { unmapped_type: 'long' } }));
  assertFault(
    check('title'),
    'BAD_REQUEST',
    'field [title] of type [text] cannot be sorted by, use a keyword field such as [title.keyword]',
  );
  assertFault(check('other'), 'BAD_REQUEST', 'no mapping found for [other] in order to sort on');
});

test('values of sorts become values of their fields', () => {
  const binding = { mappings: MAPPINGS, nowMs: NOW_MS };
  const sort = parseSort([{ at: { missing: '2024-05-06' } }, { tag: { missing: '_first' } }, '_score'], 'sort') ?? [];
  assert.equal(
    bindSort(sort, binding).map(({ missing }) => missing),
    [DAY, '_first', undefined],
  );
  assert.equal(bindSearchAfter(['2024-05-06', null, 1.5], sort, binding), [DAY, null, 1.5]);
  assert.equal(bindSearchAfter([5, 'a', 1.5], sort, binding), [5, 'a', 1.5]);
  assertFault(
    () => bindSearchAfter([5, 'a', null], sort, binding),
    'BAD_REQUEST',
    'search_after of [_score] must be a number, got null',
  );
  assertFault(
    () => bindSort(parseSort({ year: { missing: 'x' } }, 'sort') ?? [], binding),
    'BAD_REQUEST',
    'field [year] of type [integer] cannot be compared with ["x"]',
  );
  assertFault(
    () => bindSort(parseSort({ tag: { mode: 'avg' } }, 'sort') ?? [], binding),
    'BAD_REQUEST',
    'field [tag] of type [keyword] cannot be sorted by [avg], only by [min] or [max]',
  );
});

test('patterns of cross fields are spelt out where statistics of the whole index count', () => {
  const query = {
    bool: { must: { multi_match: { query: '7', type: 'cross_fields', fields: ['t*^2', 'year', 'title'] } } },
  };
  const bound = (more: object): unknown => {
    const { query: node } = bindRequest(parseSearch({ query, ...more }), { mappings: MAPPINGS });
    return node.kind === 'bool' && node.must[0]?.kind === 'multiMatch' ? node.must[0].fields : undefined;
  };
  const given = [{ pattern: 't*', boost: 2 }, { pattern: 'year' }, { pattern: 'title' }];
  assert.equal(bound({}), given);
  assert.equal(bound({ search_type: 'dfs_query_then_fetch' }), [
    ...given,
    { pattern: 'tag' },
    { pattern: 'title.keyword' },
  ]);
});

test('queries and filters are checked against the mappings', () => {
  const bind = (body: unknown) => () => bindRequest(parseSearch(body), { mappings: MAPPINGS, isWhole: true });
  const message = 'field [year] of type [integer] cannot be compared with ["x"]';
  assertFault(bind({ query: { term: { year: 'x' } } }), 'BAD_REQUEST', message);
  assertFault(bind({ post_filter: { term: { year: 'x' } } }), 'BAD_REQUEST', message);
});

test.run();

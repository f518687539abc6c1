import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCount, parseSearch } from '../../../src/search/request/search-request.ts';
import { assertFault } from '../faults.ts';

const test = suite('search/request/search-request');

const DEFAULTS = {
  query: { kind: 'matchAll' },
  from: 0,
  size: 10,
  source: { enabled: true },
  trackTotalHits: 10_000,
  trackScores: false,
  searchType: 'query_then_fetch',
};
const HIGHLIGHT = {
  preTag: '<em>',
  postTag: '</em>',
  fragmentSize: 100,
  numberOfFragments: 5,
  requireFieldMatch: true,
};

test('an empty body searches for everything', () => {
  assert.equal(parseSearch({}), DEFAULTS);
  assert.equal(parseSearch(undefined), DEFAULTS);
  assert.equal(parseCount(undefined), { query: { kind: 'matchAll' } });
});

test('every option is read', () => {
  const table: readonly (readonly [Record<string, unknown>, Record<string, unknown>])[] = [
    [
      { from: '5', size: 0 },
      { from: 5, size: 0 },
    ],
    [{ sort: 'year' }, { sort: [{ field: 'year', order: 'asc' }] }],
    [{ sort: ['_score'] }, {}],
    [
      { sort: ['_score', '_doc'] },
      {
        sort: [
          { field: '_score', order: 'desc' },
          { field: '_doc', order: 'asc' },
        ],
      },
    ],
    [{ sort: { year: 'DESC' } }, { sort: [{ field: 'year', order: 'desc' }] }],
    [
      { sort: [{ year: { order: 'desc', missing: '_first', unmapped_type: 'long' } }] },
      { sort: [{ field: 'year', order: 'desc', missing: '_first', unmapped: 'missing' }] },
    ],
    [{ sort: [] }, {}],
    [{ _source: ['a', 'b.*'] }, { source: { enabled: true, includes: ['a', 'b.*'] } }],
    [{ _source: false }, { source: { enabled: false } }],
    [{ highlight: { fields: { title: {} } } }, { highlight: [{ ...HIGHLIGHT, pattern: 'title' }] }],
    [
      {
        highlight: {
          pre_tags: ['<b>'],
          post_tags: '</b>',
          fields: [{ title: { number_of_fragments: 0 } }, { '*': { fragment_size: 20, require_field_match: false } }],
        },
      },
      {
        highlight: [
          { ...HIGHLIGHT, pattern: 'title', preTag: '<b>', postTag: '</b>', numberOfFragments: 0 },
          { ...HIGHLIGHT, pattern: '*', preTag: '<b>', postTag: '</b>', fragmentSize: 20, requireFieldMatch: false },
        ],
      },
    ],
    [{ track_total_hits: false }, { trackTotalHits: false }],
    [{ track_total_hits: true }, { trackTotalHits: true }],
    [{ track_total_hits: 100 }, { trackTotalHits: 100 }],
    [
      { search_type: 'dfs_query_then_fetch', track_scores: true },
      { searchType: 'dfs_query_then_fetch', trackScores: true },
    ],
    [{ min_score: 0.5 }, { minScore: 0.5 }],
    [{ timeout: '500ms' }, { timeoutMs: 500 }],
    [{ timeout: '1.5s' }, { timeoutMs: 1500 }],
    [{ timeout: 20 }, { timeoutMs: 20 }],
    [{ timeout: -1 }, {}],
    [{ timeout: '-1' }, {}],
    [{ timeout: '0' }, { timeoutMs: 0 }],
    [{ timeout: 0 }, { timeoutMs: 0 }],
    [{ timeout: '1nanos' }, { timeoutMs: 1 }],
    [{ after: { 0: 12, 11: 3 } }, { after: { 0: 12, 11: 3 } }],
    [{ allow_partial_search_results: false }, { allowPartialResults: false }],
    [{ routing: 'a,b' }, { routing: ['a', 'b'] }],
    [
      { explain: true, version: true },
      { explain: true, showsVersion: true },
    ],
    [
      { seq_no_primary_term: true, profile: true },
      { showsSeqNo: true, profile: true },
    ],
    [{ post_filter: { match_all: {} } }, { postFilter: { kind: 'matchAll' } }],
    [{ search_after: [1.5] }, { searchAfter: [1.5] }],
    [
      { sort: ['year', '_doc'], search_after: [null, 7] },
      {
        sort: [
          { field: 'year', order: 'asc' },
          { field: '_doc', order: 'asc' },
        ],
        searchAfter: [null, 7],
      },
    ],
    [
      { sort: { year: { missing: 0, mode: 'avg' } } },
      { sort: [{ field: 'year', order: 'asc', missing: 0, mode: 'avg' }] },
    ],
  ];
  for (const [body, expected] of table)
    assert.equal(parseSearch(body), { ...DEFAULTS, ...expected }, JSON.stringify(body));
});

test('a wrong body says where and what', () => {
  const table: readonly (readonly [unknown, string | RegExp])[] = [
    [[], 'body: expected an object, got a list'],
    [{ qeury: {} }, 'body: unknown key [qeury], did you mean [query]?'],
    [{ knn: {} }, 'body: key [knn] is not supported by this version'],
    [{ search_after: 5 }, 'search_after: expected a list of sort values, got 5'],
    [{ search_after: [1, 2] }, 'search_after: has 2 value(s) but sort has 1'],
    [{ search_after: [{}] }, 'search_after[0]: expected a sort value or null, got an object'],
    [{ search_after: [1], from: 1 }, 'from: must be 0 when [search_after] is used'],
    [{ post_filter: { mtch: {} } }, 'post_filter: unknown query [mtch], did you mean [match]?'],
    [{ profile: 'yes' }, 'profile: expected true or false, got "yes"'],
    [{ size: -1 }, 'size: expected an integer of at least 0, got -1'],
    [{ size: 1.5 }, 'size: expected an integer of at least 0, got 1.5'],
    [{ from: 'x' }, 'from: expected an integer of at least 0, got "x"'],
    [{ sort: 5 }, 'sort: expected a field name or {field: order}, got 5'],
    [{ sort: [{ year: 'up' }] }, 'sort[0].year: expected one of [asc, desc], got "up"'],
    [
      { sort: [{ year: { order: 'asc', missing: [] } }] },
      'sort[0].year.missing: expected a string, a number or a boolean, got a list',
    ],
    [{ sort: [{ year: { mode: 'mean' } }] }, /^sort\[0\]\.year\.mode: expected one of \[min, max, sum, avg, median\]/],
    [{ sort: [{ year: { ordre: 'asc' } }] }, 'sort[0].year: unknown key [ordre], did you mean [order]?'],
    [{ sort: [{ _score: { missing: '_last' } }] }, /^sort\[0\]\._score: unknown key \[missing\]/],
    [{ sort: ['_id'] }, 'sort[0]: sorting by [_id] is not supported by this version'],
    [{ highlight: {} }, 'highlight.fields: expected an object of field names, got nothing'],
    [
      { highlight: { fields: { a: { frgment_size: 1 } } } },
      'highlight.fields.a: unknown key [frgment_size], did you mean [fragment_size]?',
    ],
    [{ highlight: { fields: { a: { pre_tags: [] } } } }, 'highlight.fields.a.pre_tags[0]: expected a tag, got nothing'],
    [{ search_type: 'dfs' }, /^search_type: expected one of \[query_then_fetch, dfs_query_then_fetch\], got "dfs"/],
    [{ track_total_hits: {} }, 'track_total_hits: expected true, false or an integer, got an object'],
    [
      { timeout: '5 parsecs' },
      'timeout: expected a duration such as "500ms" or "2s", or milliseconds, got "5 parsecs"',
    ],
    [{ timeout: -5 }, /^timeout: expected a duration/],
    [{ after: { x: 1 } }, 'after.x: expected a shard number as key, got "x"'],
    [{ after: { 0: -1 } }, 'after.0: expected an integer of at least 0, got -1'],
    [{ after: 5 }, /^after: expected the token of a write/],
    [{ routing: [] }, /^routing: expected 1 to 1024 routing keys/],
    [{ min_score: 'high' }, 'min_score: expected a number, got "high"'],
    [{ _source: { includes: 5 } }, '_source.includes: expected a field name or pattern, got 5'],
  ];
  for (const [body, message] of table) assertFault(() => parseSearch(body), 'PARSING_FAILED', message);
  assertFault(() => parseCount({ size: 1 }), 'PARSING_FAILED', /^body: unknown key \[size\]/);
  // Also where no date is sought.
  for (const query of [
    { query_string: { query: 'sea', time_zone: 'Mars' } },
    { range: { year: { time_zone: 'Mars' } } },
  ])
    assertFault(() => parseSearch({ query }), 'BAD_REQUEST', 'unknown time zone [Mars]');
});

test('a page beyond the window is refused', () => {
  assertFault(
    () => parseSearch({ from: 9_995, size: 6 }),
    'BAD_REQUEST',
    'result window is too large, from + size must be less than or equal to: [10000] but was [10001]',
  );
  assert.is(parseSearch({ from: 9_995, size: 5 }).size, 5);
});

test.run();

/** `search`, `count` and `msearch` over a sharded index: Elasticsearch's answers, in JSON and MessagePack alike. */
import * as assert from 'uvu/assert';
import { failureOf } from '../support/failure.ts';
import { assertNoErrorReported, clusterSuite } from './support/cluster-suite.ts';
import { asList, at, sortedJson } from './support/expect.ts';

const BOOKS: readonly Readonly<Record<string, unknown>>[] = [
  {
    title: 'Moby Dick',
    text: 'a whale and a captain at sea',
    author: 'Melville',
    year: 1851,
    price: 12.5,
    open: true,
    at: '2024-01-01',
  },
  {
    title: 'Typee',
    text: 'an island in the south sea',
    author: 'Melville',
    year: 1846,
    price: 9,
    open: false,
    at: '2024-02-01',
  },
  {
    title: 'Omoo',
    text: 'sailors on the south sea sea',
    author: 'Melville',
    year: 1847,
    price: 8,
    open: false,
    at: '2024-03-01',
  },
  {
    title: 'Walden',
    text: 'a pond in the woods',
    author: 'Thoreau',
    year: 1854,
    price: 10,
    open: true,
    at: '2024-04-01',
  },
  {
    title: 'Cape Cod',
    text: 'the sea and its shore',
    author: 'Thoreau',
    year: 1865,
    price: 7.25,
    open: true,
    at: '2024-05-01',
  },
  {
    title: 'The Sea-Wolf',
    text: 'a captain and his schooner',
    author: 'London',
    year: 1904,
    price: 11,
    open: false,
    at: '2024-06-01',
  },
  { title: 'White Fang', text: 'a wolf of the north', author: 'London', year: 1906, price: 6 },
];
const MAPPINGS = {
  properties: {
    title: { type: 'text', fields: { raw: { type: 'keyword' } } },
    text: { type: 'text' },
    author: { type: 'keyword' },
    year: { type: 'long' },
    price: { type: 'double' },
    open: { type: 'boolean' },
    at: { type: 'date' },
  },
};

const test = clusterSuite('client/search', { leaves: 2 }, async ({ client }) => {
  await client.request('index-create', 'books', { settings: { shards: 2, replicas: 1 }, mappings: MAPPINGS });
  const answer = await client.bulk(
    'books',
    BOOKS.flatMap((book, number) => [{ index: { _id: String(number) } }, book]),
  );
  assert.is(answer.errors, false);
  // every copy has seen all before the first test
  for (let copy = 0; copy < 4; copy++) await client.search('books', { after: answer.token });
});

test('an answer has the fields of Elasticsearch, and those only', async ({ client }) => {
  const answer = await client.search('books', { query: { match: { text: 'whale' } } });
  const { took, ...rest } = answer;
  assert.ok(Number.isInteger(took) && took >= 0);
  const score = answer.hits.max_score;
  assert.type(score, 'number');
  assert.equal(rest, {
    timed_out: false,
    _shards: { total: 2, successful: 2, skipped: 0, failed: 0 },
    hits: {
      total: { value: 1, relation: 'eq' },
      max_score: score,
      hits: [{ _index: 'books', _id: '0', _score: score, _source: BOOKS[0] }],
    },
  });
  const none = await client.search('books', { query: { match: { text: 'nothing' } } });
  assert.equal(none.hits, { total: { value: 0, relation: 'eq' }, max_score: null, hits: [] });
});

const FOUND: readonly (readonly [what: string, query: unknown, ids: readonly string[]])[] = [
  ['match, any word', { match: { text: 'whale pond' } }, ['0', '3']],
  ['match, every word', { match: { text: { query: 'captain sea', operator: 'and' } } }, ['0']],
  ['match, two of three', { match: { text: { query: 'south island captain', minimum_should_match: 2 } } }, ['1']],
  ['multi_match', { multi_match: { query: 'wolf', fields: ['title', 'text'] } }, ['5', '6']],
  ['term of a keyword', { term: { author: 'Thoreau' } }, ['3', '4']],
  ['term of a sub-field', { term: { 'title.raw': 'Cape Cod' } }, ['4']],
  ['term of a number', { term: { year: 1904 } }, ['5']],
  ['term of a boolean', { term: { open: false } }, ['1', '2', '5']],
  ['terms', { terms: { author: ['London', 'Thoreau'] } }, ['3', '4', '5', '6']],
  ['range of long', { range: { year: { gt: 1850, lte: 1865 } } }, ['0', '3', '4']],
  ['range of double', { range: { price: { gte: 7.25, lt: 9 } } }, ['2', '4']],
  ['range of date', { range: { at: { gte: '2024-03', lt: '2024-05-01' } } }, ['2', '3']],
  ['exists', { bool: { must_not: [{ exists: { field: 'at' } }] } }, ['6']],
  ['ids', { ids: { values: ['2', '5', 'nobody'] } }, ['2', '5']],
  ['match_all', { match_all: {} }, ['0', '1', '2', '3', '4', '5', '6']],
  [
    'bool',
    {
      bool: {
        must: [{ match: { text: 'sea' } }],
        filter: [{ term: { author: 'Melville' } }],
        must_not: [{ term: { year: 1847 } }],
        should: [{ term: { open: true } }],
      },
    },
    ['0', '1'],
  ],
];

for (const [what, query, ids] of FOUND) {
  test(`${what} finds what it should, counts it, and says the same in JSON and MessagePack`, async ({
    client,
    bare,
  }) => {
    const body = { query, search_type: 'dfs_query_then_fetch', size: 20 };
    const found = await client.search('books', body);
    assert.equal(found.hits.hits.map(({ _id }) => _id).toSorted(), ids);
    assert.equal(found.hits.total, { value: ids.length, relation: 'eq' });
    assert.is(at(await client.request('count', 'books', { query }), 'count'), ids.length);
    for (const encoding of ['json', 'msgpack'] as const) {
      const answer = await bare.ask('coppice.api.search.books', body, encoding);
      assert.is(sortedJson(at(answer.body, 'hits')), sortedJson(found.hits), encoding);
    }
  });
}

test('pages follow one another without gaps, sorted or not', async ({ client }) => {
  for (const sort of [
    undefined,
    [{ author: 'asc' }, { year: 'desc' }],
    ['_score'],
    [{ at: { order: 'asc', missing: '_first' } }],
  ]) {
    const body = { query: { match: { text: 'a the sea' } }, ...(sort === undefined ? {} : { sort }) };
    const whole = await client.search('books', { ...body, size: 20 });
    const paged: unknown[] = [];
    for (let from = 0; from < 8; from += 2)
      paged.push(...(await client.search('books', { ...body, from, size: 2 })).hits.hits);
    assert.equal(paged, whole.hits.hits);
  }
});

test('hits are sorted by values, which each of them shows', async ({ client }) => {
  const body = { sort: [{ author: 'asc' }, { price: 'desc' }], _source: false };
  const { hits } = await client.search('books', body);
  assert.equal(
    hits.hits.map(({ _id, sort }) => [_id, ...(sort ?? [])]),
    [
      ['5', 'London', 11],
      ['6', 'London', 6],
      ['0', 'Melville', 12.5],
      ['1', 'Melville', 9],
      ['2', 'Melville', 8],
      ['3', 'Thoreau', 10],
      ['4', 'Thoreau', 7.25],
    ],
  );
  assert.is(hits.max_score, null);
  assert.ok(hits.hits.every((hit) => hit._score === null && !('_source' in hit)));
  const first = await client.search('books', { sort: [{ at: { order: 'asc', missing: '_first' } }], size: 1 });
  assert.equal([first.hits.hits[0]?._id, first.hits.hits[0]?.sort], ['6', [null]]);
});

test('sources are filtered and words marked, on small pages and on large ones', async ({ client }) => {
  for (const size of [10, 200]) {
    const body = {
      query: { match: { text: 'whale' } },
      size,
      _source: { includes: ['t*', 'year'], excludes: ['title'] },
      highlight: { fields: { text: {} }, pre_tags: ['['], post_tags: [']'] },
    };
    const [hit] = (await client.search('books', body)).hits.hits;
    assert.equal(hit?._source, { text: BOOKS[0]?.['text'], year: 1851 });
    assert.equal(hit?.highlight, { text: ['a [whale] and a captain at sea'] });
  }
});

test('totals can be left out or bounded, and low scores cut off', async ({ client }) => {
  assert.is((await client.search('books', { track_total_hits: false })).hits.total, undefined);
  assert.equal((await client.search('books', { track_total_hits: 3 })).hits.total, { value: 3, relation: 'gte' });
  const query = { match: { text: 'sea' } };
  const dfs = { search_type: 'dfs_query_then_fetch' };
  const all = (await client.search('books', { query, ...dfs })).hits;
  const min_score = all.hits[1]?._score ?? 0;
  const kept = (await client.search('books', { query, min_score, ...dfs })).hits;
  assert.equal(
    kept.hits,
    all.hits.filter(({ _score }) => (_score ?? 0) >= min_score),
  );
  assert.is(kept.total?.value, kept.hits.length);
  assert.equal((await client.search('books', { size: 0 })).hits, {
    total: { value: BOOKS.length, relation: 'eq' },
    max_score: null,
    hits: [],
  });
});

test('several searches are answered in order, each with a status of its own', async ({ client }) => {
  const searches = [
    { index: 'books' },
    { query: { ids: { values: ['1'] } } },
    { index: 'nowhere' },
    {},
    { index: 'books' },
    { query: { mach: {} } },
  ];
  const responses = asList(at(await client.request('msearch', '_', { searches }), 'responses'));
  assert.equal(
    responses.map((response) => at(response, 'status')),
    [200, 404, 400],
  );
  assert.is(at(responses[0], 'hits.hits.0._id'), '1');
  assert.is(at(responses[1], 'error.type'), 'index_not_found_exception');
  const ofOne = await client.request('msearch', 'books', { searches: [{}, { size: 1 }] });
  assert.is(asList(at(ofOne, 'responses.0.hits.hits')).length, 1);
  assert.is(
    (await failureOf(client.request('msearch', 'books', { searches: [{ index: 'other' }, {}] }))).code,
    'BAD_REQUEST',
  );
});

test('what a shard has not seen in time is missing, and said to be', async ({ client }) => {
  const after = { 0: 10_000_000 };
  const partial = await client.search('books', { after, timeout: '150ms' });
  assert.is(partial.timed_out, true);
  const { total, successful, failed, failures } = partial._shards;
  assert.equal([total, successful, failed, failures?.[0]?.shard, failures?.[0]?.status], [2, 1, 1, 0, 504]);
  assert.is(partial.hits.total?.relation, 'gte');
  const whole = await failureOf(
    client.search('books', { after, timeout: '150ms', allow_partial_search_results: false }),
  );
  assert.equal([whole.code, whole.status], ['SEARCH_INCOMPLETE', 503]);
  const got = await failureOf(client.request('get', 'books', { id: '0', after: { 0: 1e7, 1: 1e7 }, timeout: '150ms' }));
  assert.equal([got.code, got.status], ['DEADLINE_EXCEEDED', 504]);
});

test('a search with hardly any time answers with what it has', async ({ client }) => {
  for (const timeout of [0, 1, '1nanos', '-1']) {
    const { _shards, timed_out } = await client.search('books', { timeout, query: { match: { text: 'sea' } } });
    assert.equal([_shards.successful, _shards.failed, typeof timed_out], [2, 0, 'boolean'], String(timeout));
  }
});

test('a token of a shard that the index does not have is refused', async ({ client }) => {
  for (const [action, body] of [
    ['search', {}],
    ['count', {}],
    ['get', { id: '0' }],
  ] as const) {
    const error = await failureOf(client.request(action, 'books', { ...body, after: { 0: 0, 2: 1 } }));
    assert.equal(
      [error.code, error.message],
      ['BAD_REQUEST', 'after names shard [2], which `books` does not have'],
      action,
    );
  }
});

test('a bare client that names a deadline hears by then what is known', async ({ bare }) => {
  const body = { after: { 0: 10_000_000 } };
  const options = { headers: { 'Coppice-Deadline-Ms': '300' }, timeoutMs: 2_000 };
  const answer = await bare.ask('coppice.api.search.books', body, 'json', options);
  assert.equal([answer.status, at(answer.body, 'timed_out'), at(answer.body, '_shards.failed')], [200, true, 1]);
});

test('an empty message searches for everything', async ({ bare }) => {
  const answer = await bare.send('coppice.api.search.books', new Uint8Array(0));
  assert.is(at(answer.body, 'hits.total.value'), BOOKS.length);
  assert.is(answer.encoding, 'json');
});

test('nothing of all that was reported as a fault', ({ reports }) => {
  assertNoErrorReported(reports);
});

test.run();

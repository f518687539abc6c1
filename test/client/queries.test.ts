/** The kinds of query, over a sharded index: what they find, how they are explained, and pages by `search_after`. */
import * as assert from 'uvu/assert';
import { failureOf } from '../support/failure.ts';
import { assertNoErrorReported, clusterSuite } from './support/cluster-suite.ts';
import { asList, asRecord, at } from './support/expect.ts';

const BOOKS: readonly Readonly<Record<string, unknown>>[] = [
  { title: 'Moby Dick', text: 'a whale and a captain at sea', tag: 'red', year: 1851, at: '2024-01-01' },
  { title: 'Typee', text: 'an island in the south sea', tag: 'Red', year: 1846, at: '2024-02-01' },
  { title: 'Omoo', text: 'sailors on the south sea sea', tag: 'blue', year: 1847, at: '2024-03-01' },
  { title: 'Walden', text: 'a pond in the woods', tag: 'green', year: 1854, at: '2024-04-01' },
  { title: 'Cape Cod', text: 'the sea and its shore', tag: 'green', year: 1865, at: '2024-05-01' },
  { title: 'The Sea-Wolf', text: 'a captain and his schooner', tag: ['red', 'blue'], year: 1904, at: '2024-06-01' },
  { title: 'White Fang', text: 'a wolf of the north', tag: '\u{1f43a}', year: 1906 },
  { title: 'Far', text: 'whales whaling', tag: '\uff5e' },
];
const MAPPINGS = {
  properties: {
    title: { type: 'text' },
    text: { type: 'text' },
    tag: { type: 'keyword' },
    year: { type: 'long' },
    at: { type: 'date' },
  },
};

const test = clusterSuite('client/queries', { leaves: 2 }, async ({ client }) => {
  await client.request('index-create', 'books', { settings: { shards: 3, replicas: 1 }, mappings: MAPPINGS });
  const operations = BOOKS.flatMap((book, number) => [{ index: { _id: String(number) } }, book]);
  const answer = await client.bulk('books', operations);
  assert.is(answer.errors, false);
  // every copy has seen all before the first test
  for (let copy = 0; copy < 6; copy++) await client.search('books', { after: answer.token });
});

const FOUND: readonly (readonly [what: string, query: unknown, ids: readonly string[]])[] = [
  ['fuzziness', { match: { text: { query: 'captian', fuzziness: 'AUTO' } } }, ['0', '5']],
  ['fuzziness that wants the first letters', { match: { text: { query: 'xea', fuzziness: 1, prefix_length: 1 } } }, []],
  ['a phrase', { match_phrase: { text: 'south sea' } }, ['1', '2']],
  ['a phrase with slop', { match_phrase: { text: { query: 'sea shore', slop: 2 } } }, ['4']],
  ['the prefix of a phrase', { match_phrase_prefix: { text: 'the so' } }, ['1', '2']],
  ['words of which the last is unfinished', { match_bool_prefix: { text: 'pond scho' } }, ['3', '5']],
  [
    'words over fields',
    { multi_match: { query: 'wolf captain', type: 'cross_fields', operator: 'and', fields: ['title', 'text'] } },
    ['5'],
  ],
  ['a phrase in any field', { multi_match: { query: 'white fang', type: 'phrase', fields: ['t*'] } }, ['6']],
  ['a term in any case', { term: { tag: { value: 'RED', case_insensitive: true } } }, ['0', '1', '5']],
  ['a prefix', { prefix: { tag: 're' } }, ['0', '5']],
  ['a wildcard', { wildcard: { text: { value: 'wh?l*' } } }, ['0', '7']],
  ['a regular expression', { regexp: { tag: '(red|blue)' } }, ['0', '2', '5']],
  ['a misspelt term', { fuzzy: { tag: 'gren' } }, ['3', '4']],
  ['a sum of dates', { range: { at: { gte: '2024-01-01||+2M', lt: '2024-05-01||/M' } } }, ['2', '3']],
  ['dates before now', { range: { at: { lt: 'now' } } }, ['0', '1', '2', '3', '4', '5']],
  ['dates in a format', { range: { at: { gte: '01.05.2024', format: 'dd.MM.yyyy' } } }, ['4', '5']],
  [
    'what is not worth less',
    { boosting: { positive: { term: { tag: 'red' } }, negative: { match: { text: 'whale' } }, negative_boost: 0.1 } },
    ['0', '5'],
  ],
  [
    'scores above a bound',
    {
      function_score: {
        query: { exists: { field: 'year' } },
        field_value_factor: { field: 'year' },
        boost_mode: 'replace',
        min_score: 1860,
      },
    },
    ['4', '5', '6'],
  ],
  ['a query string', { query_string: { query: 'text:(sea AND "south sea") -year:>=1847 OR tag:gre*' } }, ['1']],
  [
    'a query string of ranges and fuzzy words',
    { query_string: { query: 'captian~ AND year:[1900 TO *]', default_field: 'text' } },
    ['5'],
  ],
];

for (const [what, query, ids] of FOUND) {
  test(`${what} finds what it should, and counts it`, async ({ client }) => {
    const found = await client.search('books', { query, search_type: 'dfs_query_then_fetch', size: 20 });
    assert.equal(found.hits.hits.map(({ _id }) => _id).toSorted(), ids);
    assert.is(at(await client.request('count', 'books', { query }), 'count'), ids.length);
  });
}

test('explanations add up to the score of a hit, by search and by id', async ({ client }) => {
  const query = { bool: { should: [{ match: { text: 'sea captain' } }, { match_phrase: { text: 'south sea' } }] } };
  for (const size of [5, 200]) {
    const body = { query, explain: true, search_type: 'dfs_query_then_fetch', size };
    const { hits } = (await client.search('books', body)).hits;
    assert.ok(hits.length >= 5);
    for (const hit of hits) {
      assert.is(at(hit, '_explanation.value'), hit._score);
      const own = await client.request('explain', 'books', { id: hit._id, query, search_type: 'dfs_query_then_fetch' });
      assert.equal(at(own, 'explanation'), at(hit, '_explanation'));
      assert.is(at(own, 'matched'), true);
    }
  }
});

test('a document that does not match is explained, one that is not there is not', async ({ client }) => {
  const query = { match: { text: 'whale' } };
  const other = asRecord(await client.request('explain', 'books', { id: '3', query }));
  assert.equal([other['_index'], other['_id'], other['matched']], ['books', '3', false]);
  assert.is(at(other, 'explanation.value'), 0);
  const none = await client.request('explain', 'books', { id: 'nobody', query });
  assert.equal(none, { _index: 'books', _id: 'nobody', matched: false });
  const wrong = await failureOf(client.request('explain', 'books', { id: '1', query: { term: { year: 'x' } } }));
  assert.equal([wrong.code, wrong.status], ['BAD_REQUEST', 400]);
});

test('hits name the queries that they match', async ({ client }) => {
  const query = {
    bool: {
      should: [
        { match: { text: { query: 'captain', _name: 'rank' } } },
        { term: { tag: { value: 'red', _name: 'colour' } } },
        { range: { year: { gt: 1900, _name: 'new' } } },
      ],
    },
  };
  const { hits } = (await client.search('books', { query, sort: ['year'] })).hits;
  assert.equal(
    hits.map(({ _id, matched_queries: names }) => [_id, ...(names ?? [])]),
    [
      ['0', 'rank', 'colour'],
      ['5', 'rank', 'colour', 'new'],
      ['6', 'new'],
    ],
  );
});

test('pages by search_after hold every hit once, whatever is missing', async ({ client }) => {
  for (const sort of [
    [{ tag: 'asc' }, '_doc'],
    [{ year: { order: 'desc', missing: '_first' } }, '_doc'],
    [{ at: { order: 'asc', missing: '2024-03-15' } }, { year: 'desc' }, '_doc'],
    ['_score', '_doc'],
  ]) {
    const body = { query: { bool: { must_not: { ids: { values: ['9'] } } } }, sort };
    const whole = (await client.search('books', { ...body, size: 20 })).hits.hits;
    assert.is(whole.length, BOOKS.length);
    const paged: unknown[] = [];
    for (let after: readonly unknown[] | undefined; paged.length <= BOOKS.length; ) {
      const page = (
        await client.search('books', { ...body, size: 3, ...(after === undefined ? {} : { search_after: after }) })
      ).hits;
      if (page.hits.length === 0) break;
      paged.push(...page.hits);
      after = page.hits.at(-1)?.sort;
    }
    assert.equal(paged, whole, JSON.stringify(sort));
  }
});

test('texts are sorted by code points over all shards', async ({ client }) => {
  const { hits } = (await client.search('books', { sort: [{ tag: { order: 'desc', mode: 'max' } }], size: 3 })).hits;
  assert.equal(
    hits.map(({ sort }) => sort?.[0]),
    ['\u{1f43a}', '\uff5e', 'red'],
  );
});

test('a filter afterwards restricts the hits', async ({ client }) => {
  const body = { query: { match: { text: 'sea' } }, post_filter: { term: { tag: 'blue' } } };
  assert.equal(
    (await client.search('books', body)).hits.hits.map(({ _id }) => _id),
    ['2'],
  );
});

test('versions and numbers of writes are shown on request', async ({ client }) => {
  const body = { query: { ids: { values: ['1'] } }, version: true, seq_no_primary_term: true };
  const [hit] = (await client.search('books', body)).hits.hits;
  assert.is(hit?._version, 1);
  assert.type(hit?._seq_no, 'number');
  assert.type(hit?._primary_term, 'number');
});

test('a profile names every part of every shard', async ({ client }) => {
  const { profile } = await client.search('books', { query: { match: { text: 'sea' } }, profile: true });
  const shards = asList(at(profile, 'shards'));
  assert.equal(
    shards.map((shard) => at(shard, 'id')),
    ['[books][0]', '[books][1]', '[books][2]'],
  );
  const parts = shards.flatMap((shard) => asList(at(shard, 'parts')));
  const docCount = parts.reduce((sum: number, part) => sum + Number(at(part, 'doc_count')), 0);
  assert.is(docCount, BOOKS.length);
  for (const part of parts) {
    assert.ok(['kernel', 'reference'].includes(String(at(part, 'evaluator'))));
    assert.ok(Number(at(part, 'time_ms')) >= 0);
  }
});

test('functions of chance give the same order for the same seed', async ({ client }) => {
  const order = async (seed: unknown): Promise<string> => {
    const query = { function_score: { random_score: { seed }, boost_mode: 'replace' } };
    return (await client.search('books', { query, size: 20 })).hits.hits.map(({ _id }) => _id).join();
  };
  assert.is(await order(7), await order(7));
  const orders = new Set(await Promise.all([1, 2, 3, 4].map(order)));
  assert.ok(orders.size > 1);
});

test('what is too costly is refused as the request’s own fault', async ({ client }) => {
  const query = { regexp: { text: { value: '(.*a.{20})*', max_determinized_states: 5 } } };
  const refused = await failureOf(client.search('books', { query }));
  assert.equal([refused.code, refused.status], ['LIMIT_EXCEEDED', 400]);
  assert.match(refused.message, /needs more than 5 states/);
});

test('nothing of all that was reported as a fault', ({ reports }) => {
  assertNoErrorReported(reports);
});

test.run();

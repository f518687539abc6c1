/** Documents and indices over the embedded client: Elasticsearch's answers field by field, versions, and own writes read. */
import * as assert from 'uvu/assert';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { assertNoErrorReported, clusterSuite } from './support/cluster-suite.ts';
import { asList, asRecord, at } from './support/expect.ts';

const SHARDS = 3;

const test = clusterSuite('client/documents', { leaves: 3 }, async ({ client }) => {
  await client.request('index-create', 'books', { settings: { shards: SHARDS, replicas: 1 } });
});

test('an update that asks for the source is answered with it', async ({ client }) => {
  await client.index('books', { id: 'shown', doc: { title: 'A', year: 1 } });
  const body = { id: 'shown', doc: { year: 2 }, _source: ['year'] };
  const answer = asRecord(await client.request('update', 'books', body));
  assert.is(answer['result'], 'updated');
  assert.equal(at(answer['get'], '_source'), { year: 2 });
  const plain = asRecord(await client.request('update', 'books', { ...body, _source: false }));
  assert.is('get' in plain, false);
});

test('a search index is no group to delete, nor a group an index', async ({ client }) => {
  const refused = await failureOf(client.request('group-delete', 'books'));
  assert.is(refused.code, 'BAD_REQUEST');
  assert.match(refused.message, 'index-delete');
  assert.is((await failureOf(client.request('group-delete', 'nothing'))).code, 'GROUP_NOT_FOUND');
});

test('a document is created, read, replaced, deleted and created again', async ({ client }) => {
  const created = await client.index('books', { id: 'moby', doc: { title: 'Moby Dick', year: 1851 } });
  const { token, _seq_no, ...rest } = created;
  assert.equal(rest, {
    _index: 'books',
    _id: 'moby',
    _version: 1,
    result: 'created',
    _shards: { total: 2, successful: 1, failed: 0 },
    _primary_term: 1,
  });
  assert.type(_seq_no, 'number');
  assert.is(Object.keys(token).length, 1);
  assert.equal(await client.get('books', 'moby', { after: token }), {
    _index: 'books',
    _id: 'moby',
    _version: 1,
    _seq_no,
    _primary_term: 1,
    found: true,
    _source: { title: 'Moby Dick', year: 1851 },
  });
  const replaced = await client.index('books', { id: 'moby', doc: { title: 'The Whale' } });
  assert.equal([replaced.result, replaced._version], ['updated', 2]);
  assert.ok(replaced._seq_no > _seq_no);
  const deleted = await client.delete('books', 'moby');
  assert.equal([deleted.result, deleted._version], ['deleted', 3]);
  assert.equal(await client.get('books', 'moby', { after: deleted.token }), {
    _index: 'books',
    _id: 'moby',
    found: false,
  });
  const gone = await client.delete('books', 'moby');
  assert.equal([gone.result, gone._version], ['not_found', 4]);
  const again = await client.index('books', { id: 'moby', doc: { title: 'Moby Dick' } });
  assert.equal([again.result, again._version], ['created', 5]);
});

test('a document without an id is given one', async ({ client }) => {
  const first = await client.index('books', { doc: { title: 'Typee' } });
  const second = await client.index('books', { doc: { title: 'Omoo' } });
  assert.match(first._id, /^[\w-]{20,}$/);
  assert.is.not(first._id, second._id);
  assert.is(at(await client.get('books', first._id, { after: first.token }), '_source.title'), 'Typee');
});

test('create refuses a document that exists, and index does with op_type create', async ({ client }) => {
  const created = asRecord(await client.request('create', 'books', { id: 'once', doc: { n: 1 } }));
  assert.is(created['result'], 'created');
  for (const [action, body] of [
    ['create', { id: 'once', doc: { n: 2 } }],
    ['index', { id: 'once', doc: { n: 2 }, op_type: 'create' }],
  ] as const) {
    const error = await failureOf(client.request(action, 'books', body));
    assert.equal([error.code, error.status], ['CONFLICT', 409]);
    assert.match(error.message, /\[once\]: version conflict, document already exists \(current version \[1\]\)/);
  }
});

test('a condition on sequence number and term lets one of two writers win', async ({ client }) => {
  const { _seq_no, _primary_term } = await client.index('books', { id: 'race', doc: { n: 0 } });
  const condition = { if_seq_no: _seq_no, if_primary_term: _primary_term };
  const outcomes = await Promise.allSettled(
    [1, 2, 3, 4].map(async (n) => client.request('index', 'books', { id: 'race', doc: { n }, ...condition })),
  );
  assert.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  const error = await failureOf(client.request('delete', 'books', { id: 'race', ...condition }));
  assert.is(error.code, 'CONFLICT');
  assert.match(error.message, /required seqNo \[\d+\], primary term \[1\]\. current document has seqNo \[\d+\]/);
});

test('a write waits for the log, the primary or all copies, as it is told', async ({ client }) => {
  await eventually(async () => at(await client.request('cluster-health', '_'), 'status') === 'green');
  const shardsOf = async (body: Readonly<Record<string, unknown>>): Promise<unknown> =>
    asRecord(await client.request('index', 'books', { id: 'waits', doc: {}, ...body }))['_shards'];
  for (const body of [{}, { wait_for: 'primary' }, { wait_for: 'log' }])
    assert.equal(await shardsOf(body), { total: 2, successful: 1, failed: 0 });
  assert.equal(await shardsOf({ wait_for: 'all' }), { total: 2, successful: 2, failed: 0 });
  const deleted = await client.request('delete', 'books', { id: 'waits', wait_for: 'all' });
  assert.equal(at(deleted, '_shards'), { total: 2, successful: 2, failed: 0 });
  const operations = ['a', 'b', 'c', 'd'].flatMap((_id) => [{ index: { _id: `waits-${_id}` } }, {}]);
  const answer = asRecord(await client.request('bulk', 'books', { operations, wait_for: 'all' }));
  for (const item of asList(answer['items']))
    assert.equal(at(item, 'index._shards'), { total: 2, successful: 2, failed: 0 });
  const error = await failureOf(client.request('index', 'books', { doc: {}, wait_for: 'quorum' }));
  assert.match(error.message, /wait_for: expected one of \[log, primary, all\], got "quorum"/);
});

test('external versions are kept on every copy, and survive a failed write', async ({ client }) => {
  const write = (version: number, type = 'external'): Promise<unknown> =>
    client.request('index', 'books', { id: 'kept', doc: { version }, version, version_type: type });
  assert.is(asRecord(await write(41))['_version'], 41);
  const error = await failureOf(write(41));
  assert.equal([error.code, error.status], ['CONFLICT', 409]);
  assert.match(
    error.message,
    /\[kept\]: version conflict, current version \[41\] is higher or equal to the one provided/,
  );
  const again = asRecord(await write(41, 'external_gte'));
  assert.equal([again['_version'], again['result']], [41, 'updated']);
  const answer = asRecord(
    await client.request('bulk', 'books', {
      operations: [
        { delete: { _id: 'kept', version: 40, version_type: 'external' } },
        { delete: { _id: 'kept', version: 42, version_type: 'external' } },
      ],
    }),
  );
  assert.equal(
    asList(answer['items']).map((item) => at(item, 'delete.status')),
    [409, 200],
  );
  assert.is((await failureOf(write(42))).code, 'CONFLICT');
  assert.is(asRecord(await write(43))['_version'], 43);
});

test('an update merges, does nothing where nothing changes, and creates what it may', async ({ client }) => {
  await client.index('books', { id: 'up', doc: { title: 'A', author: { name: 'Ann', born: 1950 }, tags: ['x'] } });
  const merged = asRecord(
    await client.request('update', 'books', { id: 'up', doc: { author: { born: 1951 }, tags: ['y'] } }),
  );
  assert.equal([merged['result'], merged['_version']], ['updated', 2]);
  const after = asRecord(merged['token']);
  const found = await client.request('get', 'books', { id: 'up', after });
  assert.equal(at(found, '_source'), { title: 'A', author: { name: 'Ann', born: 1951 }, tags: ['y'] });
  const noop = asRecord(await client.request('update', 'books', { id: 'up', doc: { title: 'A' } }));
  assert.equal([noop['result'], noop['_version'], noop['_seq_no']], ['noop', 2, merged['_seq_no']]);
  const forced = asRecord(
    await client.request('update', 'books', { id: 'up', doc: { title: 'A' }, detect_noop: false }),
  );
  assert.equal([forced['result'], forced['_version']], ['updated', 3]);

  const missing = await failureOf(client.request('update', 'books', { id: 'nobody', doc: { n: 1 } }));
  assert.equal([missing.code, missing.status], ['DOCUMENT_MISSING', 404]);
  const body = { id: 'fresh', doc: { n: 1 }, upsert: { n: 0, first: true } };
  assert.is(at(await client.request('update', 'books', body), 'result'), 'created');
  const second = asRecord(await client.request('update', 'books', body));
  assert.is(second['result'], 'updated');
  assert.equal(at(await client.request('get', 'books', { id: 'fresh', after: second['token'] }), '_source'), {
    n: 1,
    first: true,
  });
  const asUpsert = await client.request('update', 'books', { id: 'fresh-2', doc: { n: 7 }, doc_as_upsert: true });
  assert.is(at(asUpsert, 'result'), 'created');
});

test('routing decides the shard, and a read needs the same routing', async ({ client }) => {
  const { token } = await client
    .request('index', 'books', { id: 'routed', doc: { kind: 'routed' }, routing: 'ann' })
    .then(asRecord)
    .then((answer) => ({ token: asRecord(answer['token']) }));
  const other = await client.index('books', { id: 'ann', doc: { kind: 'named' } });
  assert.equal(Object.keys(token), Object.keys(other.token), 'the key of the shard is the routing');
  assert.is(at(await client.request('get', 'books', { id: 'routed', routing: 'ann', after: token }), 'found'), true);
  const body = { query: { term: { kind: 'routed' } }, routing: 'ann', after: token };
  const found = await client.search('books', body);
  assert.equal([found._shards.total, found.hits.hits.length], [1, 1]);
});

test('a write is seen by every read that has its token, on whichever copy', async ({ client }) => {
  for (let round = 0; round < 25; round++) {
    const { token } = await client.index('books', { id: 'mine', doc: { round } });
    const query = { term: { round } };
    const reads = [1, 2, 3, 4].flatMap(() => [
      client.get('books', 'mine', { after: token }).then((found) => at(found, '_source.round')),
      client
        .request('count', 'books', { query, after: token })
        .then((counted) => (at(counted, 'count') === 1 ? round : -1)),
      client.search('books', { query, after: token }).then((found) => at(found, 'hits.hits.0._source.round')),
      client
        .request('mget', 'books', { ids: ['mine'], after: token })
        .then((found) => at(found, 'docs.0._source.round')),
    ]);
    for (const seen of await Promise.all(reads)) assert.is(seen, round);
  }
});

test('a bulk keeps the order of operations on one id, and says of each what became of it', async ({ client }) => {
  const operations = [
    { index: { _id: 'o' } },
    { n: 1 },
    { create: { _id: 'o' } },
    { n: 2 },
    { update: { _id: 'o' } },
    { doc: { m: 3 } },
    { delete: { _id: 'o' } },
    { update: { _id: 'o' } },
    { doc: { n: 5 } },
    { index: { _id: 'o' } },
    { n: 6 },
    { index: { _id: 'p' } },
    { n: {} },
    { index: {} },
    { n: 8 },
  ];
  const answer = await client.bulk('books', operations);
  const results = answer.items.map((item) => {
    const [op, told] = Object.entries(item)[0] ?? ['', {}];
    return [op, at(told, 'status'), at(told, 'result') ?? at(told, 'error.type')];
  });
  assert.equal(results, [
    ['index', 201, 'created'],
    ['create', 409, 'version_conflict_engine_exception'],
    ['update', 200, 'updated'],
    ['delete', 200, 'deleted'],
    ['update', 404, 'document_missing_exception'],
    ['index', 201, 'created'],
    ['index', 400, 'document_parsing_exception'],
    ['index', 201, 'created'],
  ]);
  assert.is(answer.errors, true);
  assert.type(answer.took, 'number');
  assert.equal(at(await client.get('books', 'o', { after: answer.token ?? {} }), '_source'), { n: 6 });
});

test('a large bulk over all shards lands whole', async ({ client }) => {
  const size = 5_000;
  const operations = Array.from({ length: size }, (_, n) => [{ index: { _id: `bulk-${n}` } }, { bulk: 'yes', n }]);
  const answer = await client.bulk('books', operations.flat());
  assert.is(answer.errors, false);
  assert.equal(
    answer.items.map((item) => at(item, 'index._id')),
    Array.from({ length: size }, (_, n) => `bulk-${n}`),
  );
  const body = { query: { term: { 'bulk.keyword': 'yes' } }, after: answer.token };
  assert.is(at(await client.request('count', 'books', body), 'count'), size);
  const again = await client.bulk('books', operations.flat());
  assert.ok(again.items.every((item) => at(item, 'index._version') === 2));
});

test('mget answers in the order asked, over several indices too', async ({ client }) => {
  await client.request('index-create', 'other', {});
  const [a, b] = await Promise.all([
    client.index('books', { id: 'm1', doc: { n: 1 } }),
    client.index('other', { id: 'm2', doc: { n: 2, m: 2 } }),
  ]);
  const ofOne = asRecord(await client.request('mget', 'books', { ids: ['nobody', 'm1', 'm1'], after: a.token }));
  assert.equal(
    asList(ofOne['docs']).map((doc) => at(doc, 'found')),
    [false, true, true],
  );
  await eventually(async () => at(await client.get('other', 'm2', { after: b.token }), 'found'));
  const docs = [
    { _index: 'other', _id: 'm2', _source: ['m'] },
    { _index: 'nowhere', _id: '1' },
    { _index: 'books', _id: 'm1' },
  ];
  const mixed = asRecord(await client.request('mget', '_', { docs }));
  const [second, nowhere, first] = asList(mixed['docs']);
  assert.equal(at(second, '_source'), { m: 2 });
  assert.equal(nowhere, {
    _index: 'nowhere',
    _id: '1',
    error: { index: 'nowhere', type: 'index_not_found_exception', reason: 'there is no index or group `nowhere`' },
  });
  assert.is(at(first, '_source.n'), 1);
  await client.request('index-delete', 'other');
});

test('an index is created, described, widened, given more replicas, and deleted', async ({ client }) => {
  const mappings = { properties: { title: { type: 'text' }, tag: { type: 'keyword', ignore_above: 20 } } };
  const created = await client.request('index-create', 'shop', {
    settings: { number_of_shards: 2, number_of_replicas: 0 },
    mappings,
  });
  assert.equal(created, { acknowledged: true, shards_acknowledged: true, index: 'shop' });
  assert.is((await failureOf(client.request('index-create', 'shop', {}))).code, 'ALREADY_EXISTS');
  await client.index('shop', { id: '1', doc: { title: 'tea', price: 2.5, sold: true, at: '2024-02-03' } });
  await client.request('index-update', 'shop', { mappings: { properties: { size: { type: 'long' } } } });
  const described = asRecord(at(await client.request('index-get', 'shop'), 'shop'));
  const types = Object.entries(asRecord(at(described, 'mappings.properties'))).map(
    ([name, field]) => `${name}:${String(at(field, 'type'))}`,
  );
  assert.equal(types.toSorted(), ['at:date', 'price:double', 'size:long', 'sold:boolean', 'tag:keyword', 'title:text']);
  assert.is(at(described, 'mappings.properties.tag.ignore_above'), 20);
  assert.equal(
    [at(described, 'settings.index.number_of_shards'), at(described, 'settings.index.number_of_replicas')],
    [2, 0],
  );
  assert.is(at(described, 'settings.index.provided_name'), 'shop');

  assert.equal(await client.request('index-update', 'shop', { settings: { number_of_replicas: 2 } }), {
    acknowledged: true,
  });
  await eventually(async () => {
    const [row] = asList(await client.request('indices', '_')).filter((entry) => at(entry, 'index') === 'shop');
    return at(row, 'replicas') === 2 && at(row, 'health') === 'green';
  });
  const state = asList(at(await client.request('cluster-state', '_'), 'indices')).find(
    (entry) => at(entry, 'name') === 'shop',
  );
  for (const shard of asList(at(state, 'shards'))) {
    const copies = asList(at(shard, 'copies'));
    assert.is(new Set(copies.map((copy) => at(copy, 'leaf'))).size, 3);
    assert.is(copies.filter((copy) => at(copy, 'primary')).length, 1);
  }
  await client.request('index-update', 'shop', { settings: { replicas: 0 } });
  assert.equal(await client.request('index-delete', 'shop'), { acknowledged: true });
  assert.is((await failureOf(client.search('shop'))).code, 'GROUP_NOT_FOUND');
  assert.is((await failureOf(client.request('index-delete', 'shop'))).status, 404);
  await client.request('index-create', 'shop', {});
  assert.is((await client.search('shop')).hits.total?.value, 0, 'a new life holds nothing of the old');
  await client.request('index-delete', 'shop');
});

test('health, state and indices tell of leaves, shards and copies', async ({ client, cluster }) => {
  const health = await eventually(async () => {
    const answer = asRecord(await client.request('cluster-health', '_'));
    return answer['status'] === 'green' && answer;
  });
  assert.equal(health, {
    cluster_name: 'coppice',
    status: 'green',
    timed_out: false,
    number_of_leaves: 3,
    active_primary_shards: SHARDS,
    active_shards: 2 * SHARDS,
    initializing_shards: 0,
    unassigned_shards: 0,
    active_shards_percent_as_number: 100,
  });
  const state = asRecord(await client.request('cluster-state', '_'));
  const leaves = asList(state['leaves']);
  assert.equal(
    leaves.map((leaf) => at(leaf, 'name')),
    [...cluster.leafNames()].toSorted(),
  );
  for (const leaf of leaves) assert.equal([at(leaf, 'pid'), at(leaf, 'draining')], [process.pid, false]);
  const counted = at(await client.request('count', 'books', {}), 'count');
  await eventually(async () => {
    const [row] = asList(await client.request('indices', '_'));
    return at(row, 'docs') === counted && at(row, 'index') === 'books';
  });
});

test('nothing of all that was reported as a fault', ({ reports }) => {
  assertNoErrorReported(reports);
});

test.run();

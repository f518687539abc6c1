/** The public API as a service meets it that knows nothing of Coppice: a bare NATS client, JSON or MessagePack. */
import { decode, encode } from '@msgpack/msgpack';
import { connect, headers, type Msg, type NatsConnection } from 'nats';
import * as assert from 'uvu/assert';
import { clusterSuite } from '../support/cluster-suite.ts';

const TITLES = ['Moby-Dick; or, The Whale', 'The Whale Road', 'The Old Man and the Sea'];
const WHALE = { query: { match: { title: 'whale' } } };

let nats: NatsConnection;
const test = clusterSuite('client/public-api', { leaves: 2 }, async (cluster) => {
  nats = await connect({ servers: cluster.url, reconnect: false }); // the server stops before it is closed
  await cluster.client.request('index-create', 'books', { settings: { shards: 3, replicas: 1 } });
  await cluster.client.request('index-create', 'films', { settings: { shards: 1, replicas: 0 } });
  const operations = TITLES.flatMap((title, place) => [{ index: { _id: String(place) } }, { title }]);
  const { token } = await cluster.client.bulk('books', operations);
  for (const shard of Object.keys(token ?? {})) assert.ok(Number(shard) < 3);
  after = token;
});
let after: unknown;
test.after(async () => nats?.close());

test('JSON without any header is answered in JSON', async () => {
  const answer = await ask('search.books', JSON.stringify({ ...WHALE, after }));
  assert.is(answer.headers?.get('Content-Type'), 'application/json');
  const { _shards, hits } = answer.json<Answer>();
  assert.equal(_shards, { total: 3, successful: 3, skipped: 0, failed: 0 });
  assert.is(hits.total.value, 2);
  assert.equal(hits.hits.map(({ _id }) => _id).sort(), ['0', '1']);
  assert.ok(hits.hits.every(({ _id, _source }) => _source.title === TITLES[Number(_id)]));
});

test('MessagePack is answered in MessagePack, with the same hits, with a content type or without', async () => {
  const body = encode({ ...WHALE, after, search_type: 'dfs_query_then_fetch' });
  const json = (await ask('search.books', JSON.stringify(decode(body)))).json<Answer>();
  for (const type of [undefined, 'application/msgpack', 'application/vnd.msgpack']) {
    const answer = await ask('search.books', body, type === undefined ? {} : { 'Content-Type': type });
    assert.is(answer.headers?.get('Content-Type'), 'application/msgpack');
    assert.equal((decode(answer.data) as Answer).hits, json.hits);
  }
});

test('an empty body searches for everything', async () => {
  assert.is((await ask('search.books', '')).json<Answer>().hits.total.value, 3);
});

test('a write answers with a token, and a read given it sees the write', async () => {
  const written = (await ask('index.films', JSON.stringify({ id: '1', doc: { title: 'Jaws' } }))).json<{
    result: string;
    token: object;
  }>();
  assert.is(written.result, 'created');
  const read = await ask('search.films', JSON.stringify({ after: written.token }));
  assert.is(read.json<Answer>().hits.total.value, 1);
});

test('discovery finds the service, its endpoints and an example of each', async ({ cluster }) => {
  const ping = (await nats.request('$SRV.PING')).json<Service>();
  assert.is(ping.type, 'io.nats.micro.v1.ping_response');
  assert.is(ping.name, 'coppice');
  const info = (await nats.request('$SRV.INFO.coppice')).json<Service>();
  assert.equal(
    info.endpoints.map(({ name, subject, queue_group }) => [name, subject, queue_group]),
    [
      ['api', 'coppice.api.*.*', 'root'],
      ['call', 'coppice.call.*.*', 'root'],
    ],
  );
  assert.match(info.metadata['actions'] ?? '', 'search,');
  const example = info.endpoints[0]?.metadata['example'] ?? '';
  const [subject = '', body = ''] = example.split(/ (.*)/s);
  assert.is((await nats.request(subject, body)).headers?.get('Nats-Service-Error-Code') ?? '', '');
  const stats = (await nats.request(`$SRV.STATS.coppice.${info.id}`)).json<Service>();
  assert.ok((stats.endpoints[0]?.num_requests ?? 0) > 0);
  assert.ok(cluster.context.bus.link.up);
});

test('an unknown action is a 400 with a suggestion, in body and headers', async () => {
  const { error, status } = await refused('serach.books', '{}', '400');
  assert.is(status, 400);
  assert.is(error.type, 'unknown_action_exception');
  assert.match(error.reason, 'did you mean `search`?');
});

test('an error comes in the encoding of its request', async () => {
  const answer = await ask('serach.books', encode({}));
  assert.is(answer.headers?.get('Nats-Service-Error-Code'), '400');
  assert.is((decode(answer.data) as Refusal).error.type, 'unknown_action_exception');
});

test('an unknown index is a 404 with a suggestion', async () => {
  const { error } = await refused('search.boks', '{}', '404');
  assert.is(error.type, 'index_not_found_exception');
  assert.match(error.reason, 'did you mean `books`?');
});

test('a body that names another index than its subject is refused', async () => {
  const line = { index: { _index: 'films', _id: '7' } };
  const bulk = (await ask('bulk.books', JSON.stringify({ operations: [line, { title: 'Orca' }] }))).json<Bulk>();
  assert.is(bulk.errors, true);
  assert.is(bulk.items[0]?.index.status, 400);
  assert.match(bulk.items[0]?.index.error.reason ?? '', '[_index] names [films], but the request is for [books]');
  const { error } = await refused('mget.books', '{"docs":[{"_index":"films","_id":"1"}]}', '400');
  assert.match(error.reason, 'names [films]');
  await refused('msearch.books', '{"searches":[{"index":"films"},{}]}', '400');
});

test('at `_` a request may concern several indices', async () => {
  const body = { docs: [{ _index: 'books', _id: '0' }], after };
  const { docs } = (await ask('mget._', JSON.stringify(body))).json<{ docs: { found: boolean }[] }>();
  assert.is(docs[0]?.found, true);
  await refused('search._', '{}', '400');
  await refused('cluster-health.books', '{}', '400');
});

test('what cannot be read is a 400 that says why', async () => {
  const malformed = await refused('search.books', '{"query":', '400');
  assert.match(malformed.error.reason, 'malformed JSON');
  const truncated = await ask('search.books', Uint8Array.of(0x82, 0xa1, 0x61));
  assert.is(truncated.headers?.get('Nats-Service-Error-Code'), '400');
  const foreign = await ask('search.books', '<query/>', { 'Content-Type': 'application/xml' });
  assert.is(foreign.headers?.get('Nats-Service-Error-Code'), '400');
  const shape = await refused('search.books', '{"query":{"mach":{"title":"whale"}}}', '400');
  assert.match(shape.error.reason, 'did you mean [match]?');
  const header = await ask('books.search', '{}', { 'Coppice-After': 'yesterday' }, 'call.');
  assert.is(header.headers?.get('Nats-Service-Error-Code'), '400');
});

test('a document over the payload limit is a 413', async ({ cluster }) => {
  const text = 'x'.repeat(cluster.context.bus.maxPayloadBytes - 300);
  const { error } = await refused('index.books', JSON.stringify({ id: 'big', doc: { title: text } }), '413');
  assert.is(error.type, 'payload_too_large_exception');
});

test('a deadline that has passed is a 504, one that makes no sense a 400', async () => {
  for (const [budget, status] of [
    ['0', '504'],
    ['-1', '400'],
    ['soon', '400'],
  ] as const) {
    const answer = await ask('search.books', '{}', { 'Coppice-Deadline-Ms': budget });
    assert.is(answer.headers?.get('Nats-Service-Error-Code'), status, budget);
  }
});

test('another name of the cluster is another cluster', async () => {
  const error = await nats.request('elsewhere.api.search.books', '{}', { timeout: 500 }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.is((error as { code?: string } | undefined)?.code, '503');
});

test.run();

type Answer = {
  readonly _shards: unknown;
  readonly hits: {
    readonly total: { readonly value: number };
    readonly hits: readonly { readonly _id: string; readonly _source: { readonly title: string } }[];
  };
};
type Refusal = { readonly error: { readonly type: string; readonly reason: string }; readonly status: number };
type Bulk = { readonly errors: boolean; readonly items: readonly { readonly index: Refusal }[] };
type Service = {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly endpoints: readonly {
    readonly name: string;
    readonly subject: string;
    readonly queue_group: string;
    readonly num_requests?: number;
    readonly metadata: Readonly<Record<string, string>>;
  }[];
};

/** Sends a request; `place` is what stands between the cluster's name and `rest`. */
async function ask(
  rest: string,
  body: string | Uint8Array,
  fields: Readonly<Record<string, string>> = {},
  place = 'api.',
): Promise<Msg> {
  const sent = headers();
  for (const [name, value] of Object.entries(fields)) sent.set(name, value);
  const options = Object.keys(fields).length === 0 ? {} : { headers: sent };
  return nats.request(`coppice.${place}${rest}`, body, { timeout: 10_000, ...options });
}

/** Sends JSON that must be refused with a status, told in the headers as well as in the body. */
async function refused(rest: string, body: string, status: string): Promise<Refusal> {
  const answer = await ask(rest, body);
  assert.is(answer.headers?.get('Nats-Service-Error-Code'), status);
  const refusal = answer.json<Refusal>();
  assert.is(String(refusal.status), status);
  assert.is(answer.headers?.get('Nats-Service-Error'), refusal.error.reason.slice(0, 500));
  return refusal;
}

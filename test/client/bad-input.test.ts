/** Requests that are wrong, sent by a bare NATS client: each is told what is wrong with it, and does no harm. */
import * as assert from 'uvu/assert';
import { failureOf } from '../support/failure.ts';
import { argument, BAD_REQUESTS, mapping, parsing, type Refusal } from './support/bad-requests.ts';
import { type BareAnswer, type BareEncoding, bytesOf } from './support/bare-client.ts';
import { assertNoErrorReported, clusterSuite } from './support/cluster-suite.ts';
import { asList, asRecord } from './support/expect.ts';

const ENCODINGS: readonly BareEncoding[] = ['json', 'msgpack'];
const DOCUMENTS = 40;
const KIB = 1024;

const test = clusterSuite('client/bad-input', { leaves: 2 }, async ({ client }) => {
  const properties = {
    title: { type: 'text' },
    year: { type: 'long' },
    price: { type: 'double' },
    open: { type: 'boolean' },
    at: { type: 'date' },
    tag: { type: 'keyword' },
  };
  await client.request('index-create', 'books', {
    settings: { shards: 2, replicas: 1 },
    mappings: { properties },
  });
  await client.request('index-create', 'strict', {
    settings: { shards: 1, replicas: 0 },
    mappings: { dynamic: 'strict', properties },
  });
  const operations = Array.from({ length: DOCUMENTS }, (_, at) => [
    { index: { _id: `b${at}` } },
    { title: `book ${at}`, year: 1900 + at },
  ]);
  await client.bulk('books', operations.flat());
});

for (const [prefix, cases] of Object.entries(BAD_REQUESTS)) {
  for (const [what, address, body, refusal] of cases) {
    test(`${address.slice(0, 40)}: ${what} is refused`, async ({ bare, reports }) => {
      for (const encoding of ENCODINGS) {
        if (encoding === 'msgpack' && what === 'a key of every object') continue; // its encoder drops the key
        assertRefused(await bare.ask(`${prefix}.${address}`, body, encoding), refusal, encoding);
      }
      assertNoErrorReported(reports);
    });
  }
}

test('what is neither JSON nor MessagePack is refused in the encoding that it looks like', async ({
  bare,
  reports,
}) => {
  const whole = bytesOf({ query: { match_all: {} } }, 'msgpack');
  const cases: readonly (readonly [Uint8Array, BareEncoding, RegExp])[] = [
    [text('{'), 'json', /malformed JSON/],
    [text('{"query":nope}'), 'json', /malformed JSON/],
    [text('query=whale'), 'json', /malformed JSON/],
    [Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 'json', /malformed JSON/],
    [whole.subarray(0, 9), 'msgpack', /malformed MessagePack/],
    [Uint8Array.of(0xc1), 'msgpack', /malformed MessagePack/],
    [Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff), 'msgpack', /malformed MessagePack/],
    [Uint8Array.of(...whole, 0), 'msgpack', /malformed MessagePack/],
    [text('['.repeat(100_000)), 'json', /malformed JSON/],
    [text('['.repeat(100_000) + ']'.repeat(100_000)), 'json', /nested deeper than 128 levels/],
    [new Uint8Array(100_000).fill(0x91), 'msgpack', /malformed MessagePack/],
  ];
  for (const [data, encoding, reason] of cases)
    assertRefused(await bare.send('coppice.api.search.books', data), parsing(reason), encoding);
  assertNoErrorReported(reports);
});

test('a content type that is not spoken is refused, whatever the bytes are', async ({ bare }) => {
  const subject = 'coppice.api.search.books';
  const answer = await bare.send(subject, text('{}'), { headers: { 'Content-Type': 'text/xml' } });
  assertRefused(answer, argument(/content type `text\/xml` is not known: use application\/json/), 'json');
  const wrong = await bare.send(subject, text('{}'), { headers: { 'Content-Type': 'application/msgpack' } });
  assertRefused(wrong, parsing(/malformed MessagePack/), 'json');
  const right = await bare.send(subject, text('{}'), {
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  });
  assert.is(right.status, 200);
});

test('a deadline that makes no sense is refused, one that is over is told so, a huge one is fine', async ({ bare }) => {
  const within = async (budget: string): Promise<BareAnswer> =>
    bare.send('coppice.api.search.books', text('{}'), { headers: { 'Coppice-Deadline-Ms': budget } });
  for (const budget of ['soon', '-5', '1 hour', 'NaN'])
    assertRefused(await within(budget), argument(/header Coppice-Deadline-Ms: expected milliseconds, got/), 'json');
  assertRefused(await within('0'), [504, 'timeout_exception', /past its deadline/], 'json');
  for (const budget of ['1e300', '99999999999', 'Infinity', '']) assert.is((await within(budget)).status, 200, budget);
});

test('items of a bulk fail one by one, each with its own error', async ({ bare, reports }) => {
  const operations = [
    { index: { _id: 'ok-1' } },
    { year: 2000 },
    { index: { _id: 'bad-1' } },
    { year: 'soon' },
    { update: { _id: 'nobody' } },
    { doc: { year: 1 } },
    { index: { _id: 'bad-2', _index: 'other' } },
    { year: 1 },
    { create: { _id: 'ok-1' } },
    { year: 2001 },
    { delete: { _id: 'ok-1' } },
  ];
  for (const encoding of ENCODINGS) {
    const { body, status } = await bare.ask('coppice.api.bulk.books', { operations }, encoding);
    assert.is(status, 200);
    const items = asRecord(body)['items'];
    assert.is(asRecord(body)['errors'], true);
    const statuses = asList(items).map((item) => asRecord(Object.values(asRecord(item))[0])['status']);
    assert.equal(statuses, [201, 400, 404, 400, 409, 200]);
  }
  const nowhere = await bare.ask('coppice.api.bulk._', { operations: [{ index: {} }, { year: 1 }] });
  const [item] = asList(asRecord(nowhere.body)['items']);
  assert.is(asRecord(asRecord(item)['index'])['_index'], null);
  assertNoErrorReported(reports);
});

test('a document over the payload limit is refused with 413, one just below it is kept', async ({
  client,
  bare,
  reports,
}) => {
  const limit = bare.nats.info?.max_payload ?? 0;
  const big = await failureOf(client.index('books', { id: 'big', doc: { title: 'x '.repeat(limit) } }));
  assert.is(big.code, 'PAYLOAD_TOO_LARGE');
  assert.is(big.status, 413);
  assert.match(big.message, /exceeds the limit of \d+ bytes/);
  // around the limit every size is either kept or refused as too large, at whichever hop it no longer fits
  let kept = 0;
  let refused = 0;
  for (let sizeBytes = limit - 6 * KIB; sizeBytes <= limit - 64; sizeBytes += 509) {
    for (const encoding of ENCODINGS) {
      const answer = await bare.ask(
        'coppice.api.index.books',
        { id: 'near', doc: { tag: filler(sizeBytes - 64) } },
        encoding,
      );
      if (answer.status === 200) kept++;
      else refused++;
      if (answer.status !== 200)
        assertRefused(answer, [413, 'payload_too_large_exception', /exceeds the .*limit/], encoding);
    }
  }
  assert.ok(kept > 0 && refused > 0, `${kept} kept, ${refused} refused`);
  const bulk = await client.bulk('books', [
    { index: { _id: 'big' } },
    { title: 'x '.repeat(limit) },
    { index: { _id: 'small' } },
    {},
  ]);
  const statuses = asList(asRecord(bulk)['items']).map((item) => asRecord(asRecord(item)['index'])['status']);
  assert.equal(statuses, [413, 201]);
  await client.bulk(
    'books',
    ['near', 'small'].map((id) => ({ delete: { _id: id } })),
  );
  assertNoErrorReported(reports);
});

test('an answer over the payload limit is refused with 413, and nothing of it is cut', async ({
  client,
  bare,
  reports,
}) => {
  await client.request('index-create', 'large', { settings: { shards: 2, replicas: 0 } });
  const text = 'word '.repeat(20_000);
  for (let at = 0; at < 14; at++) await client.index('large', { id: `l${at}`, doc: { text, at } });
  for (const encoding of ENCODINGS) {
    const whole = await bare.ask('coppice.api.search.large', { size: 10_000 }, encoding);
    assertRefused(
      whole,
      [413, 'payload_too_large_exception', /an answer of \d+ bytes is over the limit of \d+: ask for less/],
      encoding,
    );
    const few = await bare.ask('coppice.api.search.large', { size: 5 }, encoding);
    assert.is(few.status, 200);
    const narrow = await bare.ask('coppice.api.search.large', { size: 10_000, _source: ['at'] }, encoding);
    assert.is(hitsOf(narrow.body).length, 14);
  }
  assert.is(hitsOf(await client.search('large', { size: 10_000 })).length, 14, 'the embedded client has no such limit');
  await client.request('index-delete', 'large');
  assertNoErrorReported(reports);
});

test('a list of 100,000 values in a document is taken as it is', async ({ client, bare }) => {
  const values = Array.from({ length: 100_000 }, (_, at) => at);
  const written = await bare.ask('coppice.api.index.books', { id: 'many', doc: { numbers: values } }, 'msgpack');
  assert.is(written.status, 200);
  const found = asRecord(await client.get('books', 'many'));
  assert.is(asList(asRecord(found['_source'])['numbers']).length, 100_000);
  await client.delete('books', 'many');
});

test('names of every object are fields like any other, and pollute nothing', async ({ bare }) => {
  const doc = JSON.parse('{"constructor":"builder","toString":"text","hasOwnProperty":true}');
  const written = await bare.ask('coppice.api.index.books', { id: 'names', doc });
  assert.is(written.status, 200);
  const found = await bare.ask('coppice.api.search.books', { query: { match: { constructor: 'builder' } } });
  assert.is(hitsOf(found.body).length, 1);
  const polluted = await bare.send(
    'coppice.api.index.books',
    text('{"id":"p","doc":{"a":{"__proto__":{"polluted":1}}}}'),
  );
  assertRefused(polluted, mapping(/\[__proto__\] is not allowed/), 'json');
  assert.is(Reflect.get({}, 'polluted'), undefined);
  await bare.ask('coppice.api.delete.books', { id: 'names' });
});

test('the embedded client refuses what no wire could carry', async ({ client, reports }) => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const docs: readonly unknown[] = [
    cyclic,
    { at: new Date() },
    { year: 10n },
    { year: Number.NaN },
    { tag: new Map() },
    { tag: () => 1 },
  ];
  for (const doc of docs)
    assert.is((await failureOf(client.index('books', { id: 'odd', doc }))).code, 'MAPPING_FAILED');
  assert.is((await failureOf(client.search('books', { query: () => 1 }))).code, 'PARSING_FAILED');
  assert.is((await failureOf(client.request('constructor', 'books'))).code, 'UNKNOWN_ACTION');
  for (const deadlineMs of [-1, 0, Number.NaN])
    assert.is((await failureOf(client.search('books', {}, { deadlineMs }))).code, 'BAD_REQUEST');
  for (const deadlineMs of [1e12, Number.POSITIVE_INFINITY])
    assert.is(totalOf(await client.search('books', {}, { deadlineMs })), DOCUMENTS);
  assert.is((await failureOf(client.search('books', {}, { signal: AbortSignal.abort() }))).code, 'CANCELLED');
  assertNoErrorReported(reports);
});

test('after all that, every copy serves and no document has changed', async ({ client, cluster, reports }) => {
  const health = asRecord(await client.request('cluster-health', '_'));
  assert.is(health['status'], 'green');
  assert.is(health['number_of_leaves'], cluster.leafNames().length);
  assert.is(totalOf(await client.search('books')), DOCUMENTS);
  assertNoErrorReported(reports);
});

function assertRefused(answer: BareAnswer, [status, type, reason]: Refusal, encoding: BareEncoding): void {
  const body = asRecord(answer.body);
  const error = asRecord(body['error']);
  const shown = JSON.stringify(answer.body).slice(0, 500);
  assert.is(answer.status, status, shown);
  assert.is(answer.encoding, encoding, shown);
  assert.is(body['status'], status, shown);
  assert.is(error['type'], type, shown);
  assert.match(String(error['reason']), reason, shown);
  assert.ok(answer.errorHeader !== '', 'the header says what is wrong');
}

function hitsOf(answer: unknown): readonly unknown[] {
  return asList(asRecord(asRecord(answer)['hits'])['hits']);
}

function totalOf(answer: unknown): unknown {
  return asRecord(asRecord(asRecord(answer)['hits'])['total'])['value'];
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** Text of a size, in values short enough for a keyword. */
function filler(sizeBytes: number): readonly string[] {
  const piece = 'y'.repeat(1_000);
  return Array.from({ length: Math.floor(sizeBytes / 1_003) }, () => piece).concat('z'.repeat(sizeBytes % 1_003));
}

test.run();

/**
 * Thousands of spoilt requests at a live root, from a seed: every answer is well-formed, nothing crashes, and the
 * cluster still serves what it served before.
 */
import * as assert from 'uvu/assert';
import { eventually } from '../support/eventually.ts';
import { Seeded } from '../support/seeded.ts';
import { slow } from '../support/slow.ts';
import { type BareAnswer, type BareClient, type BareEncoding, bytesOf } from './support/bare-client.ts';
import { assertNoErrorReported, type ClusterSuiteContext, clusterSuite } from './support/cluster-suite.ts';
import { DOC, GHOST_PULSE, INTERNAL_BODIES, pickTemplate } from './support/fuzz-bodies.ts';
import { mutateBytes, mutateValue, noise, oddValue } from './support/mutate.ts';

const SEED = Number(process.env['COPPICE_FUZZ_SEED'] ?? 20_261_121);
const PUBLIC_REQUESTS = 10_000;
const INTERNAL_REQUESTS = 3_000;
const CONCURRENCY = 48;
/** What a request may take; it is short, since some ask to wait for what never comes. */
const BUDGET_MS = '1500';
const STEADY = 30;

const ODD_INDICES = [
  '_',
  'nothing',
  'Fuzz',
  'fuzz=',
  '=',
  'fu*zz',
  'a'.repeat(300),
  'füzz',
  'constructor',
  '__proto__',
];
const ODD_ACTIONS = ['serach', 'toString', '__proto__', '_', 'INDEX', 'search2', 'x'.repeat(200)];
const ODD_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'Content-Type': 'application/json' },
  { 'Content-Type': 'application/msgpack' },
  { 'Content-Type': 'text/plain; charset=klingon' },
  { 'Coppice-Deadline-Ms': 'soon' },
  { 'Coppice-Deadline-Ms': '-1' },
  { 'Coppice-Deadline-Ms': '0.2' },
  { 'Coppice-After': '{"0":"x"}' },
  { 'Coppice-After': 'x'.repeat(2_000) },
  { 'Coppice-Parts': '1' },
  { traceparent: '00-zz' },
];
/** Types of errors that are ours, never the caller's. */
const OUR_FAULTS =
  /internal_exception|actor_exception|unsupported_format_exception|"INTERNAL"|ACTOR_FAILED|UNSUPPORTED_FORMAT/;

const test = clusterSuite('client/fuzz', { leaves: 2 }, async ({ client }) => {
  const mappings = {
    properties: { title: { type: 'text' }, tag: { type: 'keyword' }, year: { type: 'long' }, at: { type: 'date' } },
  };
  for (const index of ['fuzz', 'steady'])
    await client.request('index-create', index, { settings: { shards: 2, replicas: 1 }, mappings });
  const operations = Array.from({ length: STEADY }, (_, at) => [
    { index: { _id: `s${at}` } },
    {
      title: `a whale of the ${at % 2 === 0 ? 'sea' : 'shore and the sea'}`,
      tag: at % 3 === 0 ? 'red' : 'green',
      year: 1900 + at,
    },
  ]);
  await client.bulk('steady', operations.flat());
  await client.bulk('fuzz', operations.flat());
});

test('ten thousand spoilt requests to the public API are each answered in good form', async (context) => {
  slow(120_000);
  const { bare, reports } = context;
  const random = new Seeded(SEED);
  const before = await snapshot(context);
  const statuses = new Map<number, number>();
  await crowd(PUBLIC_REQUESTS, async (number) => {
    const request = publicRequest(random);
    const answer = await bare.send(request.subject, request.data, { headers: request.headers });
    assertWellFormed(answer, `seed ${SEED}, request ${number}: ${request.shown}`);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  });
  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  assert.is(answered, PUBLIC_REQUESTS);
  assert.ok((statuses.get(400) ?? 0) > PUBLIC_REQUESTS / 4, `most are refused: ${JSON.stringify([...statuses])}`);
  assert.ok((statuses.get(200) ?? 0) > PUBLIC_REQUESTS / 50, `some do no harm: ${JSON.stringify([...statuses])}`);
  assertNoErrorReported(reports);
  await assertStillServes(context, before);
});

test('nor does rubbish on internal subjects do harm', async (context) => {
  slow(120_000);
  const { bare, reports, cluster } = context;
  const random = new Seeded(SEED + 1);
  const before = await snapshot(context);
  const generation = cluster.context.view.group('fuzz')?.generation ?? '';
  await crowd(INTERNAL_REQUESTS, async (number) => {
    const { subject, data, isHeard } = internalMessage(random, generation);
    const shown = `seed ${SEED + 1}, message ${number} to ${subject}: ${Buffer.from(data).toString('base64').slice(0, 800)}`;
    if (isHeard)
      assertWellFormedInside(await bare.send(subject, data, { headers: { 'Coppice-Deadline-Ms': BUDGET_MS } }), shown);
    else bare.publish(subject, data);
  });
  assertNoErrorReported(reports);
  await assertStillServes(context, before);
});

type Spoilt = {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly shown: string;
};

function publicRequest(random: Seeded): Spoilt {
  const template = pickTemplate(random);
  const encoding: BareEncoding = random.chance(0.5) ? 'json' : 'msgpack';
  const action = random.chance(0.02) ? random.pick(ODD_ACTIONS) : template.action;
  // a delete that is spared its mistakes would empty the stage; a stray create would fill it
  const isFixed = template.index === 'scratch';
  const index = !isFixed && random.chance(0.03) ? random.pick(ODD_INDICES) : template.index;
  const isCall = !isFixed && random.chance(0.1);
  const subject = isCall ? `coppice.call.${index}.${action}` : `coppice.api.${action}.${index}`;
  const { data, headers } = payload(random, template.body, encoding);
  const shown = `${subject} ${encoding} ${JSON.stringify(headers)} ${Buffer.from(data).toString('base64').slice(0, 800)}`;
  return { subject, data, headers, shown };
}

function payload(
  random: Seeded,
  body: unknown,
  encoding: BareEncoding,
): { data: Uint8Array; headers: Spoilt['headers'] } {
  const kind = random.below(20);
  const headers = { 'Coppice-Deadline-Ms': BUDGET_MS, ...(random.chance(0.05) ? random.pick(ODD_HEADERS) : {}) };
  if (kind === 0) return { data: noise(random), headers };
  if (kind === 1) return { data: encoded(oddValue(random), encoding), headers };
  if (kind === 2) return { data: encoded(body, encoding), headers };
  if (kind < 7) return { data: mutateBytes(random, encoded(body, encoding)), headers };
  return { data: encoded(mutateValue(random, body), encoding), headers };
}

function internalMessage(random: Seeded, generation: string): { subject: string; data: Uint8Array; isHeard: boolean } {
  const group = `fuzz/${generation}`;
  const shard = random.below(2);
  const leaf = `leaf-${1 + random.below(2)}`;
  const endpoint = random.pick([
    'search',
    'count',
    'get',
    'mget',
    'statistics',
    'fetch',
    'info',
    '_reduce',
    'write',
    'nothing',
    '__proto__',
  ]);
  const place = random.below(6);
  if (place === 0)
    return {
      subject: `coppice.pulse.ghost-${random.below(3)}`,
      data: spoiltBytes(random, GHOST_PULSE),
      isHeard: false,
    };
  if (place === 1) {
    const command = random.pick(['ping', 'stats', 'nothing', '__proto__']);
    return { subject: `coppice.leaf.${leaf}.${command}`, data: spoiltBytes(random, {}), isHeard: true };
  }
  if (place === 2) {
    const operations = [
      { id: `op-${random.below(50)}`, key: 'a', body: { op: 'index', id: 'a', routing: 'a', doc: DOC } },
    ];
    const command = { generation, slots: 0, endpoint: 'write', since: 1, operations };
    return { subject: `coppice.primary.${group}.${shard}`, data: spoiltBytes(random, command), isHeard: true };
  }
  const subject =
    place === 3 ? `coppice.copy.${leaf}.${group}.${shard}.${endpoint}` : `coppice.shard.${group}.${shard}.${endpoint}`;
  return { subject, data: spoiltBytes(random, { slots: 0, body: INTERNAL_BODIES[endpoint] ?? {} }), isHeard: true };
}

function spoiltBytes(random: Seeded, body: unknown): Uint8Array {
  return payload(random, body, random.chance(0.2) ? 'json' : 'msgpack').data;
}

function encoded(value: unknown, encoding: BareEncoding): Uint8Array {
  return bytesOf(value === undefined ? null : value, encoding);
}

/** Runs so many tasks, a bounded number of them at once. */
async function crowd(count: number, run: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) await run(number);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

function assertWellFormed({ body, status, errorHeader }: BareAnswer, shown: string): void {
  const text = JSON.stringify(body) ?? '';
  assert.not.match(text, OUR_FAULTS, `our own fault: ${text.slice(0, 600)}\n${shown}`);
  const told = typeof body === 'object' && body !== null && 'error' in body && 'status' in body ? body : undefined;
  if (status === 200) {
    assert.is(told, undefined, `an error without its header\n${shown}`);
    return;
  }
  assert.ok(status >= 400 && status < 600 && status !== 500, `status ${status}: ${text.slice(0, 600)}\n${shown}`);
  assert.is(told?.status, status, shown);
  const error: unknown = told?.error;
  const hasReason = typeof error === 'object' && error !== null && 'type' in error && 'reason' in error;
  assert.ok(
    hasReason && typeof error.type === 'string' && typeof error.reason === 'string' && error.reason !== '',
    `${text}\n${shown}`,
  );
  assert.ok(errorHeader !== '', shown);
}

function assertWellFormedInside({ body, status }: BareAnswer, shown: string): void {
  const text = JSON.stringify(body) ?? '';
  assert.not.match(text, OUR_FAULTS, `our own fault: ${text.slice(0, 600)}\n${shown}`);
  if (status === 200) return;
  const told = typeof body === 'object' && body !== null && 'code' in body && 'message' in body;
  assert.ok(told, `${text}\n${shown}`);
}

async function snapshot({ client, bare }: ClusterSuiteContext): Promise<unknown> {
  const body = { query: { match: { title: 'shore sea' } }, size: STEADY, search_type: 'dfs_query_then_fetch' };
  const found = await client.search('steady', body);
  const ids = Array.from({ length: STEADY }, (_, at) => `s${at}`);
  return { hits: found.hits, docs: await client.request('mget', 'steady', { ids }), again: await hitsFrom(bare, body) };
}

async function hitsFrom(bare: BareClient, body: unknown): Promise<unknown> {
  const answer = await bare.ask('coppice.api.search.steady', body, 'msgpack');
  return typeof answer.body === 'object' && answer.body !== null && 'hits' in answer.body
    ? answer.body.hits
    : undefined;
}

/** The same answers as before, a green index, and room for new documents. */
async function assertStillServes(context: ClusterSuiteContext, before: unknown): Promise<void> {
  const { client, cluster } = context;
  assert.equal(await snapshot(context), before);
  const written = await client.index('fuzz', { id: 'last', doc: { title: 'the very last' } });
  const found = await client.search('fuzz', {
    query: { match: { title: 'very last' } },
    after: written.token,
    size: 1,
  });
  assert.is(found.hits.hits[0]?._id, 'last');
  const states = await eventually(() => {
    const copies = ['fuzz', 'steady'].flatMap((name) => {
      const group = cluster.context.view.group(name);
      return group === undefined ? [] : cluster.context.membership.copiesOf(group, 2_500);
    });
    const all = copies.map(({ state }) => state).toSorted();
    return all.length === 8 && all;
  });
  assert.equal(states, [...Array.from({ length: 4 }, () => 'primary'), ...Array.from({ length: 4 }, () => 'replica')]);
}

test.run();

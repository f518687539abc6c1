/** Groups served by an embedder's process: inline and from a module, alone and with others, asked by clients and by bare NATS. */
import * as assert from 'uvu/assert';
import { command, defineActor, query } from '../../src/actor/define.ts';
import type { StatefulDefinition } from '../../src/actor/definition.ts';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import { connect } from '../../src/client/connect.ts';
import { type ServedGroup, serve } from '../../src/host/serve.ts';
import { decode, encode, HEADERS } from '../../src/wire/codec.ts';
import { counterDefinition } from '../shard/support/counter.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { fixtureUrl } from './fixtures/fixture-url.ts';

const test = natsSuite('host/serve');
let clusters = 0;

const shouter = defineActor({
  kind: 'stateless',
  name: 'shouter',
  endpoints: {
    shout: query<undefined, { readonly text: string }, string>({
      polling: 'any',
      handle: (_, { text }) => text.toUpperCase(),
    }),
    where: query<undefined, unknown, number>({ polling: 'all', handle: (_state, _body, { shard }) => shard }),
    join: query<undefined, unknown, number>({
      polling: 'all',
      handle: (_state, _body, { shard }) => shard + 1,
      reduce: (partials) => partials.map(String).toSorted().join('+'),
    }),
    break: query<undefined, unknown, number>({
      polling: 'all',
      handle: () => 1,
      reduce: () => {
        throw new TypeError('reducer broke');
      },
    }),
    owner: query<undefined, { readonly user: { readonly id: string } }, number>({
      polling: { by: 'user.id' },
      handle: (_state, _body, { shard }) => shard,
    }),
  },
});

function newCluster(): string {
  clusters += 1;
  return `serve${clusters}`;
}

/** What a client without any library of ours sends and gets. */
async function bare(
  bus: NatsBus,
  subject: string,
  body: unknown,
): Promise<{ value: unknown; status: string | undefined }> {
  const inbox = bus.newInbox();
  return new Promise((resolve) => {
    const subscription = bus.subscribe(`${inbox}.r`, {}, (message) => {
      subscription.close();
      resolve({ value: decode(message.data, 'json'), status: message.header(HEADERS.serviceErrorCode) });
    });
    bus.publish(subject, encode(body, 'json'), { reply: `${inbox}.r` });
  });
}

async function closeAll(...groups: readonly ServedGroup[]): Promise<void> {
  for (const group of groups) await group.close();
}

test('a stateless group is polled as it says, and reduced', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster(), shards: 3, replicas: 2 };
  const group = await serve(shouter, options);
  const { client } = group;
  assert.is(await client.call('shouter', 'shout', { text: 'hey' }), 'HEY');
  assert.is(await client.call('shouter', '/shout', { text: 'with a slash' }), 'WITH A SLASH');
  assert.equal(await client.call('shouter', 'where', {}), [0, 1, 2]);
  assert.is(await client.call('shouter', 'join', {}), '1+2+3');
  const owner = await client.call('shouter', 'owner', { user: { id: 'ann' } });
  assert.is(await client.call('shouter', 'owner', { user: { id: 'ann' } }), owner);
  const broken = await failureOf(client.call('shouter', 'break', {}));
  assert.is(broken.code, 'ACTOR_FAILED');
  assert.match(broken.message, /reducer broke/);
  assert.is((await failureOf(client.call('shouter', 'owner', {}))).code, 'BAD_REQUEST');
  assert.is((await failureOf(client.call('shouter', 'whisper', {}))).code, 'UNKNOWN_ENDPOINT');
  assert.is((await failureOf(client.call('nobody', 'shout', {}))).code, 'GROUP_NOT_FOUND');
  await closeAll(group);
});

test('a stateful group of two copies keeps what it was told', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster(), shards: 2, replicas: 2 };
  const group = await serve(counterDefinition, options);
  const { client } = group;
  for (let n = 1; n <= 10; n++) {
    const answer = Object(await client.call('counter', 'add', { key: 'k' }));
    assert.is(answer.result.value, n);
    assert.is(await client.call('counter', 'get', { key: 'k' }, { after: answer.token }), n);
  }
  await client.call('counter', 'create', { key: 'other', by: 5 });
  assert.is((await failureOf(client.call('counter', 'create', { key: 'other' }))).code, 'CONFLICT');
  await closeAll(group);
  await group.close();
  const again = await serve(counterDefinition, options);
  assert.is(await again.client.call('counter', 'total', {}), 15);
  await closeAll(again);
});

test('two processes serve one group; either may go', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster() };
  const first = await serve(counterDefinition, { ...options, name: 'one', replicas: 1 });
  const second = await serve(counterDefinition, { ...options, name: 'two', replicas: 2 });
  await first.client.call('counter', 'add', { key: 'k' });
  await second.client.call('counter', 'add', { key: 'k' });
  await first.close();
  await second.client.call('counter', 'add', { key: 'k' });
  assert.is(await second.client.call('counter', 'get', { key: 'k' }), 3);
  await second.close();
});

test('a group that nobody hosts any more can be deleted, with its log', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster() };
  const group = await serve(counterDefinition, options);
  await group.client.call('counter', 'add', { key: 'k' });
  await group.close();
  const client = await connect({ servers: server.url, cluster: options.cluster });
  assert.equal(await client.request('group-delete', 'counter'), { acknowledged: true });
  assert.equal(await client.request('indices', '_'), []);
  await client.close();
  const again = await serve(counterDefinition, options);
  assert.is(await again.client.call('counter', 'total', {}), 0);
  await again.close();
});

test('a bare NATS request needs no root process', async ({ server, bus }) => {
  const cluster = newCluster();
  const group = await serve(counterDefinition, { connection: { servers: server.url }, cluster });
  const added = await bare(bus, `${cluster}.call.counter.add`, { key: 'k', by: 2 });
  assert.is(Object(added.value).result.value, 2);
  assert.equal(await bare(bus, `${cluster}.call.counter.get`, { key: 'k' }), { value: 2, status: undefined });
  const unknown = await bare(bus, `${cluster}.call.counter.subtract`, {});
  assert.is(unknown.status, '404');
  await group.close();
});

test('a module is served from worker threads, by URL or path', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster(), readyWithinMs: 20_000 };
  const group = await serve(new URL(fixtureUrl('fragile')).pathname, options);
  await group.client.call('fragile', 'add', { key: 'k', by: 3 });
  assert.is(await group.client.call('fragile', 'count', {}), 3);
  await group.close();
});

test('wrong definitions are refused before anything is opened', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster() };
  const wrong = {
    ...counterDefinition,
    endpoints: {
      add: {
        ...command({ polling: { by: 'key' }, decide: () => ({ kind: 'reject', code: 'CONFLICT', message: '' }) }),
        polling: 'all',
      },
    },
  };
  const refused = async (definition: unknown): Promise<string> =>
    (await failureOf(Reflect.apply(serve, undefined, [definition, options]))).code;
  assert.is(await refused(wrong), 'BAD_REQUEST');
  assert.is(await refused({}), 'BAD_REQUEST');
  assert.is(await refused(undefined), 'BAD_REQUEST');
  assert.is(await refused({ ...counterDefinition, name: 'No Such Name' }), 'INVALID_NAME');
  assert.is(
    await refused({ ...counterDefinition, endpoints: { Add: counterDefinition.endpoints['add'] } }),
    'INVALID_NAME',
  );
  assert.is(await refused(fixtureUrl('no-definition')), 'BAD_REQUEST');
  assert.is(await refused('/nowhere/at/all.js'), 'BAD_REQUEST');
  const relative = await failureOf(serve('./actor.js', options));
  assert.match(relative.message, /`\.\/actor\.js` is relative: give new URL\('\.\/actor\.js', import\.meta\.url\)/);
});

test('a group that exists otherwise is not served over', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster() };
  const group = await serve(counterDefinition, { ...options, shards: 2 });
  const other = query<unknown, unknown, unknown>({ polling: 'any', handle: () => 0 });
  const fewer: StatefulDefinition = { ...counterDefinition, endpoints: { get: other } };
  assert.match((await failureOf(serve(counterDefinition, { ...options, shards: 3 }))).message, /other shards/);
  assert.match((await failureOf(serve(fewer, options))).message, /other endpoints/);
  assert.match((await failureOf(serve({ ...shouter, name: 'counter' }, options))).message, /other kind/);
  await group.close();
});

test('a name that a live process holds is refused', async ({ server }) => {
  const options = { connection: { servers: server.url }, cluster: newCluster(), name: 'same' };
  const group = await serve(shouter, options);
  assert.is((await failureOf(serve(shouter, options))).code, 'ALREADY_EXISTS');
  assert.is(await group.client.call('shouter', 'shout', { text: 'still here' }), 'STILL HERE');
  await group.close();
});

test.run();

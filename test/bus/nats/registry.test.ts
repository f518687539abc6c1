/** The registry over a real server: compare-and-set, expiry, and watches that miss nothing. */
import * as assert from 'uvu/assert';
import type { Bus } from '../../../src/bus/bus.ts';
import type { Registry, RegistryChange } from '../../../src/bus/registry.ts';
import { eventually } from '../../support/eventually.ts';
import { failureOf } from '../../support/failure.ts';
import { connectTo, natsSuite } from '../../support/nats-suite.ts';
import { startProxy } from '../../support/tcp-proxy.ts';

const test = natsSuite('bus/nats/registry');
let made = 0;

test('values are changed by compare-and-set', async ({ bus }) => {
  const registry = await newRegistry(bus);
  assert.is(await registry.get('group.a'), undefined);
  const first = await registry.create('group.a', { shards: 3 });
  assert.is((await failureOf(registry.create('group.a', {}))).code, 'CONFLICT');
  const second = await registry.update('group.a', { shards: 4 }, first);
  assert.ok(second > first);
  assert.is((await failureOf(registry.update('group.a', {}, first))).code, 'CONFLICT');
  assert.equal(await registry.get('group.a'), { key: 'group.a', value: { shards: 4 }, revision: second });
  assert.is((await failureOf(registry.delete('group.a', first))).code, 'CONFLICT');
  await registry.delete('group.a', second);
  assert.is(await registry.get('group.a'), undefined);
});

test('a deleted key is created anew', async ({ bus }) => {
  const registry = await newRegistry(bus);
  for (let round = 0; round < 3; round += 1) {
    const revision = await registry.create('k', round);
    assert.is((await registry.get('k'))?.value, round);
    await registry.delete('k', revision);
  }
});

test('of many who create a key one succeeds', async ({ bus, server }) => {
  const other = await connectTo(server);
  const mine = await newRegistry(bus);
  const theirs = await other.openRegistry({ bucket: bucketName() });
  for (let round = 0; round < 20; round += 1) {
    const attempts = [mine, theirs, mine, theirs].map((registry, who) => registry.create(`race.${round}`, who));
    const settled = await Promise.allSettled(attempts);
    assert.is(settled.filter(({ status }) => status === 'fulfilled').length, 1);
  }
  await other.close();
});

test('put overwrites, falsy values count as values, and names are checked', async ({ bus }) => {
  const registry = await newRegistry(bus);
  for (const value of [0, false, '', null, []]) {
    await registry.put('falsy', value);
    assert.equal((await registry.get('falsy'))?.value, value);
  }
  assert.is((await failureOf(registry.put('no spaces', 1))).code, 'INVALID_NAME');
  assert.is((await failureOf(registry.put('x', undefined))).code, 'BAD_REQUEST');
});

test('entries are listed by prefix', async ({ bus }) => {
  const registry = await newRegistry(bus);
  assert.equal(await registry.list(''), []);
  for (const key of ['lease.a.1', 'lease.ab.1', 'group.a']) await registry.put(key, key);
  await registry.put('lease.gone', 1);
  await registry.delete('lease.gone');
  const keys = async (prefix: string): Promise<string[]> => (await registry.list(prefix)).map(({ key }) => key).sort();
  assert.equal(await keys(''), ['group.a', 'lease.a.1', 'lease.ab.1']);
  assert.equal(await keys('lease.'), ['lease.a.1', 'lease.ab.1']);
  assert.equal(await keys('lease.a.'), ['lease.a.1']);
  assert.equal(await keys('lease.a'), ['lease.a.1', 'lease.ab.1']);
});

test('a bucket may be opened by several at once', async ({ bus, server }) => {
  const other = await connectTo(server);
  made += 1;
  const options = { bucket: bucketName(), ttlMs: 60_000 };
  const [a, b] = await Promise.all([bus.openRegistry(options), other.openRegistry(options), bus.openRegistry(options)]);
  await a?.put('x', 1);
  assert.is((await b?.get('x'))?.value, 1);
  await other.close();
});

test('a watch tells what is there, and then what changes', async ({ bus }) => {
  const registry = await newRegistry(bus);
  await registry.put('leaf.a', 1);
  await registry.put('other', 1);
  const watch = await watching(registry, 'leaf.');
  assert.equal(watch.state(), { 'leaf.a': 1 });
  await registry.put('leaf.b', 2);
  await registry.put('leaf.a', 3);
  await registry.delete('leaf.b');
  await registry.put('other', 2);
  await eventually(() => watch.changes.length === 4);
  assert.equal(watch.state(), { 'leaf.a': 3 });
  await watch.close();
  await registry.put('leaf.c', 1);
  assert.is(watch.changes.length, 4);
});

test('a watch of an empty bucket starts at once', async ({ bus }) => {
  const registry = await newRegistry(bus);
  const watch = await watching(registry, '');
  await registry.put('first', 1);
  await eventually(() => watch.changes.length === 1);
  await watch.close();
});

test('an entry that is not written again expires, is seen to, and can be created anew', async ({ bus }) => {
  const registry = await newRegistry(bus, 1_000);
  const watch = await watching(registry, 'leaf.');
  const revision = await registry.create('leaf.a', 'up');
  await eventually(() => watch.state()['leaf.a'] === 'up');
  await eventually(() => watch.state()['leaf.a'] === undefined, { withinMs: 6_000 });
  assert.is(await registry.get('leaf.a'), undefined);
  const again = await registry.create('leaf.a', 'back');
  assert.ok(again > revision);
  await eventually(() => watch.state()['leaf.a'] === 'back');
  await watch.close();
});

test('a watch catches up after a crash of the server, with what changed meanwhile', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const registry = await newRegistry(bus);
  await registry.put('kept', 1);
  await registry.put('dropped', 1);
  const watch = await watching(await through.openRegistry({ bucket: bucketName() }), '');
  proxy.cut();
  await registry.delete('dropped');
  await registry.put('kept', 2);
  await server.kill();
  await server.restart();
  await registry.put('added', 3);
  proxy.heal();
  await eventually(() => watch.state()['kept'] === 2 && watch.state()['added'] === 3 && !('dropped' in watch.state()), {
    withinMs: 10_000,
  });
  await registry.put('live', 4);
  await eventually(() => watch.state()['live'] === 4);
  await watch.close();
  await through.close();
  await proxy.close();
});

test('a resync finds an entry that vanished without a word', async ({ bus }) => {
  const registry = await newRegistry(bus);
  await registry.put('purged', 1);
  const watch = await watching(registry, '');
  const stream = `KV_${bucketName()}`;
  const purged = await bus.api.call(`STREAM.PURGE.${stream}`, { filter: `$KV.${bucketName()}.purged` });
  assert.ok(purged.ok);
  await eventually(() => !('purged' in watch.state()), { withinMs: 15_000 });
  await watch.close();
});

test('a write whose acknowledgement is lost is known to be mine', async ({ bus, server }) => {
  const proxy = await startProxy(server.port);
  const through = await connectTo(proxy);
  const registry = await newRegistry(bus);
  const mine = await through.openRegistry({ bucket: bucketName() });
  const revision = await registry.create('lease', { owner: 'a' });
  proxy.mute();
  const taken = mine.update('lease', { owner: 'b' }, revision);
  await eventually(async () => (await registry.get('lease'))?.revision === revision + 1);
  proxy.cut();
  proxy.heal();
  assert.is(await taken, revision + 1);
  await through.close();
  await proxy.close();
});

test('revisions of a key never go backwards in a watch', async ({ bus }) => {
  const registry = await newRegistry(bus);
  const watch = await watching(registry, '');
  for (let round = 0; round < 200; round += 1) await registry.put(`k${round % 5}`, round);
  await eventually(() => watch.state()['k4'] === 199);
  const last = new Map<string, number>();
  for (const { key, revision } of watch.changes) {
    assert.ok(revision > (last.get(key) ?? 0));
    last.set(key, revision);
  }
  await watch.close();
});

test.run();

function bucketName(): string {
  return `reg${made}`;
}

async function newRegistry(bus: Bus, ttlMs?: number): Promise<Registry> {
  made += 1;
  return bus.openRegistry(ttlMs === undefined ? { bucket: bucketName() } : { bucket: bucketName(), ttlMs });
}

async function watching(
  registry: Registry,
  prefix: string,
): Promise<{ changes: RegistryChange[]; state(): Record<string, unknown>; close(): Promise<void> }> {
  const changes: RegistryChange[] = [];
  const watch = await registry.watch(prefix, (change) => changes.push(change));
  const state = (): Record<string, unknown> => {
    const present: Record<string, unknown> = {};
    for (const { key, value } of changes) {
      if (value === undefined) delete present[key];
      else present[key] = value;
    }
    return present;
  };
  return { changes, state, close: () => watch.close() };
}

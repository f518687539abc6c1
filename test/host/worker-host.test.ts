/** Copies in worker threads: a thread that dies or hangs takes neither the leaf nor the shard with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import { Coppice } from '../../src/client/client.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { type Reporter, systemEnv } from '../../src/env.ts';
import { Leaf } from '../../src/host/leaf.ts';
import { openLocal } from '../../src/host/open-local.ts';
import { WorkerHost } from '../../src/host/worker-host.ts';
import type { WorkerLimits } from '../../src/host/worker-limits.ts';
import { asList, asRecord } from '../client/support/expect.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import type { TestServer } from '../support/nats-server.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';
import { fixtureUrl } from './fixtures/fixture-url.ts';
import { FRAGILE, placeFragile } from './support/place-fragile.ts';

const test = natsSuite('host/worker-host');
/** Threads start slowly where sources are compiled as they are loaded. */
const THREAD_MS = 8_000;
let made = 0;

type Setup = {
  readonly context: ClusterContext;
  readonly client: Coppice;
  readonly leaves: readonly Leaf[];
  readonly reported: string[];
  readonly states: () => readonly string[];
  readonly hosts: readonly WorkerHost[];
  readonly openLeaf: (name: string) => Promise<{ readonly leaf: Leaf }>;
  readonly close: () => Promise<void>;
};

async function setUp(
  server: TestServer,
  options: { leaves: number; shards?: number; workers?: number; limits?: Partial<WorkerLimits>; data?: string },
): Promise<Setup> {
  made += 1;
  const cluster = `workers${made}`;
  const { data } = options;
  const reported: string[] = [];
  const bus: NatsBus = await connectTo(server);
  const report: Reporter = (_, message) => reported.push(message);
  const context = await joinCluster({ cluster, bus, env: systemEnv, report, local: openLocal(data, cluster) });
  const client = new Coppice(context);
  const hosts: WorkerHost[] = [];
  const leaves: Leaf[] = [];
  const openLeaf = async (name: string): Promise<{ readonly leaf: Leaf }> => {
    const host = new WorkerHost({
      bus,
      connection: { servers: server.url },
      cluster,
      env: systemEnv,
      report,
      data,
      workers: options.workers ?? 1,
      limits: options.limits ?? {},
      actors: { [FRAGILE]: { kind: 'module', url: fixtureUrl('fragile') } },
    });
    hosts.push(host);
    const leaf = await Leaf.start({ context, host, name, zone: '', provides: [FRAGILE], onLost: () => {} });
    leaves.push(leaf);
    return { leaf };
  };
  for (let n = 1; n <= options.leaves; n++) await openLeaf(`l${n}`);
  const shards = options.shards ?? 1;
  await placeFragile(context, { leaves: leaves.map(({ name }) => name), shards });
  const states = (): readonly string[] => hosts.flatMap((host) => host.statuses().map(({ state }) => state));
  await eventually(() => states().filter((state) => state === 'primary').length === shards, { withinMs: THREAD_MS });
  return {
    context,
    client,
    leaves,
    reported,
    states,
    hosts,
    openLeaf,
    close: async () => {
      await Promise.all(leaves.map(async (leaf) => leaf.close()));
      await client.close();
      await bus.close();
    },
  };
}

async function add(client: Coppice, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await client.call('fragile', 'add', { key: `k${n}`, by: 1 });
}

test('shards are spread over threads, and answer', async ({ server }) => {
  const setup = await setUp(server, { leaves: 1, shards: 3, workers: 2 });
  await add(setup.client, 20);
  assert.is(await setup.client.call('fragile', 'count', {}), 20);
  await setup.close();
});

for (const [crash, cause] of [
  ['exit', 'worker.exited'],
  ['throwlater', 'worker.crashed'],
] as const) {
  test(`a thread that dies of \`${crash}\` comes back with its copies; the pulse goes on meanwhile`, async ({
    server,
  }) => {
    const setup = await setUp(server, { leaves: 1, shards: 2 });
    const { client, context, states } = setup;
    await add(client, 10);
    let pulses = 0;
    const stop = context.membership.onPulse(() => pulses++);
    // Whether the answer or the death comes first is open; what counts is what follows.
    const asked = Promise.allSettled([client.call('fragile', crash, {}, { deadlineMs: 500 })]);
    await eventually(() => states().includes('failed'));
    const before = pulses;
    await asked;
    await eventually(() => states().every((state) => state === 'primary'), { withinMs: THREAD_MS });
    assert.ok(pulses > before);
    stop();
    assert.is(await client.call('fragile', 'count', {}), 10);
    await add(client, 2);
    assert.is(await client.call('fragile', 'count', {}), 12);
    assert.ok(setup.reported.includes('worker thread will be started again'));
    const { transitions } = asRecord(await client.request('shard-history', 'fragile', { shard: 0 }));
    const steps = asList(transitions).map((step) => asRecord(step));
    const death = steps.findIndex((step) => step['cause'] === cause);
    assert.is(steps[death]?.['from'], 'primary');
    assert.is(steps[death]?.['to'], 'failed');
    assert.ok(
      steps.slice(0, death).some(({ to }) => to === 'primary'),
      'what was before the crash is remembered',
    );
    assert.ok(steps.slice(death).some(({ to }) => to === 'primary'));
    await setup.close();
  });
}

test('while a thread that led is down, the copy on another leaf takes over', async ({ server }) => {
  const setup = await setUp(server, { leaves: 2 });
  const { client, context } = setup;
  await eventually(() => setup.states().every((state) => state === 'primary' || state === 'replica'), {
    withinMs: THREAD_MS,
  });
  await add(client, 5);
  const group = context.view.group('fragile');
  if (group === undefined) throw new Error('no group');
  const leader = (): string | undefined =>
    context.membership.copiesOf(group, 2_000).find(({ state }) => state === 'primary')?.leaf;
  const first = await eventually(leader);
  const startMs = performance.now();
  const { code } = await failureOf(client.call('fragile', 'exit', {}, { deadlineMs: 300 }));
  assert.is(code, 'ACTOR_FAILED', 'tried again, it would take the other thread down, too');
  await add(client, 1);
  assert.ok(performance.now() - startMs < THREAD_MS);
  assert.is(typeof first, 'string');
  assert.is(await eventually(async () => (await client.call('fragile', 'count', {})) === 6), true);
  await setup.close();
});

test('a thread that hangs is told as failed, and another copy leads', async ({ server }) => {
  const setup = await setUp(server, { leaves: 1 });
  const { client, states } = setup;
  await failureOf(client.call('fragile', 'spin', { ms: 4_500 }, { deadlineMs: 200 }));
  await eventually(() => states().includes('failed'), { withinMs: 6_000 });
  await eventually(() => states().includes('primary'), { withinMs: THREAD_MS });
  await add(client, 1);
  await setup.close();
});

test('a thread that dies comes back with the files of its copies, and two leaves never share them', async ({
  server,
}) => {
  const data = await mkdtemp(join(tmpdir(), 'worker-data-'));
  const setup = await setUp(server, { leaves: 1, shards: 2, data });
  const { client, context, states, reported } = setup;
  await add(client, 10);
  const [host] = setup.hosts;
  assert.ok(host !== undefined);
  const again = { context, host, name: 'l1', zone: '', provides: [], onLost: () => {} };
  assert.is((await failureOf(Leaf.start(again))).code, 'STORE_IN_USE');
  await setup.leaves[0]?.close();
  const { leaf } = await setup.openLeaf('l1');
  await eventually(() => states().filter((state) => state === 'primary').length === 2, { withinMs: THREAD_MS });
  assert.is(reported.filter((message) => message === 'restored from local files').length, 2);
  await add(client, 2);
  await Promise.allSettled([client.call('fragile', 'exit', {}, { deadlineMs: 500 })]);
  await eventually(() => states().includes('failed'));
  await eventually(() => states().filter((state) => state === 'primary').length === 2, { withinMs: THREAD_MS });
  assert.is(reported.filter((message) => message === 'restored from local files').length, 4);
  assert.is(await client.call('fragile', 'count', {}), 12);
  await leaf.close();
  await setup.close();
  await rm(data, { recursive: true });
});

test('a leaf closes although its thread is down', async ({ server }) => {
  const setup = await setUp(server, { leaves: 1 });
  await failureOf(setup.client.call('fragile', 'exit', {}, { deadlineMs: 200 }));
  await eventually(() => setup.states().includes('failed'));
  const startMs = performance.now();
  await setup.close();
  assert.ok(performance.now() - startMs < 5_000);
});

test.run();

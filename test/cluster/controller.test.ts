/** Who decides placement, and what it decides when leaves come, drain, die, and groups come, change and go. */
import * as assert from 'uvu/assert';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { Controller } from '../../src/cluster/controller.ts';
import { createGroup, deleteGroup, finishDeletion, logSpec, setCopies } from '../../src/cluster/groups.ts';
import { groupKey, placementKey } from '../../src/cluster/view.ts';
import { systemEnv } from '../../src/env.ts';
import type { GroupRecord } from '../../src/wire/records.ts';
import { counterDefinition } from '../shard/support/counter.ts';
import { openStory, type Story } from '../shard/support/story.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import type { TestServer } from '../support/nats-server.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('cluster/controller');
let clusters = 0;

type Candidate = {
  readonly controller: Controller;
  readonly context: ClusterContext;
  readonly bus: NatsBus;
  close(): Promise<void>;
};

async function openCandidate(server: TestServer, cluster: string): Promise<Candidate> {
  const bus = await connectTo(server);
  const context = await joinCluster({ cluster, bus, env: systemEnv, report: () => {} });
  const controller = new Controller(context);
  await controller.start();
  const close = async (): Promise<void> => {
    await controller.close();
    await context.close();
    await bus.close();
  };
  return { controller, context, bus, close };
}

async function newGroup(context: ClusterContext, copies: number, name = 'counter'): Promise<GroupRecord> {
  return createGroup(context, {
    name,
    definition: counterDefinition,
    shards: 2,
    copies,
    requires: 'group:counter',
    settings: null,
  });
}

/** Leaves of each shard, as placed. */
function placed(story: Story, group: GroupRecord): readonly (readonly string[])[] {
  return (story.context.view.placement(group)?.shards ?? []).map(({ copies }) => copies.toSorted());
}

test('of three candidates one presides, and another takes the seat when it leaves', async ({ server }) => {
  const cluster = `seat${++clusters}`;
  const candidates = await Promise.all([1, 2, 3].map(async () => openCandidate(server, cluster)));
  const presiding = (): readonly Candidate[] => candidates.filter(({ controller }) => controller.presides);
  await eventually(() => presiding().length === 1);
  const [first] = presiding();
  await first?.close();
  await eventually(() => presiding().some((one) => one !== first), { withinMs: 2_000 });
  assert.is(presiding().filter((one) => one !== first).length, 1);
  await Promise.all(candidates.map(async (one) => one.close()));
});

test('the seat of a candidate that died is taken over', async ({ server }) => {
  const cluster = `seat${++clusters}`;
  const first = await openCandidate(server, cluster);
  await eventually(() => first.controller.presides);
  const second = await openCandidate(server, cluster);
  await first.bus.close();
  assert.not.ok(second.controller.presides);
  await eventually(() => second.controller.presides, { withinMs: 6_000 });
  await first.close();
  await second.close();
});

test('a new group is placed on the leaves there are, and follows its number of copies up and down', async ({
  server,
}) => {
  const story = await openStory(server);
  for (const name of ['a', 'b', 'c']) await story.openLeaf(name);
  const candidate = await openCandidate(server, story.cluster);
  const group = await newGroup(story.context, 1);
  await eventually(() => placed(story, group).length === 2 && placed(story, group).every(({ length }) => length === 1));
  await story.primaryOf(group, 0);
  await story.primaryOf(group, 1);
  await story.client.call('counter', 'add', { key: 'k' });
  await setCopies(story.context, 'counter', 3);
  await eventually(() => placed(story, group).every((copies) => copies.join() === 'a,b,c'));
  await setCopies(story.context, 'counter', 1);
  await eventually(() => placed(story, group).every(({ length }) => length === 1));
  assert.is(await story.client.call('counter', 'get', { key: 'k' }), 1);
  assert.is((await failureOf(setCopies(story.context, 'counter', 0))).code, 'BAD_REQUEST');
  assert.is((await failureOf(setCopies(story.context, 'nothing', 1))).code, 'GROUP_NOT_FOUND');
  await candidate.close();
  await story.close();
});

test('a leaf that drains is left by its copies, which serve elsewhere', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const candidate = await openCandidate(server, story.cluster);
  const group = await newGroup(story.context, 1);
  await story.primaryOf(group, 0);
  await story.client.call('counter', 'add', { key: 'k' });
  await story.openLeaf('b');
  await story.context.rpc.request(`${story.cluster}.leaf.a.drain`, {});
  await eventually(() => placed(story, group).every((copies) => copies.join() === 'b'), { withinMs: 10_000 });
  const token = await story.client.call('counter', 'add', { key: 'k' });
  assert.equal(token, { result: { value: 2, seqNo: 1 }, token: Object(token).token });
  await candidate.close();
  await story.close();
});

test('a leaf that died keeps its copies for a while, but is given none', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const dead = await story.openLeaf('b');
  const candidate = await openCandidate(server, story.cluster);
  const older = await newGroup(story.context, 2, 'counter');
  await eventually(
    () => placed(story, older).every((copies) => copies.join() === 'a,b') && placed(story, older).length === 2,
  );
  await dead.kill();
  const { membership, env } = story.context;
  await eventually(() => env.clock.nowMs() - (membership.pulseOf('b')?.atMs ?? 0) > 3_100, { withinMs: 6_000 });
  const newer = await newGroup(story.context, 1, 'second');
  const third = await newGroup(story.context, 2, 'third');
  await eventually(() => placed(story, newer).length === 2 && placed(story, third).length === 2);
  await eventually(() => [...placed(story, newer), ...placed(story, third)].every((copies) => copies.join() === 'a'));
  assert.ok(placed(story, older).every((copies) => copies.join() === 'a,b'));
  await candidate.close();
  await story.close();
});

test('a deletion that its root did not finish is finished for it', async ({ server }) => {
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const candidate = await openCandidate(server, story.cluster);
  const group = await newGroup(story.context, 1);
  await story.primaryOf(group, 0);
  const { registry, bus } = story.context;
  const entry = await registry.get(groupKey('counter'));
  await registry.update(groupKey('counter'), { ...group, deleting: true }, entry?.revision ?? 0);
  await eventually(() => leaf.statuses().length === 0);
  assert.is((await failureOf(setCopies(story.context, 'counter', 2))).code, 'GROUP_NOT_FOUND');
  await eventually(async () => (await registry.get(groupKey('counter'))) === undefined, { withinMs: 9_000 });
  assert.is(await registry.get(placementKey('counter')), undefined);
  assert.equal(await registry.list('lease.counter'), []);
  assert.equal(await registry.list('shared.counter'), []);
  assert.is((await failureOf(bus.openLog(logSpec(story.cluster, group)).last(0))).code, 'STALE_GENERATION');
  await candidate.close();
  await story.close();
});

test('deleting one life of a group leaves the next one alone', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const candidate = await openCandidate(server, story.cluster);
  const older = await newGroup(story.context, 1);
  await story.primaryOf(older);
  await deleteGroup(story.context, 'counter');
  const newer = await newGroup(story.context, 1);
  await story.primaryOf(newer);
  await finishDeletion(story.context, older);
  assert.ok((await story.context.registry.get(placementKey('counter'))) !== undefined);
  assert.is((await failureOf(newGroup(story.context, 1))).code, 'ALREADY_EXISTS');
  assert.is(typeof (await story.client.call('counter', 'total', {})), 'number');
  await candidate.close();
  await story.close();
});

test.run();

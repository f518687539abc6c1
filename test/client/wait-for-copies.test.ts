/** `wait_for: all`: the answer tells which of the serving copies have applied the write, and names those that have not. */
import * as assert from 'uvu/assert';
import { waitForCopies } from '../../src/client/actions/wait-for-copies.ts';
import { Router } from '../../src/client/router.ts';
import { Writer } from '../../src/client/writer.ts';
import { joinCluster } from '../../src/cluster/context.ts';
import { systemEnv } from '../../src/env.ts';
import { SERVING_STATES as SERVING } from '../../src/wire/records.ts';
import { openStory, within } from '../shard/support/story.ts';
import { eventually } from '../support/eventually.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('client/wait-for-copies');

test('all copies that serve are waited for, and one that is stopped is named', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b'), await story.openLeaf('c')];
  const group = await story.createGroup('waited', { leaves: ['a', 'b', 'c'] });
  const primary = await story.primaryOf(group);
  const replica = leaves.find((leaf) => leaf !== primary);
  if (replica === undefined) throw new Error('there is no replica');
  const { context } = story;
  const writer = new Writer(context);
  const root = { context, writer, router: new Router(context) };
  const serving = (): number => context.membership.copiesOf(group).filter(({ state }) => state === 'replica').length;
  await eventually(() => serving() === 2);
  const write = async (key: string, deadlineMs: number) => {
    const results = await writer.write(group, 'add', [{ key, body: { key } }], within(10_000));
    assert.ok(results.every(({ ok }) => ok));
    return waitForCopies(root, group, results, within(deadlineMs));
  };

  assert.equal([...(await write('x', 10_000))], [[0, { total: 3, successful: 3, failed: 0 }]]);

  replica.proxy.pause();
  const startMs = performance.now();
  const outcome = (await write('y', 600)).get(0);
  assert.equal([outcome?.total, outcome?.successful, outcome?.failed], [3, 2, 1]);
  const [failure, ...others] = outcome?.failures ?? [];
  assert.is(others.length, 0);
  assert.equal([failure?._index, failure?._shard, failure?._node], ['waited', 0, replica.name]);
  assert.is(failure?.reason.type, 'timeout_exception');
  assert.ok(performance.now() - startMs < 5_000);

  await eventually(() => serving() === 1);
  const rest = await write('z', 5_000);
  assert.equal([...rest], [[0, { total: 3, successful: 2, failed: 0 }]], 'a copy that is away is not waited for');
  replica.proxy.heal();
  await story.close();
});

test('a root that has just joined waits for copies that it has not heard yet', async ({ server }) => {
  const story = await openStory(server);
  for (const name of ['a', 'b']) await story.openLeaf(name);
  const group = await story.createGroup('early', { leaves: ['a', 'b'] });
  await story.primaryOf(group);
  const serving = (): number =>
    story.context.membership.copiesOf(group).filter(({ state }) => SERVING.has(state)).length;
  await eventually(() => serving() === 2);
  for (let round = 0; round < 3; round++) {
    const bus = await connectTo(server);
    const context = await joinCluster({ cluster: story.cluster, bus, env: systemEnv, report: () => {} });
    const writer = new Writer(context);
    const results = await writer.write(group, 'add', [{ key: 'x', body: { key: 'x' } }], within(10_000));
    const outcome = await waitForCopies(
      { context, writer, router: new Router(context) },
      group,
      results,
      within(10_000),
    );
    assert.equal([...outcome], [[0, { total: 2, successful: 2, failed: 0 }]]);
    await context.close();
    await bus.close();
  }
  await story.close();
});

test('nothing written is waited for by nobody', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const group = await story.createGroup('nothing', { leaves: ['a'] });
  const { context } = story;
  const root = { context, writer: new Writer(context), router: new Router(context) };
  assert.is((await waitForCopies(root, group, [], within(1_000))).size, 0);
  await story.close();
});

test.run();

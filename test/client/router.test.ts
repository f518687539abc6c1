/** Queries on their way to shards: who is asked, what is made of the answers, and what is said where some are missing. */
import * as assert from 'uvu/assert';
import { shardOfSlot, slotOf } from '../../src/actor/slots.ts';
import { Router, type ShardAnswer, unavailable } from '../../src/client/router.ts';
import { PULSE_INTERVAL_MS } from '../../src/cluster/membership.ts';
import { CoppiceError, type ErrorCode } from '../../src/errors.ts';
import { groupToken } from '../../src/wire/names.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { openStory, within } from '../shard/support/story.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('client/router');

test('a key goes to the shard that owns its slot, `all` to every shard, in their order', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'], shards: 4 });
  for (let shard = 0; shard < 4; shard++) await story.primaryOf(group, shard);
  const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
  for (const key of keys) await story.client.call('counter', 'add', { key });
  const router = new Router(story.context);
  const orders = await router.ask(group, { endpoint: 'order' }, within(3_000));
  assert.equal(
    orders.map((answer) => answer.ok && answer.value),
    [0, 1, 2, 3].map((shard) => keys.filter((key) => shardOfSlot(group.slots, slotOf(key)) === shard)),
  );
  assert.is(await router.call('counter', 'total', {}, within(3_000)), 20);
  for (const key of keys) assert.is(await router.call('counter', 'get', { key }, within(3_000)), 1);
  await story.close();
});

test('each shard can be asked a question of its own', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'], shards: 2 });
  for (let shard = 0; shard < 2; shard++) await story.primaryOf(group, shard);
  const keys = ['x', 'y', 'z', 'w'];
  for (const key of keys) await story.client.call('counter', 'add', { key, by: 3 });
  const owned = (shard: number): string => keys.find((key) => shardOfSlot(group.slots, slotOf(key)) === shard) ?? 'x';
  const bodies = new Map([0, 1].map((shard) => [shard, { key: owned(shard) }]));
  const answers = await new Router(story.context).ask(group, { endpoint: 'get', bodies }, within(3_000));
  const expected = [0, 1].map((shard) => (shardOfSlot(group.slots, slotOf(owned(shard))) === shard ? 3 : 0));
  assert.equal(
    answers.map((answer) => answer.ok && answer.value),
    expected,
  );
  await story.close();
});

test('a shard without copies is named, and the others are heard', async ({ server }) => {
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'], shards: 2 });
  for (let shard = 0; shard < 2; shard++) await story.primaryOf(group, shard);
  const placement = await story.context.registry.get('placement.counter');
  await story.context.registry.put('placement.counter', {
    ...Object(placement?.value),
    version: 9,
    shards: [
      { shard: 0, copies: ['a'] },
      { shard: 1, copies: [] },
    ],
  });
  await eventually(() => leaf.statuses().length === 1);
  const answers = await new Router(story.context).ask(group, { endpoint: 'total' }, within(2_000));
  assert.equal(
    answers.map(({ ok }) => ok),
    [true, false],
  );
  const error = await failureOf(story.client.call('counter', 'total', {}, { deadlineMs: 2_000 }));
  assert.is(error.code, 'SHARD_UNAVAILABLE');
  assert.match(error.message, /shard 1/);
  await story.close();
});

test('a query goes to another copy when one is frozen', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const first = await story.primaryOf(group);
  await eventually(() =>
    leaves.every((leaf) => leaf.statuses().some(({ state }) => ['primary', 'replica'].includes(state))),
  );
  await story.client.call('counter', 'add', { key: 'k' });
  const replica = leaves.find((leaf) => leaf !== first);
  replica?.proxy.pause();
  for (let n = 0; n < 10; n++) {
    const startMs = performance.now();
    assert.is(await story.client.call('counter', 'get', { key: 'k' }), 1);
    assert.ok(performance.now() - startMs < 1_000);
  }
  replica?.proxy.resume();
  await story.close();
});

test('a copy that stays silent is passed over, and asked again when it is heard', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const first = await story.primaryOf(group);
  await eventually(() =>
    leaves.every((leaf) => leaf.statuses().some(({ state }) => ['primary', 'replica'].includes(state))),
  );
  const frozen = leaves.find((leaf) => leaf !== first);
  if (frozen === undefined) throw new Error('two leaves, one primary');
  const token = groupToken(group.name, group.generation);
  let asked = 0;
  let firstAsked = '';
  for (const leaf of leaves) {
    const place = { cluster: story.cluster, leaf: leaf.name, group: token, shard: 0, endpoint: 'total' };
    story.context.bus.subscribe(fill(SUBJECTS.copy, place), {}, () => {
      firstAsked ||= leaf.name;
      if (leaf === frozen) asked += 1;
    });
  }
  await story.context.bus.flush();
  const router = new Router(story.context);
  const ask = async (): Promise<void> => {
    firstAsked = '';
    const [answer] = await router.ask(group, { endpoint: 'total', shards: [0] }, within(5_000));
    assert.ok(answer?.ok === true);
    await story.context.bus.flush();
  };
  frozen.proxy.pause();
  // A pulse that was on its way would count as a sign of life from the silent copy.
  const { clock } = story.context.env;
  const heardMs = (): number => story.context.membership.pulseOf(frozen.name)?.atMs ?? 0;
  await eventually(() => clock.nowMs() - heardMs() > 1.5 * PULSE_INTERVAL_MS);
  for (let n = 0; n < 40; n++) await ask();
  const before = asked;
  assert.ok(before >= 3, `asked ${before} times before it was passed over`);
  for (let n = 0; n < 40; n++) {
    await ask();
    // When the other one is slow, a hedge may still try it, as the last one.
    assert.is(firstAsked, first.name);
  }
  frozen.proxy.resume();
  const isAskedAgain = async (): Promise<boolean> => {
    await ask();
    return firstAsked === frozen.name;
  };
  await eventually(isAskedAgain, { withinMs: 20_000 });
  await story.close();
});

test('names that are close are suggested', async ({ server }) => {
  const story = await openStory(server);
  await story.createGroup('counter', { leaves: [] });
  assert.match((await failureOf(story.client.call('countre', 'get', { key: 'k' }))).message, /did you mean `counter`/);
  assert.match((await failureOf(story.client.call('counter', 'totl', {}))).message, /did you mean `total`/);
  await story.close();
});

test('of several failures the caller hears of his own mistake first', async ({ server }) => {
  const story = await openStory(server);
  const group = await story.createGroup('counter', { leaves: [] });
  const failed = (code: ErrorCode, shard: number): ShardAnswer => ({
    shard,
    ok: false,
    error: new CoppiceError(code, `because ${code}`),
  });
  assert.is(unavailable(group, [failed('NO_RESPONDERS', 0), failed('BAD_REQUEST', 1)]).code, 'BAD_REQUEST');
  assert.is(
    unavailable(group, [failed('DEADLINE_EXCEEDED', 0), failed('DEADLINE_EXCEEDED', 1)]).code,
    'DEADLINE_EXCEEDED',
  );
  const mixed = unavailable(group, [failed('DEADLINE_EXCEEDED', 0), failed('NO_RESPONDERS', 1)]);
  assert.is(mixed.code, 'SHARD_UNAVAILABLE');
  assert.match(mixed.message, /shard 0: .*shard 1: /);
  await story.close();
});

test.run();

/** The life of a group in the registry: whole or not at all, changed by one at a time, and gone without a trace. */
import * as assert from 'uvu/assert';
import {
  createGroup,
  deleteGroup,
  endpointRecords,
  type GroupSpec,
  logSpec,
  setCopies,
} from '../../src/cluster/groups.ts';
import { sharedKey } from '../../src/cluster/view.ts';
import { counterDefinition } from '../shard/support/counter.ts';
import { openStory } from '../shard/support/story.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('cluster/groups');

const SPEC: GroupSpec = {
  name: 'counter',
  definition: counterDefinition,
  shards: 2,
  copies: 1,
  requires: 'group:counter',
  settings: { any: 'thing' },
};

test('a group is made with its log and its shared document, and known everywhere', async ({ server }) => {
  const story = await openStory(server);
  const { context } = story;
  const group = await createGroup(context, SPEC);
  assert.is(await context.bus.openLog(logSpec(story.cluster, group)).last(0), undefined);
  assert.equal((await context.registry.get(sharedKey(group)))?.value, { document: { names: [] } });
  assert.ok(await context.view.until(() => context.view.group('counter')?.generation === group.generation, 2_000));
  assert.match(group.generation, /^[a-z0-9]{12}$/);
  await story.close();
});

test('of many who make the same group one succeeds, and the others leave nothing behind', async ({ server }) => {
  const story = await openStory(server);
  const tries = Array.from({ length: 5 }, async () => createGroup(story.context, SPEC));
  const ended = await Promise.allSettled(tries);
  assert.is(ended.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const one of ended) if (one.status === 'rejected') assert.is(Object(one.reason).code, 'ALREADY_EXISTS');
  assert.is((await story.context.registry.list('shared.')).length, 1);
  await story.close();
});

test('names and numbers out of range are refused', async ({ server }) => {
  const story = await openStory(server);
  const codeOf = async (changes: Partial<GroupSpec>): Promise<string> =>
    (await failureOf(createGroup(story.context, { ...SPEC, ...changes }))).code;
  assert.is(await codeOf({ name: 'Upper' }), 'INVALID_NAME');
  for (const shards of [0, 1.5, 1_025, Number.NaN]) assert.is(await codeOf({ shards }), 'BAD_REQUEST');
  for (const copies of [0, -1, 11]) assert.is(await codeOf({ copies }), 'BAD_REQUEST');
  assert.equal(await story.context.registry.list('group.'), []);
  await story.close();
});

test('changes made at once are all made', async ({ server }) => {
  const story = await openStory(server);
  await createGroup(story.context, SPEC);
  await Promise.all([1, 2, 3, 4, 5].map(async (copies) => setCopies(story.context, 'counter', copies)));
  const entry = await story.context.registry.get('group.counter');
  assert.ok([1, 2, 3, 4, 5].includes(Object(entry?.value).copies));
  await story.close();
});

test('a deleted group leaves nothing but markers, and can be deleted by two at once', async ({ server }) => {
  const story = await openStory(server);
  const { context } = story;
  const group = await createGroup(context, SPEC);
  const ended = await Promise.allSettled([deleteGroup(context, 'counter'), deleteGroup(context, 'counter')]);
  assert.ok(ended.some(({ status }) => status === 'fulfilled'));
  for (const one of ended) if (one.status === 'rejected') assert.is(Object(one.reason).code, 'GROUP_NOT_FOUND');
  // For those who keep the depot tidy.
  const left = (await context.registry.list('')).map(({ key }) => key);
  assert.equal(left, [`gone.${group.generation}`]);
  assert.is((await failureOf(context.bus.openLog(logSpec(story.cluster, group)).last(0))).code, 'STALE_GENERATION');
  assert.is((await failureOf(deleteGroup(context, 'counter'))).code, 'GROUP_NOT_FOUND');
  await story.close();
});

test('roots learn how endpoints are polled and reduced', () => {
  const records = endpointRecords(counterDefinition);
  assert.equal(records['add'], { kind: 'command', polling: { by: 'key' } });
  assert.equal(records['total'], { kind: 'query', polling: 'all', reduce: 'sum' });
  assert.equal(records['broken'], { kind: 'query', polling: 'any' });
});

test.run();

/** A leaf's name: held by one live process, free again when it is dead, kept through trouble. */
import * as assert from 'uvu/assert';
import { fill, LEAF_KEYS } from '../../src/wire/subjects.ts';
import { openStory } from '../shard/support/story.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('host/leaf-name');
const KEY = fill(LEAF_KEYS.leaf, { leaf: 'a' });

test('a second live leaf of the same name refuses to start, and the first goes on', async ({ server }) => {
  const story = await openStory(server);
  const first = await story.openLeaf('a');
  const error = await failureOf(story.openLeaf('a'));
  assert.is(error.code, 'ALREADY_EXISTS');
  assert.match(error.message, /pid \d+/);
  assert.equal(await story.context.membership.ping('a'), { kind: 'answered', incarnation: first.leaf.incarnation });
  assert.ok((await story.context.leaves.get(KEY)) !== undefined);
  await story.close();
});

test('a live leaf whose entry has expired keeps its name all the same', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  await story.context.leaves.delete(KEY);
  assert.is((await failureOf(story.openLeaf('a'))).code, 'ALREADY_EXISTS');
  await eventually(async () => (await story.context.leaves.get(KEY)) !== undefined, { withinMs: 4_000 });
  await story.close();
});

test('the name of a dead leaf is taken over at once', async ({ server }) => {
  const story = await openStory(server);
  const first = await story.openLeaf('a');
  await first.kill();
  assert.ok((await story.context.leaves.get(KEY)) !== undefined);
  const startMs = performance.now();
  const second = await story.openLeaf('a');
  assert.ok(performance.now() - startMs < 2_000);
  assert.is.not(second.leaf.incarnation, first.leaf.incarnation);
  await story.close();
});

test('a leaf that closes gives its name back', async ({ server }) => {
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  await leaf.close();
  assert.is(await story.context.leaves.get(KEY), undefined);
  assert.is((await story.context.membership.ping('a')).kind, 'absent');
  await story.close();
});

test('a leaf told to drain says so in its entry, and still does after the next refresh', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const drains = async (): Promise<boolean> => Object((await story.context.leaves.get(KEY))?.value).draining === true;
  assert.equal(await story.context.rpc.request(`${story.cluster}.leaf.a.drain`, {}), { draining: true });
  assert.ok(await drains());
  const revision = (await story.context.leaves.get(KEY))?.revision ?? 0;
  await eventually(async () => ((await story.context.leaves.get(KEY))?.revision ?? 0) > revision, { withinMs: 4_000 });
  assert.ok(await drains());
  await story.close();
});

test('a leaf answers what it knows, and names what it does not', async ({ server }) => {
  const story = await openStory(server);
  const { leaf } = await story.openLeaf('a');
  const stats = Object(await story.context.rpc.request(`${story.cluster}.leaf.a.stats`, {}));
  assert.equal([stats.leaf, stats.incarnation, stats.copies], ['a', leaf.incarnation, []]);
  assert.is((await failureOf(story.context.rpc.request(`${story.cluster}.leaf.a.jump`, {}))).code, 'UNKNOWN_ENDPOINT');
  await story.close();
});

test.run();

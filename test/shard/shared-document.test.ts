/** The document that all shards of a group share: agreed by primaries that race for it, lost by none. */
import * as assert from 'uvu/assert';
import { sharedKey } from '../../src/cluster/view.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { openStory } from './support/story.ts';

const test = natsSuite('shard/shared-document');

test('primaries of several shards agree at once, and every name is kept', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  await story.openLeaf('b');
  const group = await story.createGroup('counter', { leaves: ['a', 'b'], shards: 4 });
  for (let shard = 0; shard < 4; shard++) await story.primaryOf(group, shard);
  const names = Array.from({ length: 40 }, (_, n) => `n${n}`);
  const calls = names.map(async (name, n) => story.client.call('counter', 'add', { key: `k${n}`, name }));
  await Promise.all(calls);
  const entry = await story.context.registry.get(sharedKey(group));
  assert.equal(Object(entry?.value).document.names.toSorted(), names.toSorted());
  assert.is(await story.client.call('counter', 'total', {}), 40);
  await story.close();
});

test('what was agreed is known to the next primary', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const first = await story.primaryOf(group);
  await story.client.call('counter', 'add', { key: 'k', name: 'one' });
  const revision = (await story.context.registry.get(sharedKey(group)))?.revision;
  await first.close();
  await story.primaryOf(
    group,
    0,
    leaves.filter((leaf) => leaf !== first),
  );
  await story.client.call('counter', 'add', { key: 'k', name: 'one' });
  assert.is((await story.context.registry.get(sharedKey(group)))?.revision, revision, 'agreed again for nothing');
  await story.client.call('counter', 'add', { key: 'k', name: 'two' });
  await eventually(
    async () => Object((await story.context.registry.get(sharedKey(group)))?.value).document.names.join() === 'one,two',
  );
  await story.close();
});

test.run();

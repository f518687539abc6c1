/** Who is heard, when, and what a ping settles. */
import * as assert from 'uvu/assert';
import { encode } from '../../src/wire/codec.ts';
import { openStory } from '../shard/support/story.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('cluster/membership');

test('a leaf is heard as soon as it starts, with its copies as they change', async ({ server }) => {
  const story = await openStory(server);
  const { membership } = story.context;
  assert.is(membership.silenceMs(), Number.POSITIVE_INFINITY);
  const { leaf } = await story.openLeaf('a');
  await eventually(() => membership.pulseOf('a')?.pulse.incarnation === leaf.incarnation);
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await eventually(() =>
    membership.copiesOf(group, 1_000).some(({ leaf: on, state }) => on === 'a' && state === 'primary'),
  );
  assert.equal(membership.copiesOf({ name: 'counter', generation: 'another' }, 1_000), []);
  assert.ok(membership.silenceMs() < 1_000);
  await story.close();
});

test('a ping tells the living from the dead, and from the silent', async ({ server }) => {
  const story = await openStory(server);
  const { membership } = story.context;
  const leaf = await story.openLeaf('a');
  assert.equal(await membership.ping('a'), { kind: 'answered', incarnation: leaf.leaf.incarnation });
  assert.equal(await membership.ping('nobody'), { kind: 'absent' });
  leaf.proxy.pause();
  assert.equal(await membership.ping('a'), { kind: 'silent' });
  leaf.proxy.resume();
  await leaf.kill();
  assert.equal(await membership.ping('a'), { kind: 'absent' });
  await story.close();
});

test('what is no pulse is ignored', async ({ server, bus }) => {
  const story = await openStory(server);
  const { membership } = story.context;
  bus.publish(`${story.cluster}.pulse.x`, new Uint8Array([0xc1]));
  bus.publish(`${story.cluster}.pulse.x`, encode({ leaf: 'x' }, 'msgpack'));
  await bus.flush();
  const { leaf } = await story.openLeaf('a');
  await eventually(() => membership.pulseOf(leaf.name) !== undefined);
  assert.is(membership.pulseOf('x'), undefined);
  await story.close();
});

test.run();

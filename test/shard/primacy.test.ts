/** The shell of the contest for primacy, where its timing matters: claims that win too late, terms that are taken. */
import * as assert from 'uvu/assert';
import type { Registry } from '../../src/bus/registry.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { leaseKey } from '../../src/cluster/view.ts';
import { decodeLogRecord, encodeLogRecord } from '../../src/wire/log-record.ts';
import { groupToken } from '../../src/wire/names.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { openStory } from './support/story.ts';

const test = natsSuite('shard/primacy');
const never = new AbortController().signal;

/** A registry whose new leases wait at a gate. */
function gated(registry: Registry): { registry: Registry; open: () => void; waiting: () => number } {
  let open = (): void => {};
  let waiting = 0;
  const gate = new Promise<void>((resolve) => (open = resolve));
  return {
    open,
    waiting: () => waiting,
    registry: {
      get: async (key) => registry.get(key),
      create: async (key, value) => {
        waiting++;
        await gate;
        return registry.create(key, value);
      },
      update: async (key, value, revision) => registry.update(key, value, revision),
      put: async (key, value) => registry.put(key, value),
      delete: async (key, revision) => registry.delete(key, revision),
      list: async (prefix) => registry.list(prefix),
      watch: async (prefix, onChange) => registry.watch(prefix, onChange),
    },
  };
}

test('a claim that wins after its copy was closed gives the lease back', async ({ server }) => {
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const gate = gated(leaf.context.registry);
  Object.assign(leaf.context, { registry: gate.registry });
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await eventually(() => gate.waiting() > 0);
  const closing = leaf.close();
  await eventually(() => leaf.statuses().every(({ state }) => state === 'closed' || state === 'draining'));
  gate.open();
  await closing;
  const lease = await story.context.registry.get(leaseKey(group, 0));
  assert.equal(lease?.value, { owner: '', incarnation: '', term: 1 });
  await story.close();
});

test('a new primary goes above the terms of the log, whatever the lease says', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: [] });
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const { generation } = group;
  const data = encodeLogRecord({ kind: 'term', generation, term: 9, prevSeq: 0, prevId: '', operations: [] });
  await log.append(0, { id: 'older', data, expectedSeq: 0 }, never);
  await story.context.registry.put(leaseKey(group, 0), { owner: '', incarnation: '', term: 2 });
  await story.place(group, ['a']);
  await story.primaryOf(group);
  const last = await log.last(0);
  assert.is(last === undefined ? undefined : decodeLogRecord(last.data).term, 10);
  await story.close();
});

test('a primary that sees a higher term in the log steps down, and may win again above it', async ({ server }) => {
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const last = await log.last(0);
  if (last === undefined) throw new Error('no term record');
  const { generation } = group;
  const record = { kind: 'term', generation, term: 7, prevSeq: last.seq, prevId: last.id, operations: [] } as const;
  await log.append(0, { id: 'rival', data: encodeLogRecord(record), expectedSeq: last.seq }, never);
  await eventually(() => leaf.statuses().some(({ term, state }) => term > 7 && state === 'primary'), {
    withinMs: 8_000,
  });
  await story.client.call('counter', 'add', { key: 'k' });
  const terms: number[] = [];
  for (let seq = 1; seq <= ((await log.last(0))?.seq ?? 0); seq++) {
    const entry = await log.read(0, seq);
    if (entry !== undefined) terms.push(decodeLogRecord(entry.data).term);
  }
  assert.equal(terms, [1, 7, 8, 8]);
  await story.close();
});

test('a doubt about a primary that lives changes nothing; about one that is gone, it is acted on at once', async ({
  server,
}) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const first = await story.primaryOf(group);
  const second = leaves.find((leaf) => leaf !== first);
  if (second === undefined) throw new Error('two leaves, one primary');
  await eventually(() => second.statuses().some(({ state }) => state === 'replica'));
  const term = (): number | undefined => story.context.view.lease(group, 0)?.value.term;
  const subject = fill(SUBJECTS.doubt, {
    cluster: story.cluster,
    group: groupToken(group.name, group.generation),
    shard: 0,
  });
  const doubt = (): void => story.context.bus.publish(subject, new Uint8Array(0));
  let pings = 0;
  const ping = { cluster: story.cluster, leaf: first.name, command: 'ping' };
  const watching = story.context.bus.subscribe(fill(SUBJECTS.leaf, ping), {}, () => (pings += 1));
  await story.context.bus.flush();
  const before = term();
  for (let n = 0; n < 20; n++) doubt();
  await eventually(() => pings > 0);
  await story.client.call('counter', 'add', { key: 'k' });
  assert.is(pings, 1, 'doubts that come together are one, and an answer ends it');
  assert.is(term(), before);
  watching.close(); // who listens counts as a responder
  const killing = first.kill();
  await eventually(async () => (await story.context.membership.ping(first.name)).kind === 'absent');
  const startMs = performance.now();
  await eventually(() => {
    doubt();
    return second.statuses().some(({ state }) => state === 'primary');
  });
  // Without doubts the silence of the pulse has to last for 800 ms.
  assert.ok(performance.now() - startMs < 600, `took ${performance.now() - startMs} ms`);
  await killing;
  await story.close();
});

test.run();

/** What copies do when the server, the link to it, or what it stored is lost: go on where they may, halt where they must. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogEntry } from '../../src/bus/log.ts';
import { Writer } from '../../src/client/writer.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { decodeLogRecord, encodeLogRecord } from '../../src/wire/log-record.ts';
import type { GroupRecord } from '../../src/wire/records.ts';
import { eventually } from '../support/eventually.ts';
import { startNats } from '../support/nats-server.ts';
import { openStory, type Story, type StoryLeaf, within } from './support/story.ts';

const test = suite('shard/server-loss');
const never = new AbortController().signal;

async function write(story: Story, group: GroupRecord, keys: readonly string[]): Promise<number> {
  const operations = keys.map((key) => ({ key, body: { key } }));
  const results = await new Writer(story.context).write(group, 'add', operations, within(10_000));
  return results.filter(({ ok }) => ok).length;
}

function statesOf(leaf: StoryLeaf): readonly string[] {
  return leaf.statuses().map(({ state }) => state);
}

function saysHalted(leaf: StoryLeaf): boolean {
  return leaf.reported.some(
    ({ level, message }) => level === 'error' && message === 'log was rolled back: shard halted',
  );
}

async function records(story: Story, group: GroupRecord): Promise<readonly LogEntry[]> {
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const last = await log.last(0);
  const found: LogEntry[] = [];
  for (let seq = 1; seq <= (last?.seq ?? 0); seq++) {
    const entry = await log.read(0, seq);
    if (entry !== undefined) found.push(entry);
  }
  return found;
}

/** Puts the log back to its first records, as a restored backup would. */
async function rollBack(story: Story, group: GroupRecord, keep: number): Promise<void> {
  const spec = logSpec(story.cluster, group);
  const kept = (await records(story, group)).slice(0, keep);
  await story.context.bus.deleteLog(spec);
  await story.context.bus.createLog(spec);
  const log = story.context.bus.openLog(spec);
  let expectedSeq = 0;
  for (const { id, data } of kept) {
    const outcome = await log.append(0, { id, data, expectedSeq }, never);
    expectedSeq = outcome.kind === 'appended' ? outcome.seq : 0;
  }
}

test('a server killed and started again on its store: copies find their place and go on', async () => {
  const server = await startNats();
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  await story.primaryOf(group);
  assert.is(await write(story, group, ['k', 'k']), 2);
  for (let round = 1; round <= 2; round++) {
    const during = write(story, group, ['k', 'k', 'k']);
    await server.kill();
    await server.restart();
    assert.is(await during, 3);
    assert.is(await story.client.call('counter', 'get', { key: 'k' }), 2 + round * 3);
  }
  await eventually(() =>
    leaves.every((leaf) => statesOf(leaf).every((state) => ['primary', 'replica'].includes(state))),
  );
  assert.not.ok(leaves.some(saysHalted));
  const all = await records(story, group);
  const ids = all.map(({ id }) => id);
  assert.is(new Set(ids).size, ids.length);
  await story.close();
  await server.stop();
});

test('a server that comes back empty: copies halt and say so, and nothing is answered', async () => {
  const server = await startNats();
  const empty = await startNats();
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  assert.is(await write(story, group, ['k']), 1);
  leaf.proxy.retarget(empty.port);
  await eventually(() => statesOf(leaf).every((state) => state === 'halted'), { withinMs: 10_000 });
  assert.ok(saysHalted(leaf));
  assert.ok(leaf.statuses().every(({ reason }) => reason === 'the log was rolled back'));
  await story.close();
  await empty.stop();
  await server.stop();
});

test('a log that lost its last records: copies halt after the reconnect', async () => {
  const server = await startNats();
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  for (const key of ['x', 'y', 'z']) assert.is(await write(story, group, [key]), 1);
  leaf.proxy.kill();
  await eventually(() => !leaf.context.bus.link.up);
  await rollBack(story, group, 2);
  leaf.proxy.heal();
  await eventually(() => statesOf(leaf).every((state) => state === 'halted'));
  assert.ok(saysHalted(leaf));
  assert.is((await records(story, group)).length, 2);
  await story.close();
  await server.stop();
});

test('a log that lost its last records behind the back of a live copy: it halts at the first record that tells', async () => {
  const server = await startNats();
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  assert.is(await write(story, group, ['x']), 1);
  assert.is(await write(story, group, ['y']), 1);
  await rollBack(story, group, 2);
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  for (let term = 50; term < 53; term++) {
    const last = await log.last(0);
    if (last === undefined) throw new Error('the log is empty');
    const { generation } = decodeLogRecord(last.data);
    const data = encodeLogRecord({
      kind: 'term',
      generation,
      term,
      prevSeq: last.seq,
      prevId: last.id,
      operations: [],
    });
    await log.append(0, { id: `other.${term}`, data, expectedSeq: last.seq }, never);
  }
  await eventually(() => statesOf(leaf).every((state) => state === 'halted'), { withinMs: 10_000 });
  assert.ok(saysHalted(leaf));
  await story.close();
  await server.stop();
});

test('a primary cut off from the bus is replaced, and follows when it is back', async () => {
  const server = await startNats();
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const first = await story.primaryOf(group);
  const second = leaves.find((leaf) => leaf !== first);
  if (second === undefined) throw new Error('no second leaf');
  assert.is(await write(story, group, ['k']), 1);
  for (const [away, other] of [
    [first, second],
    [second, first],
  ] as const) {
    away.proxy.kill();
    assert.is(await write(story, group, ['k', 'k']), 2);
    away.proxy.heal();
    await eventually(
      () => statesOf(away).every((state) => state === 'replica') && statesOf(other).includes('primary'),
      {
        withinMs: 10_000,
      },
    );
  }
  await eventually(() => first.statuses()[0]?.seq === second.statuses()[0]?.seq);
  assert.is(await story.client.call('counter', 'get', { key: 'k' }), 5);
  const terms = (await records(story, group)).map(({ data }) => decodeLogRecord(data).term);
  assert.equal(
    terms,
    terms.toSorted((a, b) => a - b),
  );
  await story.close();
  await server.stop();
});

test('a leaf that must close while the bus is away does so in good time', async () => {
  const server = await startNats();
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  leaf.proxy.kill();
  await eventually(() => !leaf.context.bus.link.up);
  const startMs = performance.now();
  await leaf.close();
  assert.ok(performance.now() - startMs < 5_000, `it took ${performance.now() - startMs} ms`);
  await story.close();
  await server.stop();
});

test.run();

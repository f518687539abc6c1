/** Who leads a shard, and what becomes of writes when that ends: elections, handover, crash, freeze, partition. */
import * as assert from 'uvu/assert';
import { tokenOf, type WriteResult, Writer } from '../../src/client/writer.ts';
import { deleteGroup, logSpec } from '../../src/cluster/groups.ts';
import { leaseKey } from '../../src/cluster/view.ts';
import { decodeLogRecord, decodeOperation } from '../../src/wire/log-record.ts';
import { groupToken } from '../../src/wire/names.ts';
import type { GroupRecord, LeaseRecord } from '../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { isCopy, openStory, type Story, type StoryLeaf, within } from './support/story.ts';

const test = natsSuite('shard/failover');
const FAILOVER_WITHIN_MS = 5_000;

/** Writes one after the other until stopped; every write gets a key of its own. */
class WriteStream {
  readonly acknowledged: string[] = [];
  readonly failed: WriteResult[] = [];
  longestMs = 0;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;

  constructor(story: Story, group: GroupRecord) {
    this.#done = this.#run(story, group);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(story: Story, group: GroupRecord): Promise<void> {
    const writer = new Writer(story.context);
    for (let n = 0; !this.#stopping.signal.aborted; n++) {
      const key = `w${n}`;
      const startMs = performance.now();
      const [result] = await writer.write(group, 'add', [{ key, body: { key } }], within(10_000));
      this.longestMs = Math.max(this.longestMs, performance.now() - startMs);
      if (result?.ok === true) this.acknowledged.push(key);
      else if (result !== undefined) this.failed.push(result);
    }
  }
}

async function writeOne(story: Story, group: GroupRecord, key: string): Promise<WriteResult> {
  const [result] = await new Writer(story.context).write(group, 'add', [{ key, body: { key } }], within(10_000));
  if (result === undefined) throw new Error('one write has one result');
  return result;
}

async function primaryAmong(leaves: readonly StoryLeaf[], story: Story, group: GroupRecord): Promise<StoryLeaf> {
  return story.primaryOf(group, 0, leaves);
}

/** Keys in the order in which a leaf's copy applied them. */
async function applied(story: Story, group: GroupRecord, leaf: StoryLeaf): Promise<readonly string[]> {
  const { cluster, rpc } = story.context;
  const token = groupToken(group.name, group.generation);
  const subject = fill(SUBJECTS.copy, { cluster, leaf: leaf.name, group: token, shard: 0, endpoint: 'order' });
  const answer = await rpc.request(subject, { slots: group.slots.version });
  if (typeof answer !== 'object' || answer === null || !('value' in answer) || !Array.isArray(answer.value))
    throw new Error('no order');
  return answer.value.map(String);
}

async function assertWrittenOnce(
  story: Story,
  group: GroupRecord,
  stream: WriteStream,
  leaf: StoryLeaf,
): Promise<void> {
  const order = await applied(story, group, leaf);
  assert.is(new Set(order).size, order.length, 'an operation was applied twice');
  const missing = stream.acknowledged.filter((key) => !order.includes(key));
  assert.equal(missing, [], 'acknowledged writes are missing');
}

/** Terms and operations in the log, as they stand. */
async function readLog(
  story: Story,
  group: GroupRecord,
): Promise<readonly { term: number; kind: string; ids: readonly string[] }[]> {
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const last = await log.last(0);
  const records: { term: number; kind: string; ids: readonly string[] }[] = [];
  for (let seq = 1; seq <= (last?.seq ?? 0); seq++) {
    const entry = await log.read(0, seq);
    if (entry === undefined) continue;
    const { term, kind, operations } = decodeLogRecord(entry.data);
    records.push({ term, kind, ids: operations.map((bytes) => decodeOperation(bytes).id) });
  }
  return records;
}

test('three copies elect one primary, whose term record opens its reign', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b'), await story.openLeaf('c')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b', 'c'] });
  await story.primaryOf(group);
  assert.ok((await writeOne(story, group, 'k')).ok);
  assert.is(leaves.filter((leaf) => leaf.statuses().some(({ state }) => state === 'primary')).length, 1);
  const records = await readLog(story, group);
  assert.equal(
    records.map(({ kind }) => kind),
    ['term', 'batch'],
  );
  await story.close();
});

test('a killed primary is replaced within seconds; nothing acknowledged is lost, nothing applied twice', async ({
  server,
}) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b'), await story.openLeaf('c')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b', 'c'] });
  const stream = new WriteStream(story, group);
  let living: readonly StoryLeaf[] = leaves;
  for (let round = 1; round <= 2; round++) {
    await eventually(() => stream.acknowledged.length > round * 20);
    const first = await primaryAmong(living, story, group);
    living = living.filter((leaf) => leaf !== first);
    const before = stream.acknowledged.length;
    await first.kill();
    await eventually(() => stream.acknowledged.length > before + 5, { withinMs: FAILOVER_WITHIN_MS });
  }
  await stream.stop();
  const last = await primaryAmong(living, story, group);
  assert.equal(stream.failed, []);
  assert.ok(stream.longestMs < FAILOVER_WITHIN_MS, `a write took ${stream.longestMs} ms`);
  await assertWrittenOnce(story, group, stream, last);
  const terms = (await readLog(story, group)).map(({ term }) => term);
  assert.equal(
    terms,
    terms.toSorted((a, b) => a - b),
    'terms ran backwards',
  );
  assert.is(new Set(terms).size, 3);
  await story.close();
});

test('a leaf that closes hands over, and no write fails meanwhile', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const stream = new WriteStream(story, group);
  await eventually(() => stream.acknowledged.length > 20);
  const first = await story.primaryOf(group);
  await first.close();
  const before = stream.acknowledged.length;
  await eventually(() => stream.acknowledged.length > before + 20);
  await stream.stop();
  const second = leaves.find((leaf) => leaf !== first);
  if (second === undefined) throw new Error('no second leaf');
  assert.equal(stream.failed, []);
  assert.ok(stream.longestMs < 1_500, `a write took ${stream.longestMs} ms`);
  await assertWrittenOnce(story, group, stream, second);
  await story.close();
});

test('a primary frozen for long comes back, can append nothing, and follows', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b'), await story.openLeaf('c')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b', 'c'] });
  const stream = new WriteStream(story, group);
  await eventually(() => stream.acknowledged.length > 20);
  const frozen = await story.primaryOf(group);
  const others = leaves.filter((leaf) => leaf !== frozen);
  const before = stream.acknowledged.length;
  frozen.proxy.pause();
  await eventually(() => stream.acknowledged.length > before + 5, { withinMs: 9_000 });
  frozen.proxy.resume();
  await eventually(() => frozen.statuses().every(({ state }) => state === 'replica'), { withinMs: 10_000 });
  await stream.stop();
  assert.equal(stream.failed, []);
  const records = await readLog(story, group);
  const terms = records.map(({ term }) => term);
  assert.equal(
    terms,
    terms.toSorted((a, b) => a - b),
    'a stale primary wrote',
  );
  const ids = records.flatMap((record) => record.ids);
  assert.is(new Set(ids).size, ids.length, 'an operation was logged twice');
  const token = (await writeOne(story, group, 'last')).ok;
  assert.ok(token);
  const leader = await primaryAmong(others, story, group);
  await eventually(async () => (await applied(story, group, frozen)).includes('last'));
  assert.equal(await applied(story, group, frozen), await applied(story, group, leader));
  await assertWrittenOnce(story, group, stream, frozen);
  await story.close();
});

const LEASES = {
  'a process of another life': (): LeaseRecord => ({ owner: 'a', incarnation: 'another', term: 40 }),
  'a leaf that is not there': (): LeaseRecord => ({ owner: 'ghost', incarnation: 'dead', term: 40 }),
  'a copy that never learned that it won': (a: StoryLeaf): LeaseRecord => ({
    owner: 'a',
    incarnation: a.leaf.incarnation,
    term: 40,
  }),
} as const;

for (const [what, lease] of Object.entries(LEASES)) {
  test(`a lease that names ${what} keeps nobody waiting`, async ({ server }) => {
    const story = await openStory(server);
    const a = await story.openLeaf('a');
    await story.openLeaf('b');
    const group = await story.createGroup('counter', { leaves: [] });
    await story.context.registry.put(leaseKey(group, 0), lease(a));
    await story.place(group, ['a', 'b']);
    const startMs = performance.now();
    await story.primaryOf(group);
    assert.ok(performance.now() - startMs < FAILOVER_WITHIN_MS);
    assert.ok((await writeOne(story, group, 'k')).ok);
    const [first] = await readLog(story, group);
    assert.ok(first !== undefined && first.term > 40);
    await story.close();
  });
}

test('a restarted leaf of the same name begins as a follower and replays from the start', async ({ server }) => {
  const story = await openStory(server);
  const first = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  for (const key of ['x', 'y', 'x']) assert.ok((await writeOne(story, group, key)).ok);
  await first.kill();
  const again = await story.openLeaf('a');
  await story.primaryOf(group, 0, [again]);
  assert.equal(await applied(story, group, again), ['x', 'y', 'x']);
  assert.ok((await writeOne(story, group, 'z')).ok);
  await story.close();
});

test('a copy added later replays the log, and answers no sooner', async ({ server }) => {
  const story = await openStory(server);
  await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  const writer = new Writer(story.context);
  const keys = Array.from({ length: 500 }, (_, n) => `k${n}`);
  const results = await writer.write(
    group,
    'add',
    keys.map((key) => ({ key, body: { key } })),
    within(10_000),
  );
  assert.ok(results.every(({ ok }) => ok));
  const late = await story.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await eventually(async () => (await applied(story, group, late)).length > 0);
  assert.equal(await applied(story, group, late), keys);
  await story.close();
});

test('a read with a token sees the write on any copy, or says that it does not yet', async ({ server }) => {
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  await eventually(() =>
    leaves.every((leaf) => leaf.statuses().some(({ state }) => state === 'primary' || state === 'replica')),
  );
  for (let n = 1; n <= 30; n++) {
    const after = tokenOf([await writeOne(story, group, 'k')]);
    assert.is(await story.client.call('counter', 'get', { key: 'k' }, { after }), n);
  }
  const future = await failureOf(
    story.client.call('counter', 'get', { key: 'k' }, { after: { 0: 9_999 }, deadlineMs: 100 }),
  );
  assert.is(future.code, 'DEADLINE_EXCEEDED');
  await story.close();
});

test('queries that nobody knows, or that break, are told as such', async ({ server }) => {
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  assert.is((await failureOf(story.client.call('counter', 'got', { key: 'k' }))).code, 'UNKNOWN_ENDPOINT');
  assert.is((await failureOf(story.client.call('counter', 'broken', {}))).code, 'ACTOR_FAILED');
  assert.ok(leaf.reported.some(({ message }) => message === 'actor failed to answer'));
  const { cluster, rpc } = story.context;
  const token = groupToken(group.name, group.generation);
  const place = { cluster, leaf: 'a', group: token, shard: 0 };
  const ask = async (endpoint: string, slots: number): Promise<string> =>
    (await failureOf(rpc.request(fill(SUBJECTS.copy, { ...place, endpoint }), { slots, body: {} }))).code;
  assert.is(await ask('add', 1), 'UNKNOWN_ENDPOINT');
  assert.is(await ask('toString', 1), 'UNKNOWN_ENDPOINT');
  assert.is(await ask('total', 7), 'WRONG_SLOT');
  const command = { generation: group.generation, slots: 7, endpoint: 'add', since: 0, operations: [] };
  const primary = fill(SUBJECTS.primary, place);
  assert.is((await failureOf(rpc.request(primary, command))).code, 'WRONG_SLOT');
  const stale = await failureOf(rpc.request(primary, { ...command, slots: 1, generation: 'older' }));
  assert.is(stale.code, 'STALE_GENERATION');
  await story.close();
});

test('a group made again under the same name answers nothing of its older life', async ({ server }) => {
  const story = await openStory(server);
  const leaf = await story.openLeaf('a');
  const older = await story.createGroup('counter', { leaves: ['a'] });
  assert.ok((await writeOne(story, older, 'k')).ok);
  await deleteGroup(story.context, 'counter');
  await story.context.view.until(() => story.context.view.group('counter') === undefined, 5_000);
  const newer = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(newer);
  await eventually(() => leaf.statuses().every((copy) => isCopy(copy, newer)));
  assert.is(await story.client.call('counter', 'get', { key: 'k' }), 0);
  const [late] = await new Writer(story.context).write(older, 'add', [{ key: 'k', body: { key: 'k' } }], within(2_000));
  assert.ok(late !== undefined && !late.ok && late.error.code === 'GROUP_NOT_FOUND');
  await story.close();
});

test.run();

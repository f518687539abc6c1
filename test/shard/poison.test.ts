/** Records that cannot be applied: skipped by a decision in the log, alike on every copy, or not at all. */
import * as assert from 'uvu/assert';
import { defineActor } from '../../src/actor/define.ts';
import type { StatefulDefinition } from '../../src/actor/definition.ts';
import { type WriteOperation, type WriteResult, Writer } from '../../src/client/writer.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { isCoppiceError } from '../../src/errors.ts';
import { PoisonWatch } from '../../src/shard/poison-watch.ts';
import { ShardState } from '../../src/shard/shard-state.ts';
import { decodeLogRecord, encodeLogRecord, encodeOperation, type LogRecord } from '../../src/wire/log-record.ts';
import { type CommandOutcome, parseQueryAnswer } from '../../src/wire/messages.ts';
import { groupToken } from '../../src/wire/names.ts';
import type { GroupRecord } from '../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { asList, asRecord } from '../client/support/expect.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { slow } from '../support/slow.ts';
import { type CounterRecord, counter, counterDefinition } from './support/counter.ts';
import { openStory, type Story, type StoryLeaf, within } from './support/story.ts';

const test = natsSuite('shard/poison');
const SETTLED_MS = 30_000;
const SETTLED = { withinMs: SETTLED_MS };
/** A copy that has failed several times waits so long at most before the next try. */
const BACKOFF_MS = 31_000;
const never = new AbortController().signal;

const plain = (key: string): WriteOperation => ({ key, body: { key } });
const poison = (key: string): WriteOperation => ({ key, body: { key, fail: 'untyped' } });

async function write(
  story: Story,
  group: GroupRecord,
  ...operations: WriteOperation[]
): Promise<readonly WriteResult[]> {
  return new Writer(story.context).write(group, 'add', operations, within(20_000));
}

function codeOf(result: WriteResult | undefined): string {
  return result === undefined ? 'nothing' : result.ok ? 'ok' : result.error.code;
}

/** Keys in the order in which the copy of a leaf has applied them. */
async function order(story: Story, group: GroupRecord, { name }: StoryLeaf): Promise<unknown> {
  const { cluster, rpc } = story.context;
  const place = { cluster, leaf: name, group: groupToken(group.name, group.generation), shard: 0, endpoint: 'order' };
  const body = { body: {}, slots: group.slots.version };
  return parseQueryAnswer(await rpc.request(fill(SUBJECTS.copy, place), body, { deadlineMs: 1_000 })).value;
}

async function allHold(
  story: Story,
  group: GroupRecord,
  leaves: readonly StoryLeaf[],
  keys: readonly string[],
  withinMs = SETTLED_MS,
): Promise<void> {
  for (const leaf of leaves) {
    const holds = async (): Promise<boolean> =>
      JSON.stringify(await order(story, group, leaf).catch(() => undefined)) === JSON.stringify(keys);
    await eventually(holds, { withinMs, what: `${leaf.name} holds ${keys.join(', ')}` });
  }
}

async function logOf(story: Story, group: GroupRecord): Promise<readonly LogRecord[]> {
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const records: LogRecord[] = [];
  for (let entry = await log.last(0); entry !== undefined; ) {
    const record = decodeLogRecord(entry.data);
    records.unshift(record);
    entry = record.prevSeq === 0 ? undefined : await log.read(0, record.prevSeq);
  }
  return records;
}

test('a write that no copy can apply is refused, the others of its batch are not, and every copy holds the same', async ({
  server,
}) => {
  slow(120_000);
  const story = await openStory(server);
  const leaves = [await story.openLeaf('a'), await story.openLeaf('b')];
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const primary = await story.primaryOf(group);
  const results = await write(story, group, plain('k1'), poison('k2'), plain('k3'));
  assert.equal(results.map(codeOf), ['ok', 'ACTOR_FAILED', 'ok']);
  const [, refused] = results;
  const error = refused?.ok === false ? refused.error : undefined;
  assert.match(error?.message ?? '', /failed to apply the command: operation 1 of record \d+ .*: apply broke/);
  await allHold(story, group, leaves, ['k1', 'k3']);
  assert.equal((await write(story, group, plain('k4'))).map(codeOf), ['ok']);
  await allHold(story, group, leaves, ['k1', 'k3', 'k4']);
  const kinds = (await logOf(story, group)).map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === 'skip').length, 1);
  assert.is(kinds[kinds.indexOf('skip') - 1], 'batch', 'right after the record that it is about');
  assert.ok(primary.reported.some(({ message }) => message === 'actor failed to apply'));
  for (const leaf of leaves) await eventually(() => leaf.statuses()[0]?.skipped === 1, SETTLED);
  const listed = asRecord(await story.client.request('skipped-operations', 'counter', {}));
  assert.is(listed['count'], 1);
  const [operation] = asList(listed['operations']).map((one) => asRecord(one));
  assert.equal([operation?.['shard'], operation?.['operation']], [0, 1]);
  assert.match(String(asRecord(operation?.['error'])['reason']), /apply broke/);
  await story.close();
});

test('a copy that starts later knows what is skipped before it comes to it', async ({ server }) => {
  slow(120_000);
  const story = await openStory(server);
  const first = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  for (const key of ['k1', 'k2']) assert.equal((await write(story, group, poison(key))).map(codeOf), ['ACTOR_FAILED']);
  assert.equal((await write(story, group, plain('k3'))).map(codeOf), ['ok']);
  const later = await story.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await allHold(story, group, [first, later], ['k3']);
  assert.not.ok(
    later.reported.some(({ message }) => message === 'copy failed'),
    'it never tried',
  );
  await story.close();
});

test('an operation that is asked for again is not decided again: it has failed', async ({ server }) => {
  slow(120_000);
  const story = await openStory(server);
  await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  const send = async (): Promise<CommandOutcome | undefined> => {
    const { cluster, rpc } = story.context;
    const subject = fill(SUBJECTS.primary, { cluster, group: groupToken(group.name, group.generation), shard: 0 });
    const operations = [{ id: 'the-one', key: 'k', body: { key: 'k', fail: 'untyped' } }];
    const body = { generation: group.generation, slots: group.slots.version, endpoint: 'add', since: 0, operations };
    const answer = asRecord(await rpc.request(subject, body, { deadlineMs: 2_000 }));
    return asList(answer['outcomes'])[0] as CommandOutcome;
  };
  // Nobody may answer yet, or again: before the primary is known, and while its state is built anew.
  const hasFailed = async (): Promise<boolean> => {
    const told = await send().catch(() => undefined);
    return told !== undefined && !told.ok && told.error.code === 'ACTOR_FAILED';
  };
  await eventually(hasFailed, SETTLED);
  await story.primaryOf(group);
  await eventually(hasFailed, SETTLED);
  assert.is((await logOf(story, group)).filter(({ kind }) => kind === 'batch').length, 1);
  await story.close();
});

/** A counter that fails, untyped, at some keys, as one whose memory or code differs. */
function failingAt(keys: ReadonlySet<string>): StatefulDefinition {
  return defineActor({
    ...counter,
    apply: (state, record: CounterRecord, context) => {
      if (keys.has(record.key)) throw new TypeError(`no luck with ${record.key}`);
      return counter.apply(state, record, context);
    },
  });
}

test('a copy that fails where the primary did not skips nothing: it starts over until it can', async ({ server }) => {
  slow(150_000);
  const story = await openStory(server);
  const good = await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  const unlucky = new Set(['k2']);
  const bad = await story.openLeaf('b', failingAt(unlucky));
  await story.place(group, ['a', 'b']);
  assert.equal((await write(story, group, plain('k1'), plain('k2'), plain('k3'))).map(codeOf), ['ok', 'ok', 'ok']);
  await eventually(() => (bad.statuses()[0]?.poison?.tries ?? 0) >= 3, SETTLED);
  assert.equal((await logOf(story, group)).filter(({ kind }) => kind === 'skip').length, 0);
  await allHold(story, group, [good], ['k1', 'k2', 'k3']);
  assert.match(bad.statuses()[0]?.poison?.reason ?? '', /no luck with k2/);
  unlucky.clear();
  await allHold(story, group, [good, bad], ['k1', 'k2', 'k3'], BACKOFF_MS);
  await story.close();
});

test('a record without a primary, which every copy fails at, is skipped once all have said so', async ({ server }) => {
  slow(150_000);
  const story = await openStory(server);
  const group = await story.createGroup('counter', { leaves: ['a', 'b'] });
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const place = { generation: group.generation, term: 1, prevSeq: 0, prevId: '' };
  const term = encodeLogRecord({ kind: 'term', ...place, operations: [] });
  const first = await log.append(0, { id: 'written.0', data: term, expectedSeq: 0 }, never);
  const seq = first.kind === 'appended' ? first.seq : 0;
  const operations = ['k1', 'k2', 'k3'].map((key) => {
    const record = { key, by: 1, ...(key === 'k2' ? { fail: 'untyped' } : {}) };
    return encodeOperation({ id: `of ${key}`, record });
  });
  const batch = encodeLogRecord({ kind: 'batch', ...place, prevSeq: seq, prevId: 'written.0', operations });
  await log.append(0, { id: 'written.1', data: batch, expectedSeq: seq }, never);
  const one = await story.openLeaf('a');
  await eventually(() => (one.statuses()[0]?.poison?.tries ?? 0) >= 3, SETTLED);
  assert.is((await logOf(story, group)).length, 2, 'one copy alone decides nothing');
  const other = await story.openLeaf('b');
  await story.primaryOf(group);
  await allHold(story, group, [one, other], ['k1', 'k3']);
  assert.equal((await write(story, group, plain('k4'))).map(codeOf), ['ok']);
  await story.close();
});

test('a state that was saved past a record before that was skipped is not used', async ({ server }) => {
  const story = await openStory(server);
  const group = await story.createGroup('counter', { leaves: [] });
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const place = { generation: group.generation, term: 1, operations: [] };
  const term = encodeLogRecord({ kind: 'term', ...place, prevSeq: 0, prevId: '' });
  const first = await log.append(0, { id: 't', data: term, expectedSeq: 0 }, never);
  const seq = first.kind === 'appended' ? first.seq : 0;
  const skip = { seq, place: 0, error: { code: 'ACTOR_FAILED', message: 'no' } };
  const data = encodeLogRecord({ kind: 'skip', ...place, prevSeq: seq, prevId: 't', skip });
  await log.append(0, { id: 's', data, expectedSeq: seq }, never);
  const spec = { group, shard: 0, leaf: 'a', incarnation: 'i' };
  const nothing = { skip: () => undefined, onSkipped: () => {}, onFailure: () => {} };
  const watch = new PoisonWatch({ context: story.context, spec, log, nextRecordId: () => 'never', ...nothing });
  await watch.ready(never);
  const { generation } = group;
  const saved = new ShardState({ definition: counterDefinition, generation, shard: 0, settings: null });
  saved.apply({ seq, id: 't', data: term });
  assert.throws(
    () => watch.tell(saved),
    (error: unknown) => isCoppiceError(error, 'CORRUPT_BLOB'),
  );
  const fresh = new ShardState({ definition: counterDefinition, generation, shard: 0, settings: null });
  watch.tell(fresh);
  assert.equal(fresh.failed.decisionOn({ seq, place: 0 }), skip);
  await story.close();
});

test('nothing is skipped that somebody may be past: the log goes on after it', async ({ server }) => {
  slow(120_000);
  const story = await openStory(server);
  await story.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  assert.equal((await write(story, group, plain('k1'))).map(codeOf), ['ok']);
  assert.equal((await write(story, group, plain('k2'))).map(codeOf), ['ok']);
  await story.place(group, []);
  const differing = await story.openLeaf('b', failingAt(new Set(['k1'])));
  await story.place(group, ['b']);
  await eventually(() => (differing.statuses()[0]?.poison?.tries ?? 0) >= 3, SETTLED);
  const before = (await logOf(story, group)).length;
  await eventually(() => differing.reported.filter(({ message }) => message === 'copy failed').length >= 3, SETTLED);
  assert.is((await logOf(story, group)).length, before);
  await story.close();
});

test.run();

/** Checkpoints and recovery over a real nats-server: taken, purged to, restored from, damaged, given up half-way. */
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { StatefulDefinition } from '../../src/actor/definition.ts';
import type { Depot } from '../../src/bus/depot.ts';
import { deleteGroup, logSpec } from '../../src/cluster/groups.ts';
import { searchActor } from '../../src/search/actor.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import { committedCheckpoints } from '../../src/shard/restorer.ts';
import { encode } from '../../src/wire/codec.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import { groupToken } from '../../src/wire/names.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import {
  ask,
  damage,
  firstSeq,
  lastSeq,
  openKept,
  told,
  untilCheckpoint,
  untilServing,
  write,
} from './support/kept-story.ts';

const test = natsSuite('shard/checkpoint');

test('the log is cut at the second-newest checkpoint, and a new copy restores and equals the others', async ({
  server,
}) => {
  const kept = await openKept(server);
  const { story } = kept;
  const a = await kept.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  const many = Array.from({ length: 3_000 }, (_, n) => `k${n % 700}`);
  await write(story, group, many);
  const seqs: number[] = [];
  for (const round of ['x', 'y', 'z']) seqs.push(await untilCheckpoint(story, group, round));
  await eventually(async () => (await firstSeq(story, group)) === seqs[1], { what: 'a purge' });
  // Two checkpoints of a manifest and four files each, one of which they share.
  const isTidy = async (): Promise<boolean> => (await kept.depot.list(`${group.generation}/0/`)).length === 9;
  await eventually(isTidy, { withinMs: 10_000, what: 'old files go' });
  const b = await kept.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, await lastSeq(story, group));
  assert.is(told(b, 'restored from a checkpoint'), 1);
  assert.equal(await ask(story, group, b, 'order'), await ask(story, group, a, 'order'));
  assert.is(await ask(story, group, b, 'total'), many.length + 24);
  await kept.close();
});

test('a retry that comes after a restore is applied once', async ({ server }) => {
  const kept = await openKept(server);
  const { story } = kept;
  const a = await kept.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  const { cluster, rpc } = story.context;
  const token = groupToken(group.name, group.generation);
  const subject = fill(SUBJECTS.primary, { cluster, group: token, shard: 0 });
  const message = {
    generation: group.generation,
    slots: group.slots.version,
    since: 0,
    endpoint: 'add',
    operations: [{ id: 'once', key: 'once', body: { key: 'once' } }],
  };
  // A new primary's subscription may be behind its status.
  const first = await eventually(async () => rpc.request(subject, message), { withinMs: 10_000 });
  await untilCheckpoint(story, group, 'x');
  await untilCheckpoint(story, group, 'y');
  await untilCheckpoint(story, group, 'z');
  const b = await kept.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, await lastSeq(story, group));
  await a.kill();
  await story.primaryOf(group, 0, [b]);
  const again = await eventually(async () => rpc.request(subject, message), { withinMs: 10_000 });
  assert.equal(outcomesOf(again), outcomesOf(first));
  assert.is(await ask(story, group, b, 'get', { key: 'once' }), 1);
  await kept.close();
});

function outcomesOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'outcomes' in answer ? answer.outcomes : answer;
}

test('with a damaged file the older checkpoint is taken; with both damaged the copy says so and serves nothing', async ({
  server,
}) => {
  const kept = await openKept(server);
  const { story } = kept;
  await kept.openLeaf('a');
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  for (const round of ['x', 'y', 'z']) await untilCheckpoint(story, group, round);
  const last = await lastSeq(story, group);
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const [newest, older] = await committedCheckpoints(log, 0);
  assert.ok(newest !== undefined && older !== undefined);
  await damage(kept.folder, newest.files[0] ?? '');
  const b = await kept.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, last);
  assert.is(told(b, 'checkpoint cannot be used'), 1);
  assert.is(b.reported.find(({ message }) => message === 'restored from a checkpoint')?.fields['seq'], older.seq);
  await kept.depot.delete(older.files[0] ?? '');
  const c = await kept.openLeaf('c');
  await story.place(group, ['a', 'b', 'c']);
  await eventually(() => c.statuses().some(({ state }) => state === 'failed'), { withinMs: 10_000 });
  assert.ok(told(c, 'checkpoint cannot be used') >= 2);
  await kept.close();
});

test('a primary that dies in the middle of an upload leaves nothing that counts, and its files go', async ({
  server,
}) => {
  const kept = await openKept(server);
  const { story } = kept;
  let stuck = false;
  const slow: Depot = Object.assign(Object.create(kept.depot) as Depot, {
    put: async (name: string, source: Uint8Array, options: { signal?: AbortSignal }) => {
      if (stuck)
        await new Promise((_, reject) =>
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error)),
        );
      const stat = await kept.depot.put(name, source, options);
      stuck = true;
      return stat;
    },
    stat: async (name: string) => kept.depot.stat(name),
    get: (name: string) => kept.depot.get(name),
    list: async (prefix: string) => kept.depot.list(prefix),
    delete: async (name: string) => kept.depot.delete(name),
  });
  const a = await kept.openLeaf('a', { depot: slow });
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  for (let n = 0; n < 8; n++) await write(story, group, [`k${n}`]);
  await eventually(() => stuck, { withinMs: 10_000, what: 'an upload' });
  const left = await kept.depot.list(`${group.generation}/0/`);
  assert.is(left.length, 1);
  const b = await kept.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, await lastSeq(story, group));
  await a.kill();
  await story.primaryOf(group, 0, [b]);
  await untilCheckpoint(story, group, 'x');
  const isGone = async (): Promise<boolean> =>
    !(await kept.depot.list(`${group.generation}/0/`)).includes(left[0] ?? '');
  await eventually(isGone, { withinMs: 10_000, what: 'the orphan goes' });
  await kept.close();
});

test('a purge does not reset the fence, and is bound to a record that stays', async ({ server }) => {
  const kept = await openKept(server);
  const { story } = kept;
  await kept.openLeaf('a', { records: 1_000_000 });
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  await write(story, group, ['k']);
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const last = await log.last(0);
  assert.ok(last !== undefined);
  await log.purge(0, last.seq);
  assert.is(await firstSeq(story, group), last.seq);
  const record = { id: 'stale', data: last.data, expectedSeq: 0 };
  assert.is((await log.append(0, record, new AbortController().signal)).kind, 'fenced');
  await write(story, group, ['k']);
  for (const bad of [0, -1, 0.5]) {
    let code: unknown;
    await log.purge(0, bad).catch((error: unknown) => (code = (error as { code: unknown }).code));
    assert.is(code, 'BAD_REQUEST');
  }
  await kept.close();
});

test('a group made again under its name starts empty, and the depot forgets the old one', async ({ server }) => {
  const kept = await openKept(server);
  const { story } = kept;
  const a = await kept.openLeaf('a');
  const old = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(old);
  await untilCheckpoint(story, old, 'x');
  await deleteGroup(story.context, 'counter');
  await eventually(async () => (await kept.depot.list(`${old.generation}/`)).length === 0, {
    withinMs: 10_000,
    what: 'files go',
  });
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  assert.is(await ask(story, group, a, 'total'), 0);
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const last = await log.last(0);
  assert.ok(last !== undefined);
  assert.is(decodeLogRecord(last.data).checkpointSeq, undefined);
  await kept.close();
});

test('an index restores with documents, deletes, mappings and scores as they were', async ({ server }) => {
  const kept = await openKept(server, searchActor as StatefulDefinition);
  const { story } = kept;
  const a = await kept.openLeaf('a');
  const group = await story.createGroup('books', { leaves: ['a'], definition: searchActor as StatefulDefinition });
  await story.primaryOf(group);
  const words = ['oak', 'ash', 'elm', 'fir', 'yew'];
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  for (const round of [1, 2, 3]) {
    const beforeSeq = await lastSeq(story, group);
    for (let n = 0; n < 100 * round; n++) {
      const doc = { text: `${words[n % 5]} ${words[(n * round) % 4]}`, [`round${round}`]: n };
      await story.client.request('index', 'books', { id: `${n}`, doc });
    }
    await story.client.request('delete', 'books', { id: '7' });
    const taken = async (): Promise<boolean> => ((await committedCheckpoints(log, 0))[0]?.seq ?? 0) > beforeSeq;
    await eventually(taken, { withinMs: 15_000, what: `checkpoint ${round}` });
  }
  const b = await kept.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, await lastSeq(story, group));
  assert.is(told(b, 'restored from a checkpoint'), 1);
  const request = parseSearch({ query: { match: { text: 'oak yew' } }, size: 300 });
  for (const [endpoint, body] of [
    ['search', { request, sources: true }],
    ['count', { query: request.query }],
    ['get', { id: '7', routing: '7', source: request.source }],
    ['get', { id: '8', routing: '8', source: request.source }],
  ] as const)
    assert.equal(shown(await ask(story, group, b, endpoint, body)), shown(await ask(story, group, a, endpoint, body)));
  await a.kill();
  await story.primaryOf(group, 0, [b]);
  const again = await story.client.request('index', 'books', { id: '7', doc: { text: 'oak' } }, { deadlineMs: 10_000 });
  assert.is((again as { _version: number })._version > 3, true, 'versions go on where they stopped');
  await kept.close();
});

function shown(answer: unknown): string {
  return Buffer.from(encode(answer, 'msgpack')).toString('latin1');
}

test.after(async () => {
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith('checkpoint-'));
  for (const name of left) await rm(join(tmpdir(), name), { recursive: true, force: true });
});

test.run();

/** Leaves that come back with their files, over a real nats-server: by the log alone, with damage, too late, and full. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { StatefulDefinition } from '../../src/actor/definition.ts';
import type { Depot } from '../../src/bus/depot.ts';
import { openFolderDepot } from '../../src/bus/folder/folder-depot.ts';
import { CHECKPOINT_SCHEDULE } from '../../src/cluster/checkpoint-options.ts';
import { deleteGroup, logSpec } from '../../src/cluster/groups.ts';
import { LOCAL_SCHEDULE, type LocalOptions } from '../../src/cluster/local-options.ts';
import { systemEnv } from '../../src/env.ts';
import { searchActor } from '../../src/search/actor.ts';
import { parseSearch } from '../../src/search/request/search-request.ts';
import { committedCheckpoints } from '../../src/shard/restorer.ts';
import { encode } from '../../src/wire/codec.ts';
import { decodeLocalManifest, encodeLocalManifest } from '../../src/wire/local-format.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import { groupToken } from '../../src/wire/names.ts';
import type { CopyStatus, GroupRecord } from '../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import type { TestServer } from '../support/nats-server.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { isCopy, openStory, type Story, type StoryLeaf } from './support/story.ts';

const test = natsSuite('shard/local-recovery');
const search = searchActor as StatefulDefinition;
const INDEX = 'books';
const WORDS = ['oak', 'ash', 'elm', 'fir', 'yew'];

/** A leaf with a disk of its own, which outlives it. */
type DiskLeaf = StoryLeaf & {
  /** Names that it has read from the depot. */
  readonly fetched: readonly string[];
  /** Ends it as a loss of power would: nothing more reaches its disk. */
  crash(): Promise<void>;
};

type Place = {
  readonly story: Story;
  readonly group: GroupRecord;
  readonly disks: ReadonlyMap<string, MemoryDisk>;
  openLeaf(name: string, options?: Partial<LocalOptions>): Promise<DiskLeaf>;
  close(): Promise<void>;
};

async function openPlace(server: TestServer, leaves: readonly string[], records = 1_000_000): Promise<Place> {
  const story = await openStory(server);
  const folder = await mkdtemp(join(tmpdir(), 'local-recovery-'));
  const depot = await openFolderDepot(systemEnv, folder);
  const disks = new Map<string, MemoryDisk>();
  const openLeaf = async (name: string, options: Partial<LocalOptions> = {}): Promise<DiskLeaf> => {
    const disk = disks.get(name) ?? new MemoryDisk();
    disks.set(name, disk);
    const door = disk.door();
    const fetched: string[] = [];
    const checkpoints = { ...CHECKPOINT_SCHEDULE, depot: counted(depot, fetched), records, minIntervalMs: 0 };
    const local = { ...LOCAL_SCHEDULE, disk: door, folder: '/data', minIntervalMs: 0, retryMs: 100, ...options };
    const leaf = await story.openLeaf(name, search, checkpoints, local);
    const crash = async (): Promise<void> => {
      door.close();
      await leaf.kill();
      disk.crash(() => systemEnv.random.next());
    };
    return Object.assign(Object.create(leaf) as StoryLeaf, { ...leaf, crash, fetched });
  };
  const opened = new Map<string, DiskLeaf>();
  for (const name of leaves) opened.set(name, await openLeaf(name));
  const group = await story.createGroup(INDEX, { leaves, definition: search });
  if (leaves.length > 0) await story.primaryOf(group);
  const close = async (): Promise<void> => {
    await story.close();
    await depot.close();
    await rm(folder, { recursive: true });
  };
  return { story, group, disks, openLeaf, close };
}

/** A depot that notes what is read from it. */
function counted(depot: Depot, fetched: string[]): Depot {
  return Object.assign(Object.create(depot) as Depot, {
    put: depot.put.bind(depot),
    stat: depot.stat.bind(depot),
    list: depot.list.bind(depot),
    delete: depot.delete.bind(depot),
    get: (name: string, options: object) => {
      fetched.push(name);
      return depot.get(name, options);
    },
  });
}

async function index(story: Story, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    const doc = { text: `${WORDS[n % 5]} ${WORDS[(n * n) % 4]}`, n };
    await story.client.request('index', INDEX, { id: `${n % 200}`, doc }, { deadlineMs: 10_000 });
  }
}

async function lastSeq({ story, group }: Place): Promise<number> {
  return (await story.context.bus.openLog(logSpec(story.cluster, group)).last(0))?.seq ?? 0;
}

function statusOf(leaf: StoryLeaf, group: GroupRecord): CopyStatus | undefined {
  return leaf.statuses().find((copy) => isCopy(copy, group));
}

async function untilServing(leaf: StoryLeaf, { group }: Place, seq: number): Promise<void> {
  const serves = (): boolean => {
    const status = statusOf(leaf, group);
    return status !== undefined && ['replica', 'primary'].includes(status.state) && status.seq >= seq;
  };
  await eventually(serves, { withinMs: 15_000, what: `${leaf.name} serves` });
}

async function untilSaved(leaf: StoryLeaf, { group }: Place, seq: number): Promise<void> {
  const isSaved = (): boolean => (statusOf(leaf, group)?.savedSeq ?? 0) >= seq;
  await eventually(isSaved, { withinMs: 15_000, what: `${leaf.name} saves` });
}

function told(leaf: StoryLeaf, message: string): number {
  return leaf.reported.filter((one) => one.message === message).length;
}

/** What a copy answers to a search over all it has. */
async function answerOf({ story, group }: Place, leaf: StoryLeaf): Promise<string> {
  const { cluster, rpc } = story.context;
  const token = groupToken(group.name, group.generation);
  const subject = fill(SUBJECTS.copy, { cluster, leaf: leaf.name, group: token, shard: 0, endpoint: 'search' });
  const request = parseSearch({ query: { match: { text: 'oak yew ash' } }, size: 300 });
  const body = { slots: group.slots.version, body: { request, sources: true } };
  // A new copy's subscription may be behind its status.
  const answer = await eventually(async () => rpc.request(subject, body));
  return Buffer.from(encode((answer as { value: unknown }).value, 'msgpack')).toString('latin1');
}

/** The steps and events of a copy that a leaf remembers, by cause. */
async function causes({ story, group }: Place, leaf: StoryLeaf): Promise<readonly string[]> {
  const answer = await story.client.request('shard-history', group.name, { shard: 0 });
  const { transitions } = answer as { transitions: readonly { leaf: string; cause: string; reason?: string }[] };
  return transitions.filter((step) => step.leaf === leaf.name).map(({ cause }) => cause);
}

test('a leaf that lost power comes back with its files, by the log alone, and equals the other copy', async ({
  server,
}) => {
  const place = await openPlace(server, ['a']);
  const { story, group } = place;
  const b = await place.openLeaf('b', { records: 50 });
  await story.place(group, ['a', 'b']);
  await index(story, 0, 120);
  await untilSaved(b, place, 50);
  await b.crash();
  await index(story, 120, 260);
  const again = await place.openLeaf('b');
  await untilServing(again, place, await lastSeq(place));
  assert.is(told(again, 'restored from local files'), 1);
  assert.equal(again.fetched, []);
  const a = await story.primaryOf(group);
  assert.is(await answerOf(place, again), await answerOf(place, a));
  await place.close();
});

test('a leaf that ended in good order replays nothing', async ({ server }) => {
  const place = await openPlace(server, []);
  const { story, group } = place;
  const a = await place.openLeaf('a');
  await story.place(group, ['a']);
  await story.primaryOf(group);
  await index(story, 0, 40);
  const before = await lastSeq(place);
  await a.close();
  const again = await place.openLeaf('a');
  await untilServing(again, place, before);
  const restored = again.reported.find(({ message }) => message === 'restored from local files');
  assert.is(restored?.fields['seq'], before);
  await place.close();
});

test('files that are too old fetch a checkpoint, and of that only what is not there', async ({ server }) => {
  const place = await openPlace(server, ['a'], 60);
  const { story, group } = place;
  const b = await place.openLeaf('b', { records: 40 });
  await story.place(group, ['a', 'b']);
  await index(story, 0, 100);
  await untilSaved(b, place, 40);
  await b.crash();
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const saved = savedSeq(place);
  for (let from = 100; (await log.read(0, saved)) !== undefined; from += 70) await index(story, from, from + 70);
  const noneIsDue = async (): Promise<boolean> => {
    const last = await log.last(0);
    const { kind, checkpointSeq } = decodeLogRecord(last?.data ?? new Uint8Array());
    return kind === 'checkpoint' || kind === 'retire' || (last?.seq ?? 0) - (checkpointSeq ?? 0) < 60;
  };
  await eventually(noneIsDue, { withinMs: 10_000, what: 'the last checkpoint that is due' });
  const again = await place.openLeaf('b');
  await untilServing(again, place, await lastSeq(place));
  assert.is(told(again, 'restored from a checkpoint'), 1);
  assert.ok((await causes(place, again)).includes('local.tooOld'));
  await untilSaved(again, place, 1);
  await again.crash();
  // The list is lost, the files are not: all are found by what they hold.
  const disk = place.disks.get('b');
  const list = disk?.paths('/data/').find((path) => path.endsWith('/state')) ?? '';
  disk?.flipBit(list, 20);
  const third = await place.openLeaf('b');
  await untilServing(third, place, await lastSeq(place));
  assert.is(told(third, 'restored from a checkpoint'), 1);
  const [newest] = await committedCheckpoints(log, 0);
  assert.equal(third.fetched, [newest?.name]);
  const a = await story.primaryOf(group);
  assert.is(await answerOf(place, third), await answerOf(place, a));
  await place.close();
});

/** Where the state stands that the leaf `b` has saved. */
function savedSeq({ disks, group }: Place): number {
  const bytes = disks.get('b')?.read(`/data/b/${group.name}.${group.generation}.0/state`);
  assert.ok(bytes !== undefined);
  return decodeLocalManifest(bytes).seq;
}

test('a flipped bit in any file: it is discarded, that is told, and the copy is as it was', async ({ server }) => {
  const place = await openPlace(server, ['a']);
  const { story, group } = place;
  let b = await place.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await index(story, 0, 150);
  await untilServing(b, place, await lastSeq(place));
  await b.close();
  const a = await story.primaryOf(group);
  const expected = await answerOf(place, a);
  const disk = place.disks.get('b');
  const count = disk?.paths('/data/').length ?? 0;
  assert.ok(count >= 5, 'a list, a share, mappings, a segment, a commit');
  for (let n = 0; n < count; n++) {
    const path = disk?.paths('/data/')[n] ?? '';
    disk?.flipBit(path, 1_000 * n + 7);
    b = await place.openLeaf('b');
    await untilServing(b, place, await lastSeq(place));
    assert.is(told(b, 'restored from local files'), 0, path);
    assert.ok((await causes(place, b)).includes('local.discarded'), path);
    assert.is(await answerOf(place, b), expected);
    await b.close();
  }
  await place.close();
});

test('a log that lost what was saved is noticed: the copy halts, and serves nothing', async ({ server }) => {
  const place = await openPlace(server, []);
  const { story, group, disks } = place;
  const a = await place.openLeaf('a');
  await story.place(group, ['a']);
  await story.primaryOf(group);
  await index(story, 0, 20);
  const last = await lastSeq(place);
  await a.close();
  // As if another record stood where the one was that is in these files.
  disks.get('a')?.damage(`/data/a/${group.name}.${group.generation}.0/state`, (bytes) => {
    const manifest = decodeLocalManifest(bytes);
    return encodeLocalManifest({ ...manifest, id: `${manifest.id}x` });
  });
  const again = await place.openLeaf('a');
  await eventually(() => statusOf(again, group)?.state === 'halted', { withinMs: 10_000, what: 'halted' });
  const halt = again.reported.find(({ message }) => message === 'log was rolled back: shard halted');
  assert.match(String(halt?.fields['reason']), `record ${last} `);
  await place.close();
});

test('files of a group that was deleted meanwhile are removed, others stay', async ({ server }) => {
  const place = await openPlace(server, []);
  const { story, group, disks } = place;
  const a = await place.openLeaf('a');
  await story.place(group, ['a']);
  await story.primaryOf(group);
  await index(story, 0, 5);
  await a.close();
  const before = disks.get('a')?.paths('/data/') ?? [];
  assert.ok(before.length > 0);
  const back = await place.openLeaf('a');
  await untilServing(back, place, 1);
  await back.close();
  assert.ok((disks.get('a')?.paths('/data/') ?? []).length > 0, 'a group that lives keeps its files');
  await deleteGroup(story.context, INDEX);
  const gone = await place.openLeaf('a');
  await eventually(() => disks.get('a')?.paths('/data/').length === 0, { withinMs: 10_000, what: 'files go' });
  await gone.close();
  await place.close();
});

test('a second leaf on the same folder is refused, and told why', async ({ server }) => {
  const place = await openPlace(server, []);
  const other = await openStory(server);
  await place.openLeaf('a');
  const disk = place.disks.get('a')?.door();
  assert.ok(disk !== undefined);
  const local = { ...LOCAL_SCHEDULE, disk, folder: '/data' };
  const failure = await failureOf(other.openLeaf('a', search, undefined, local));
  assert.is(failure.code, 'STORE_IN_USE');
  assert.match(failure.message, 'give this leaf another name or data folder');
  await other.close();
  await place.close();
});

test('a full disk: no writes, reads go on, status and history say why, and all goes on once there is room', async ({
  server,
}) => {
  const place = await openPlace(server, []);
  const { story, group, disks } = place;
  const a = await place.openLeaf('a', { records: 10 });
  await story.place(group, ['a']);
  await story.primaryOf(group);
  await index(story, 0, 30);
  const disk = disks.get('a');
  assert.ok(disk !== undefined);
  disk.quotaBytes = disk.usedBytes;
  const doc = { text: 'oak' };
  const refused = await eventually(
    async () =>
      story.client.request('index', INDEX, { id: 'x', doc }).then(
        () => undefined,
        (error: unknown) => error,
      ),
    { withinMs: 15_000, what: 'a refusal' },
  );
  assert.is((refused as { code: string }).code, 'STORAGE_FULL');
  assert.match(statusOf(a, group)?.disk?.reason ?? '', 'no room');
  assert.match(await answerOf(place, a), 'oak');
  assert.ok((await causes(place, a)).includes('disk.failed'));
  disk.quotaBytes = Number.POSITIVE_INFINITY;
  await eventually(() => statusOf(a, group)?.disk === undefined, { withinMs: 10_000, what: 'room' });
  await story.client.request('index', INDEX, { id: 'x', doc });
  assert.ok((await causes(place, a)).includes('disk.recovered'));
  const last = await lastSeq(place);
  await a.close();
  const again = await place.openLeaf('a');
  await untilServing(again, place, last);
  assert.is(told(again, 'restored from local files'), 1);
  await place.close();
});

test('a primary whose disk is full hands over, and no write fails', async ({ server }) => {
  const place = await openPlace(server, ['b']);
  const { story, group, disks } = place;
  const a = await place.openLeaf('a', { records: 10 });
  await story.place(group, ['a', 'b']);
  await untilServing(a, place, 1);
  const b = await story.primaryOf(group);
  // Only once both pulse is it known that another can lead.
  await index(story, 0, 30);
  const disk = disks.get('b');
  assert.ok(disk !== undefined);
  disk.isBroken = true;
  let n = 30;
  const leads = async (): Promise<boolean> => {
    await index(story, n, ++n);
    return statusOf(a, group)?.state === 'primary';
  };
  await eventually(leads, { withinMs: 20_000, what: 'a leads' });
  assert.match(statusOf(b, group)?.disk?.reason ?? '', 'EIO');
  await index(story, n, n + 20);
  await untilServing(b, place, await lastSeq(place));
  assert.is(await answerOf(place, b), await answerOf(place, a));
  await place.close();
});

test.run();

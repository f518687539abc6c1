/** Leaves that come back with their files, over a real nats-server: by the log alone, with damage, and too late. */
import * as assert from 'uvu/assert';
import { deleteGroup, logSpec } from '../../src/cluster/groups.ts';
import { LOCAL_SCHEDULE } from '../../src/cluster/local-options.ts';
import { committedCheckpoints } from '../../src/shard/restorer.ts';
import { decodeLocalManifest, encodeLocalManifest } from '../../src/wire/local-format.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';
import {
  answerOf,
  causes,
  INDEX,
  index,
  lastSeq,
  openPlace,
  type Place,
  search,
  statusOf,
  told,
  untilSaved,
  untilServing,
} from './support/disk-story.ts';
import { openStory } from './support/story.ts';

const test = natsSuite('shard/local-recovery');
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

test.run();

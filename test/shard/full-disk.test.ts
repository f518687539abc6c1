/** Disks that take nothing: a full one, a broken one, one that stays so for too long, and a real one that is small. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { LOCAL_SCHEDULE } from '../../src/cluster/local-options.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { openSmallDisk, type SmallDisk } from '../support/small-disk.ts';
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
  untilServing,
} from './support/disk-story.ts';

const test = natsSuite('shard/full-disk');
const DISK_MIB = 4;

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

test('a replica follows in memory, stops when too much waits there, and catches up once the disk works', async ({
  server,
}) => {
  const place = await openPlace(server, ['a']);
  const { story, group, disks } = place;
  const b = await place.openLeaf('b', { records: 10, spillBytes: 0 });
  await story.place(group, ['a', 'b']);
  await untilServing(b, place, 1);
  await index(story, 0, 5);
  const disk = disks.get('b');
  assert.ok(disk !== undefined);
  disk.isBroken = true;
  let n = 5;
  const lags = async (): Promise<boolean> => {
    await index(story, n, ++n);
    return (statusOf(b, group)?.seq ?? 0) < (await lastSeq(place)) - 10;
  };
  await eventually(lags, { withinMs: 20_000, what: 'b has stopped' });
  assert.is(statusOf(b, group)?.state, 'replica');
  assert.ok((statusOf(b, group)?.disk?.waitingBytes ?? 0) > 0);
  assert.match(await answerOf(place, b), 'oak');
  disk.isBroken = false;
  await untilServing(b, place, await lastSeq(place));
  assert.is(await answerOf(place, b), await answerOf(place, await story.primaryOf(group)));
  await place.close();
});

test('a small disk of the machine: writes stop when it is full, go on when it is not, and survive', async ({
  server,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'full-disk-'));
  const small = await smallDisk(folder);
  if (small === undefined) return;
  try {
    const place = await openPlace(server, []);
    try {
      await fillAndFree(place, folder, small);
    } finally {
      await place.close();
    }
  } finally {
    await small.close();
    await rm(folder, { recursive: true });
  }
});

/** Undefined, and told on stderr, where none may be mounted. */
async function smallDisk(folder: string): Promise<SmallDisk | undefined> {
  try {
    return await openSmallDisk(folder, DISK_MIB);
  } catch (error) {
    process.stderr.write(`SKIPPED: no small disk can be mounted: ${String(error)}\n`);
    await rm(folder, { recursive: true });
    return undefined;
  }
}

async function fillAndFree(place: Place, folder: string, small: SmallDisk): Promise<void> {
  const { story, group } = place;
  const local = { ...LOCAL_SCHEDULE, disk: nodeDisk, folder, records: 10, minIntervalMs: 0, retryMs: 100 };
  const leaf = await story.openLeaf('small', search, undefined, local);
  await story.place(group, ['small']);
  await story.primaryOf(group);
  await index(story, 0, 30);
  await small.fill();
  const write = async (): Promise<unknown> => story.client.request('index', INDEX, { id: 'x', doc: { text: 'oak' } });
  const isRefused = async (): Promise<boolean> => {
    const failure: unknown = await write().then(
      () => undefined,
      (error: unknown) => error,
    );
    return failure !== undefined && (failure as { code: string }).code === 'STORAGE_FULL';
  };
  await eventually(isRefused, { withinMs: 20_000, what: 'a refusal' });
  assert.match(statusOf(leaf, group)?.disk?.reason ?? '', 'ENOSPC');
  assert.match(await answerOf(place, leaf), 'oak');
  await small.free();
  await eventually(() => statusOf(leaf, group)?.disk === undefined, { withinMs: 10_000, what: 'room' });
  await write();
  const last = await lastSeq(place);
  await leaf.close();
  const again = await story.openLeaf('small', search, undefined, local);
  await untilServing(again, place, last);
  assert.is(told(again, 'restored from local files'), 1);
  await again.close();
}

test.run();

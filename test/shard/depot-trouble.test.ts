/** A depot that is away, refuses, loses or is removed: the shard goes on, keeps its log, says so, and catches up later. */
import * as assert from 'uvu/assert';
import type { BlobSource, Depot } from '../../src/bus/depot.ts';
import { LateDepot } from '../../src/bus/late-depot.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { committedCheckpoints } from '../../src/shard/restorer.ts';
import type { CopyStatus, GroupRecord } from '../../src/wire/records.ts';
import { eventually } from '../support/eventually.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { slow } from '../support/slow.ts';
import {
  ask,
  firstSeq,
  type Kept,
  lastSeq,
  openKept,
  told,
  untilCheckpoint,
  untilServing,
  write,
} from './support/kept-story.ts';
import { isCopy, type Story, type StoryLeaf } from './support/story.ts';

const test = natsSuite('shard/depot-trouble');

/** The depot of a story, which does something else where it is told to. */
function changed(depot: Depot, changes: Partial<Depot>): Depot {
  return {
    put: (name, source, options) => depot.put(name, source, options),
    get: (name, options) => depot.get(name, options),
    stat: (name, options) => depot.stat(name, options),
    list: (prefix, options) => depot.list(prefix, options),
    delete: (name, options) => depot.delete(name, options),
    sweep: (minAgeMs, options) => depot.sweep(minAgeMs, options),
    close: async () => {},
    ...changes,
  };
}

function statusOf(leaf: StoryLeaf, group: GroupRecord): CopyStatus | undefined {
  return leaf.statuses().find((copy) => isCopy(copy, group));
}

async function checkpoints(story: Story, group: GroupRecord): Promise<number> {
  return (await committedCheckpoints(story.context.bus.openLog(logSpec(story.cluster, group)), 0)).length;
}

async function withCheckpoints(kept: Kept, leaf: string): Promise<GroupRecord> {
  const group = await kept.story.createGroup('counter', { leaves: [leaf] });
  await kept.story.primaryOf(group);
  for (const round of ['x', 'y', 'z']) await untilCheckpoint(kept.story, group, round);
  return group;
}

test('with a depot that cannot be opened the shard serves, keeps its log and says why; later it takes checkpoints', async ({
  server,
}) => {
  slow(120_000);
  const kept = await openKept(server);
  const { story } = kept;
  let allowed = false;
  const open = async (): Promise<Depot> => {
    if (!allowed) throw new CoppiceError('PREFLIGHT_FAILED', 'this NATS user may not make buckets');
    return changed(kept.depot, {});
  };
  const depot = new LateDepot({ clock: systemEnv.clock, open, onState: () => {} });
  const a = await kept.openLeaf('a', { depot, depotFailure: () => depot.failure });
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  for (let n = 0; n < 12; n++) await write(story, group, [`k${n}`]);
  assert.is(await ask(story, group, a, 'total'), 12);
  await eventually(() => told(a, 'checkpoint failed') > 0, { withinMs: 10_000, what: 'a try' });
  assert.match(statusOf(a, group)?.checkpointFailure ?? '', 'may not make buckets');
  assert.is(await firstSeq(story, group), 1);
  const b = await kept.openLeaf('b', { depot, depotFailure: () => depot.failure });
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, await lastSeq(story, group));
  assert.is(await ask(story, group, b, 'total'), 12);
  allowed = true;
  await untilCheckpoint(story, group, 'x', 60_000);
  await eventually(() => statusOf(a, group)?.checkpointFailure === undefined, { what: 'the failure is over' });
  await depot.close();
  await kept.close();
});

test('a depot that refuses to store costs no write and no record of the log', async ({ server }) => {
  slow(120_000);
  const kept = await openKept(server);
  const { story } = kept;
  let full = false;
  const put = async (name: string, source: BlobSource): ReturnType<Depot['put']> => {
    if (full) throw new CoppiceError('STORAGE_FULL', 'the depot is full');
    return kept.depot.put(name, source);
  };
  const a = await kept.openLeaf('a', { depot: changed(kept.depot, { put }) });
  const group = await withCheckpoints(kept, 'a');
  full = true;
  const [first, count] = [await firstSeq(story, group), await checkpoints(story, group)];
  for (let n = 0; n < 12; n++) await write(story, group, [`full${n}`]);
  await eventually(() => told(a, 'checkpoint failed') > 0, { withinMs: 10_000, what: 'a failed try' });
  assert.is(statusOf(a, group)?.checkpointFailure, 'the depot is full');
  assert.is(await firstSeq(story, group), first);
  assert.is(await checkpoints(story, group), count);
  full = false;
  // The pause before the next try has grown with those that failed.
  await untilCheckpoint(story, group, 'again', 60_000);
  await kept.close();
});

test('what the depot has lost is stored again by the next checkpoint, and the log is not cut before', async ({
  server,
}) => {
  const kept = await openKept(server);
  const { story } = kept;
  await kept.openLeaf('a');
  const group = await withCheckpoints(kept, 'a');
  for (const name of await kept.depot.list(`${group.generation}/`)) await kept.depot.delete(name);
  for (const round of ['r', 's']) await untilCheckpoint(story, group, round);
  const b = await kept.openLeaf('b');
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, await lastSeq(story, group));
  assert.is(told(b, 'restored from a checkpoint'), 1);
  assert.is(await ask(story, group, b, 'total'), 40);
  await kept.close();
});

test('a copy whose depot is out of reach replays the log if it is whole, and else fails with the reason', async ({
  server,
}) => {
  const kept = await openKept(server);
  const { story } = kept;
  await kept.openLeaf('a', { minIntervalMs: 3_600_000 });
  const group = await story.createGroup('counter', { leaves: ['a'] });
  await story.primaryOf(group);
  await untilCheckpoint(story, group, 'x');
  const stat = async (): ReturnType<Depot['stat']> => {
    throw new CoppiceError('STALE_GENERATION', 'the bucket is gone');
  };
  const away = changed(kept.depot, { stat });
  const b = await kept.openLeaf('b', { depot: away });
  await story.place(group, ['a', 'b']);
  await untilServing(b, group, await lastSeq(story, group));
  assert.is(told(b, 'checkpoint cannot be used'), 1);
  assert.is(await ask(story, group, b, 'total'), 8);
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  await log.purge(0, (await committedCheckpoints(log, 0))[0]?.seq ?? 1);
  const c = await kept.openLeaf('c', { depot: away });
  await story.place(group, ['a', 'b', 'c']);
  const failed = (): boolean => statusOf(c, group)?.state === 'failed';
  await eventually(failed, { withinMs: 10_000, what: 'c says that it cannot' });
  assert.match(statusOf(c, group)?.reason ?? '', 'cannot be used: the bucket is gone');
  await kept.close();
});

test.run();

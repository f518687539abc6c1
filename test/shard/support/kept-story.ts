/** Stories with a depot in a folder: checkpoints of a counter, taken often, and what tests ask about them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { StatefulDefinition } from '../../../src/actor/definition.ts';
import type { Depot } from '../../../src/bus/depot.ts';
import { openFolderDepot } from '../../../src/bus/folder/folder-depot.ts';
import { type WriteResult, Writer } from '../../../src/client/writer.ts';
import { CHECKPOINT_SCHEDULE, type CheckpointOptions } from '../../../src/cluster/checkpoint-options.ts';
import { logSpec } from '../../../src/cluster/groups.ts';
import { systemEnv } from '../../../src/env.ts';
import { committedCheckpoints } from '../../../src/shard/restorer.ts';
import { groupToken } from '../../../src/wire/names.ts';
import type { GroupRecord } from '../../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../../src/wire/subjects.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/nats-server.ts';
import { keptCounterDefinition } from './counter.ts';
import { isCopy, openStory, type Story, type StoryLeaf, within } from './story.ts';

/** A story with a depot in a folder. */
export type Kept = {
  readonly story: Story;
  readonly folder: string;
  readonly depot: Depot;
  openLeaf(name: string, options?: Partial<CheckpointOptions>): Promise<StoryLeaf>;
  close(): Promise<void>;
};

/** Opens a story. Its leaves take a checkpoint every five records unless told otherwise. */
export async function openKept(
  server: TestServer,
  definition: StatefulDefinition = keptCounterDefinition,
): Promise<Kept> {
  const story = await openStory(server);
  const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  const depot = await openFolderDepot(systemEnv, folder);
  return {
    story,
    folder,
    depot,
    openLeaf: async (name, options = {}) =>
      story.openLeaf(name, definition, { ...CHECKPOINT_SCHEDULE, depot, records: 5, minIntervalMs: 0, ...options }),
    close: async () => {
      await story.close();
      await depot.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Writes one operation for each key. */
export async function write(
  story: Story,
  group: GroupRecord,
  keys: readonly string[],
): Promise<readonly WriteResult[]> {
  const operations = keys.map((key) => ({ key, body: { key } }));
  const results = await new Writer(story.context).write(group, 'add', operations, within(10_000));
  assert.ok(results.every(({ ok }) => ok));
  return results;
}

/** Writes single records until the newest committed checkpoint is another one. */
export async function untilCheckpoint(
  story: Story,
  group: GroupRecord,
  tag: string,
  withinMs = 15_000,
): Promise<number> {
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  const before = (await committedCheckpoints(log, 0))[0]?.seq ?? 0;
  for (let n = 0; n < 8; n++) await write(story, group, [`${tag}${n}`]);
  const found = await eventually(
    async () => {
      const newest = (await committedCheckpoints(log, 0))[0]?.seq ?? 0;
      return newest > before ? newest : undefined;
    },
    { withinMs, what: 'a checkpoint' },
  );
  assert.ok(found !== undefined);
  return found;
}

/** Asks the copy on one leaf. */
export async function ask(
  story: Story,
  group: GroupRecord,
  leaf: StoryLeaf,
  endpoint: string,
  body?: unknown,
): Promise<unknown> {
  const { cluster, rpc } = story.context;
  const token = groupToken(group.name, group.generation);
  const subject = fill(SUBJECTS.copy, { cluster, leaf: leaf.name, group: token, shard: 0, endpoint });
  const request = { slots: group.slots.version, ...(body === undefined ? {} : { body }) };
  // A new copy's subscription may be behind its status.
  const answer = await eventually(async () => rpc.request(subject, request));
  if (typeof answer !== 'object' || answer === null || !('value' in answer)) throw new Error('no value');
  return answer.value;
}

/** Waits until a leaf's copy serves, with all records up to `seq`. */
export async function untilServing(leaf: StoryLeaf, group: GroupRecord, seq: number): Promise<void> {
  const serves = (): boolean =>
    leaf
      .statuses()
      .some((copy) => isCopy(copy, group) && ['replica', 'primary'].includes(copy.state) && copy.seq >= seq);
  await eventually(serves, { withinMs: 15_000, what: `${leaf.name} serves` });
}

/** Sequence of the last record of shard 0. */
export async function lastSeq(story: Story, group: GroupRecord): Promise<number> {
  return (await story.context.bus.openLog(logSpec(story.cluster, group)).last(0))?.seq ?? 0;
}

/** How often a leaf has reported something. */
export function told(leaf: StoryLeaf, message: string): number {
  return leaf.reported.filter((one) => one.message === message).length;
}

/** The first record that the shard's log still has. */
export async function firstSeq(story: Story, group: GroupRecord): Promise<number> {
  const log = story.context.bus.openLog(logSpec(story.cluster, group));
  for (let seq = 1; ; seq++) if ((await log.read(0, seq)) !== undefined) return seq;
}

/** Flips a bit of a blob. */
export async function damage(folder: string, name: string): Promise<void> {
  const path = join(folder, `${name}+blob`);
  const bytes = await readFile(path);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

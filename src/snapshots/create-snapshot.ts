/**
 * Takes a snapshot: announces it, has every shard stored by the copy that leads it, and puts the snapshot's document last,
 * which makes it exist. Whatever fails before leaves nothing behind (`shelf.ts` has the rules).
 */
import type { Depot } from '../bus/depot.ts';
import { groupKey, sharedKey } from '../cluster/view.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import { hashOfDepotName } from '../wire/checkpoint-format.ts';
import { GroupRecord, parseRecord, SharedRecord } from '../wire/records.ts';
import { filesOf, type GroupSnapshot, SNAPSHOT_FORMAT, type SnapshotDocument } from '../wire/snapshot-format.ts';
import type { CreateSpec, KnownFile } from '../wire/snapshot-messages.ts';
import { describeSnapshot } from './describe.ts';
import { clusterIdOf } from './identity.ts';
import { selectNames } from './select-groups.ts';
import { settleDead } from './settle.ts';
import { type ShardResult, ShardRuns } from './shard-runs.ts';
import { Shelf } from './shelf.ts';
import { BYTES_PER_SECOND, clearUp, type Task, withDepot } from './task.ts';

type Skipped = { readonly index: string; readonly reason: string };

/**
 * Takes a snapshot; resolves with its description.
 *
 * @throws CoppiceError `GROUP_NOT_FOUND`, `ALREADY_EXISTS`, `SNAPSHOT_FAILED` with the shards that failed in its details,
 *   `BAD_REQUEST` for a group named that takes no checkpoints, what the depot throws, or the signal's reason.
 */
export async function createSnapshot(spec: CreateSpec, task: Task): Promise<unknown> {
  const groups = groupsOf(spec, task);
  return withDepot(task.depots, spec.depot, async (depot, depotUrl) => {
    const shelf = new Shelf(depot, task.signal);
    await settleDead(task.context, shelf);
    await shelf.freeNameOfGone(spec.name);
    const startedMs = task.context.env.clock.wallMs();
    const { cluster } = task.context;
    const clusterId = await clusterIdOf(task.context);
    await shelf.announce({ v: SNAPSHOT_FORMAT, id: task.id, name: spec.name, cluster, clusterId, startedMs });
    try {
      return await storeAndComplete({ spec, task, shelf, groups, depotUrl, startedMs });
    } catch (error) {
      await undo(task, depot);
      throw error;
    }
  });
}

type Creation = {
  readonly spec: CreateSpec;
  readonly task: Task;
  readonly shelf: Shelf;
  readonly groups: readonly GroupRecord[];
  readonly depotUrl: string;
  readonly startedMs: number;
};

async function storeAndComplete(creation: Creation): Promise<unknown> {
  const { spec, task, shelf, groups, depotUrl, startedMs } = creation;
  const runs = new ShardRuns(groups, {
    task,
    depotUrl,
    bytesPerSecond: spec.bytesPerSecond ?? BYTES_PER_SECOND,
    known: await completeFiles(shelf),
  });
  const results = await runs.run();
  checkFailures(spec, results);
  const skipped = skippedOf(spec, results);
  const stored: GroupSnapshot[] = [];
  for (const group of groups.filter(({ name }) => !skipped.some(({ index }) => index === name)))
    stored.push(await groupSnapshot(task, group, results));
  task.signal.throwIfAborted();
  const document: SnapshotDocument = {
    v: SNAPSHOT_FORMAT,
    kind: 'snapshot',
    id: task.id,
    name: spec.name,
    cluster: task.context.cluster,
    startedMs,
    endedMs: task.context.env.clock.wallMs(),
    groups: stored,
  };
  await shelf.complete(document);
  const { bytes, files } = runs.copied;
  return {
    snapshot: { ...describeSnapshot(document), copied: { files, bytes }, ...(skipped.length === 0 ? {} : { skipped }) },
  };
}

function groupsOf({ indices }: CreateSpec, { context }: Task): readonly GroupRecord[] {
  const all = [...context.view.groups.keys()].toSorted().flatMap((name) => context.view.group(name) ?? []);
  const stateless = all.find(({ name, kind }) => kind === 'stateless' && indices?.includes(name) === true);
  if (stateless !== undefined)
    throw new CoppiceError('BAD_REQUEST', `\`${stateless.name}\` has no state of which a snapshot could be taken`);
  const present = all.filter(({ kind }) => kind === 'stateful');
  const known = present.map(({ name }) => name);
  const names = selectNames(known, indices, `cluster \`${context.cluster}\``);
  return present.filter(({ name }) => names.includes(name));
}

/** Files that the depot has, by hash: those of snapshots that are complete now that this one is announced. */
async function completeFiles(shelf: Shelf): Promise<ReadonlyMap<string, KnownFile>> {
  const known = new Map<string, KnownFile>();
  for (const entry of await shelf.entries()) {
    if (entry.state !== 'complete') continue;
    for (const { blob, sizeBytes } of entry.document.groups.flatMap(({ shards }) => shards.flatMap(filesOf))) {
      const hash = hashOfDepotName(blob);
      if (hash !== undefined) known.set(hash, { blob, sizeBytes });
    }
  }
  return known;
}

function checkFailures({ name, partial }: CreateSpec, results: readonly ShardResult[]): void {
  const failures = results.flatMap((result) => (result.kind === 'failed' ? [result] : []));
  const [first] = failures;
  const isAnyStored = results.some(({ kind }) => kind === 'stored');
  if (first === undefined || (partial && isAnyStored)) return;
  const which = failures.map(({ group, shard }) => `${group.name}/${shard}`).join(', ');
  throw new CoppiceError(
    'SNAPSHOT_FAILED',
    `snapshot \`${name}\` was not taken, since shards failed (${which}): ${first.error.message}`,
    {
      cause: first.error,
      details: {
        snapshot: name,
        failures: failures.map(({ group, shard, error }) => ({
          index: group.name,
          shard_id: shard,
          reason: error.message,
        })),
      },
    },
  );
}

/** Groups that nobody has named, and whose actors take no checkpoints. */
function skippedOf({ indices }: CreateSpec, results: readonly ShardResult[]): readonly Skipped[] {
  const names = [...new Set(results.flatMap(({ kind, group }) => (kind === 'incapable' ? [group.name] : [])))];
  const named = names.find((name) => indices?.includes(name));
  if (named !== undefined || names.length === new Set(results.map(({ group }) => group.name)).size)
    throw new CoppiceError(
      'BAD_REQUEST',
      `\`${named ?? names[0] ?? ''}\` takes no checkpoints, so no snapshot can be taken of it`,
    );
  return names.map((index) => ({ index, reason: 'its actor takes no checkpoints' }));
}

/**
 * The shared document is read after the shards were captured: it only grows, so it has every field that a shard has. An
 * older one would let a document bring a field as another type than a shard has it.
 */
async function groupSnapshot(
  { context }: Task,
  group: GroupRecord,
  results: readonly ShardResult[],
): Promise<GroupSnapshot> {
  const entry = await context.registry.get(groupKey(group.name));
  const present = entry === undefined ? undefined : parseRecord(GroupRecord, entry.value, entry.key);
  if (present?.generation !== group.generation || present.deleting === true)
    throw new CoppiceError('GROUP_NOT_FOUND', `\`${group.name}\` was deleted while the snapshot was taken`);
  const shared = await context.registry.get(sharedKey(group));
  const mine = results.filter((result) => result.group.name === group.name).toSorted((a, b) => a.shard - b.shard);
  return {
    group: present,
    ...(shared === undefined ? {} : { shared: parseRecord(SharedRecord, shared.value, shared.key).document }),
    shards: mine.flatMap((result) => (result.kind === 'stored' ? [result.snapshot] : [])),
    failures: mine.flatMap((result) =>
      result.kind === 'failed' ? [{ shard: result.shard, reason: asCoppiceError(result.error).message }] : [],
    ),
  };
}

/** It never completes, its name is free, and what it stored goes, now or with a later sweep. */
async function undo({ context, id }: Task, depot: Depot): Promise<void> {
  await clearUp(context, 'a snapshot that failed', async (signal) => {
    const shelf = new Shelf(depot, signal);
    const entry = await shelf.entry(id);
    if (entry.state === 'complete') return;
    await shelf.giveUp(id);
    await shelf.remove(entry);
    await shelf.sweep();
  });
}

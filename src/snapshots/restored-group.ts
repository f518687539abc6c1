/**
 * A group that is made from a snapshot. Its entry in the registry comes first, marked as being restored, so that the name
 * is taken and nobody routes to it; the mark goes last, by compare-and-set. Who finds the task of such an entry dead takes
 * the entry over in the same way, and takes the group down: of the two only one can succeed.
 */
import type { Depot } from '../bus/depot.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { finishDeletion } from '../cluster/groups.ts';
import { groupKey } from '../cluster/view.ts';
import { CoppiceError, isCoppiceError } from '../errors.ts';
import { GroupRecord, parseRecord } from '../wire/records.ts';
import { elsewhereError } from './task.ts';
import { isTaskDead } from './task-liveness.ts';

/** An entry that is marked, and where it stands in the registry. */
export type Reserved = { readonly group: GroupRecord; readonly revision: number };

/**
 * Takes the name of a group.
 *
 * @throws CoppiceError `ALREADY_EXISTS`, or what `elsewhereError` makes.
 */
export async function reserve({ registry }: ClusterContext, group: GroupRecord): Promise<Reserved> {
  try {
    return { group, revision: await registry.create(groupKey(group.name), group) };
  } catch (error) {
    if (!isCoppiceError(error, 'CONFLICT')) throw error;
    const task = group.restoring?.task;
    const present = await registry.get(groupKey(group.name));
    const holder =
      present === undefined ? undefined : parseRecord(GroupRecord, present.value, present.key).restoring?.task;
    if (task !== undefined && holder === task) throw elsewhereError(task);
    const hint = 'delete it first, or restore under another name';
    throw new CoppiceError('ALREADY_EXISTS', `there is an index or group \`${group.name}\` already: ${hint}`, {
      cause: error,
      details: { index: group.name },
    });
  }
}

/**
 * Takes the mark away: the group exists.
 *
 * @throws CoppiceError `SNAPSHOT_FAILED` if it was taken down meanwhile.
 */
export async function release({ registry }: ClusterContext, { group, revision }: Reserved): Promise<GroupRecord> {
  const released = unmarked(group);
  try {
    await registry.update(groupKey(group.name), released, revision);
    return released;
  } catch (error) {
    if (!isCoppiceError(error, 'CONFLICT')) throw error;
    throw new CoppiceError('SNAPSHOT_FAILED', `\`${group.name}\` was taken down while it was restored`, {
      cause: error,
    });
  }
}

/** A group's entry without marks of what happens to it. */
export function unmarked(group: GroupRecord): GroupRecord {
  const plain = { ...group };
  delete plain.restoring;
  delete plain.deleting;
  return plain;
}

/** Takes a group down that is not restored: its files in the depot, its log, and its entry last. Harmless to repeat. */
export async function takeDown(
  context: ClusterContext,
  { group, depot, signal }: { group: GroupRecord; depot: Depot; signal: AbortSignal },
): Promise<void> {
  for (const name of await depot.list(`${group.generation}/`, { signal })) await depot.delete(name, { signal });
  await finishDeletion(context, group);
}

/**
 * Takes down the groups whose restore has died. `owner` is a task of the caller's that is alive while this runs; what was
 * taken over for it before, and is still there, goes as well.
 *
 * @returns The tasks whose groups were taken down: they cannot complete any more.
 */
export async function takeDownDead(
  context: ClusterContext,
  { owner, depot, signal }: { owner: string; depot: Depot; signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  for (const { value } of [...context.view.groups.values()]) {
    const task = value.restoring?.task;
    if (task === undefined || value.deleting === true) continue;
    if (task !== owner && !((await isTaskDead(context, task)) && (await takeOver(context, value, owner)))) continue;
    context.report('warn', 'half a restored group is taken down: its leaf is gone', { group: value.name });
    await takeDown(context, { group: value, depot, signal });
    ended.add(task);
  }
  return ended;
}

/** Whether the entry is the caller's now. */
async function takeOver({ registry }: ClusterContext, dead: GroupRecord, owner: string): Promise<boolean> {
  const entry = await registry.get(groupKey(dead.name));
  if (entry === undefined) return false;
  const present = parseRecord(GroupRecord, entry.value, entry.key);
  if (present.generation !== dead.generation || present.restoring?.task !== dead.restoring?.task) return false;
  try {
    await registry.update(entry.key, { ...present, restoring: { task: owner } }, entry.revision);
    return true;
  } catch (error) {
    if (isCoppiceError(error, 'CONFLICT')) return false;
    throw error;
  }
}

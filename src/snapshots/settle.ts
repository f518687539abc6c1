/**
 * Clears up after creates whose leaf died: they are given up, so that their names are free and what they stored can go. Only
 * those of this cluster, since of others nobody here can tell whether they live.
 */
import type { ClusterContext } from '../cluster/context.ts';
import { clusterIdOf } from './identity.ts';
import type { Shelf, ShelfEntry } from './shelf.ts';
import { isTaskDead } from './task-liveness.ts';

/** Gives the dead creates of this cluster up. */
export async function settleDead(context: ClusterContext, shelf: Shelf): Promise<void> {
  const clusterId = await clusterIdOf(context);
  for (const entry of await shelf.entries()) {
    if (entry.state === 'given-up') await shelf.remove(entry);
    else if (await isDead(context, entry, clusterId)) await giveUp(context, shelf, entry);
  }
}

/** Whether an entry is a create of this cluster that has died. */
async function isDead(context: ClusterContext, entry: ShelfEntry, clusterId: string): Promise<boolean> {
  return entry.state === 'open' && entry.announcement.clusterId === clusterId && (await isTaskDead(context, entry.id));
}

async function giveUp({ report }: ClusterContext, shelf: Shelf, entry: ShelfEntry): Promise<void> {
  if (!(await shelf.giveUp(entry.id))) return;
  await shelf.remove(entry);
  report('warn', 'snapshot given up: its leaf is gone', { id: entry.id });
}

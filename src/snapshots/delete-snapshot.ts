/** Deletes a snapshot, or gives up one that is being made, and removes the files that no other one needs. */
import { CoppiceError } from '../errors.ts';
import type { DeleteSpec } from '../wire/snapshot-messages.ts';
import { settleDead } from './settle.ts';
import { Shelf, type ShelfEntry, type Swept } from './shelf.ts';
import { type Task, withDepot } from './task.ts';

/**
 * Deletes a snapshot. Files that are left because another one is being made go with a later delete, or when that one fails.
 *
 * @throws CoppiceError `SNAPSHOT_NOT_FOUND`, `UNSUPPORTED_FORMAT` if another version made it, what the depot throws, or the signal's reason.
 */
export async function deleteSnapshot(spec: DeleteSpec, task: Task): Promise<unknown> {
  return withDepot(task.depots, spec.depot, async (depot, url) => {
    const shelf = new Shelf(depot, task.signal);
    const entry = await shelf.find(spec.name);
    if (entry === undefined) {
      // A delete that died may have left a part.
      await shelf.freeNameOfGone(spec.name);
      await shelf.sweep();
      throw snapshotNotFound(spec.name, url);
    }
    checkFormat(entry);
    await shelf.remove(await ended(shelf, entry), spec.name);
    await settleDead(task.context, shelf);
    return { acknowledged: true, freed: showSwept(await shelf.sweep()) };
  });
}

/** The error for a name that no snapshot has. */
export function snapshotNotFound(name: string, depotUrl: string): CoppiceError {
  return new CoppiceError('SNAPSHOT_NOT_FOUND', `there is no snapshot \`${name}\` in the depot \`${depotUrl}\``, {
    details: { snapshot: name },
  });
}

/** What another version wrote is left to it: this one does not know what belongs to it. What is damaged may go. */
function checkFormat(entry: ShelfEntry): void {
  if (entry.state === 'unreadable' && entry.error.details?.['format'] !== undefined) throw entry.error;
}

/** A create under way never completes after this; one that was faster is deleted as what it has become. */
async function ended(shelf: Shelf, entry: ShelfEntry): Promise<ShelfEntry> {
  if (entry.state !== 'open' || (await shelf.giveUp(entry.id))) return entry;
  return shelf.entry(entry.id);
}

function showSwept({ files, bytes, blockedBy }: Swept): Readonly<Record<string, unknown>> {
  return blockedBy === undefined ? { files, bytes } : { files, bytes, blocked_by: blockedBy };
}

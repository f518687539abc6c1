/**
 * Whether a life of a group is over, so that what is left of it may go. A view may be behind, or closed: only the registry's
 * leader is believed, and only if the log is gone, too.
 */
import type { Log } from '../bus/log.ts';
import type { ClusterContext } from '../cluster/context.ts';
import { groupKey } from '../cluster/view.ts';
import { isCoppiceError } from '../errors.ts';
import { GroupRecord, parseRecord } from '../wire/records.ts';

/** Which life of which group. */
export type GroupLife = { readonly name: string; readonly generation: string };

/** Whether the view says that this life goes on. It may be behind. */
export function mayLive({ view }: Pick<ClusterContext, 'view'>, { name, generation }: GroupLife): boolean {
  const present = view.group(name);
  return present?.generation === generation && present.deleting !== true;
}

/**
 * Whether a life of a group is surely over.
 *
 * @throws CoppiceError `DISCONNECTED`, `UNSUPPORTED_FORMAT`.
 */
export async function isGroupGone(
  { registry, bus }: Pick<ClusterContext, 'registry' | 'bus'>,
  { name, generation }: GroupLife,
  log: Log,
): Promise<boolean> {
  if (!bus.link.up) return false;
  const entry = await registry.get(groupKey(name));
  const known = entry === undefined ? undefined : parseRecord(GroupRecord, entry.value, entry.key);
  if (known?.generation === generation && known.deleting !== true) return false;
  try {
    await log.last(0);
    return false;
  } catch (error) {
    if (isCoppiceError(error, 'STALE_GENERATION')) return true;
    throw error;
  }
}

/**
 * When a group that was just created can be used: every shard has a copy that leads it, or, without state, one that
 * serves.
 */
import { shardsOf } from '../actor/slots.ts';
import { type GroupRecord, SERVING_STATES } from '../wire/records.ts';
import type { ClusterContext } from './context.ts';

/** Resolves when every shard of the group can be used; `false` if not within the time. */
export async function whenUsable(
  { membership }: ClusterContext,
  group: GroupRecord,
  withinMs: number,
): Promise<boolean> {
  const usable = (state: string): boolean =>
    group.kind === 'stateful' ? state === 'primary' : SERVING_STATES.has(state);
  return membership.until(() => {
    const led = new Set(membership.copiesOf(group).flatMap(({ shard, state }) => (usable(state) ? [shard] : [])));
    return shardsOf(group.slots).every((shard) => led.has(shard));
  }, withinMs);
}

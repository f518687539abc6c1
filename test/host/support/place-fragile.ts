/** Puts the shards of a group of fragile actors onto leaves, every shard onto each of them. */
import type { StatefulDefinition } from '../../../src/actor/definition.ts';
import type { ClusterContext } from '../../../src/cluster/context.ts';
import { createGroup } from '../../../src/cluster/groups.ts';
import { placementKey } from '../../../src/cluster/view.ts';
import type { GroupRecord } from '../../../src/wire/records.ts';
import { actor } from '../fixtures/fragile.ts';

/** What leaves must provide to host them. */
export const FRAGILE = 'group:fragile';

const definition: StatefulDefinition = actor;

/** Creates the group. */
export async function placeFragile(
  context: ClusterContext,
  { leaves, shards }: { readonly leaves: readonly string[]; readonly shards: number },
): Promise<GroupRecord> {
  const group = await createGroup(context, {
    name: 'fragile',
    definition,
    shards,
    copies: leaves.length,
    requires: FRAGILE,
    settings: null,
  });
  await context.registry.create(placementKey('fragile'), {
    generation: group.generation,
    version: 1,
    shards: Array.from({ length: shards }, (_, shard) => ({ shard, copies: leaves })),
  });
  return group;
}

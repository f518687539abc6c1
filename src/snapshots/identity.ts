/** The id of a cluster, made by whoever asks first: clusters that share a depot may have one name. */
import type { ClusterContext } from '../cluster/context.ts';
import { isCoppiceError } from '../errors.ts';
import { IdentityRecord, parseRecord } from '../wire/records.ts';
import { REGISTRY_KEYS } from '../wire/subjects.ts';

/** The cluster's id. */
export async function clusterIdOf({ registry, env }: ClusterContext): Promise<string> {
  for (;;) {
    const entry = await registry.get(REGISTRY_KEYS.identity);
    if (entry !== undefined) return parseRecord(IdentityRecord, entry.value, entry.key).id;
    const mine: IdentityRecord = { id: env.random.id() };
    try {
      await registry.create(REGISTRY_KEYS.identity, mine);
      return mine.id;
    } catch (error) {
      if (!isCoppiceError(error, 'CONFLICT')) throw error;
    }
  }
}

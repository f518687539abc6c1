/** Where in a cluster things are just now: which leaf leads a shard, and which process holds the controller's seat. */
import { shardsOf } from '../../src/actor/slots.ts';
import type { SimRandom } from '../../src/bus/sim/sim-random.ts';
import type { ClusterContext } from '../../src/cluster/context.ts';
import { ControllerRecord, parseRecord } from '../../src/wire/records.ts';
import { REGISTRY_KEYS } from '../../src/wire/subjects.ts';
import { FaultSkipped } from './fault.ts';

/** A process, as the registry tells of it. */
export type SeatedProcess = { readonly pid: number; readonly host: string };

/** Name of the leaf that leads some shard of an index. Throws FaultSkipped if none does. */
export function somePrimary({ view }: ClusterContext, index: string, random: SimRandom): string {
  const group = view.group(index);
  if (group === undefined) throw new FaultSkipped(`there is no index ${index}`);
  const owners = shardsOf(group.slots).flatMap((shard) => view.lease(group, shard)?.value.owner ?? '');
  const leading = owners.filter((owner) => owner !== '');
  if (leading.length === 0) throw new FaultSkipped('no shard is led by anybody');
  return random.pick(leading);
}

/** The process that holds the controller's seat. Throws FaultSkipped if none does. */
export async function controllerProcess({ registry }: ClusterContext): Promise<SeatedProcess> {
  const entry = await registry.get(REGISTRY_KEYS.controller);
  const seat = entry === undefined ? undefined : parseRecord(ControllerRecord, entry.value, entry.key);
  const { owner = '', pid, host } = seat ?? {};
  if (owner === '' || pid === undefined || host === undefined) throw new FaultSkipped('nobody holds the seat');
  return { pid, host };
}

/** A bit that flips in a file of the depot, and a leaf that has to restore meanwhile. The bit flips back in the end. */
import { type BegunFault, type FaultKind, FaultSkipped } from '../../../../actors/chaos/fault.ts';
import type { SimRandom } from '../../../../src/bus/sim/sim-random.ts';
import { filesBelow, flipSomeBit } from './flipped-bit.ts';
import type { StagedCluster } from './staged-cluster.ts';

/** The faults of depots in folders. */
export function depotFaults(cluster: StagedCluster): readonly FaultKind[] {
  return [
    {
      name: 'depot.flip',
      does: 'a bit of a checkpoint’s file flips, and a leaf restores',
      domain: 'depot',
      begin: async (random) => begin(cluster, random),
    },
    {
      name: 'depot.full',
      does: 'the disk of the depot is full',
      domain: 'depot',
      begin: async () => fill(cluster),
    },
  ];
}

async function fill({ disks }: StagedCluster): Promise<BegunFault> {
  const { depot } = disks;
  if (depot === undefined) throw new FaultSkipped('this machine allows no disk of its own for the depot');
  await depot.fill();
  return { what: 'the depot’s disk is full', end: async () => depot.free() };
}

async function begin(cluster: StagedCluster, random: SimRandom): Promise<BegunFault> {
  const files = await filesBelow(cluster.depot, (name) => name.endsWith('+blob'));
  if (files.length === 0) throw new FaultSkipped('there is no checkpoint yet');
  const leaf = cluster.leaves.find(({ struck }) => !struck);
  if (leaf === undefined) throw new FaultSkipped('all leaves are struck already');
  const { what, flipBack } = await flipSomeBit(files, random);
  leaf.struck = true;
  await leaf.down('SIGKILL');
  await leaf.up();
  const end = async (): Promise<void> => {
    await flipBack();
    leaf.struck = false;
  };
  return { what: `${what}; ${leaf.name} restores`, end };
}

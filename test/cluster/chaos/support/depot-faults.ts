/** A bit that flips in a file of the depot, and a leaf that has to restore meanwhile. The bit flips back in the end. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BegunFault, type FaultKind, FaultSkipped } from '../../../../actors/chaos/fault.ts';
import type { SimRandom } from '../../../../src/bus/sim/sim-random.ts';
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
  ];
}

async function begin(cluster: StagedCluster, random: SimRandom): Promise<BegunFault> {
  const files = await filesBelow(cluster.depot);
  if (files.length === 0) throw new FaultSkipped('there is no checkpoint yet');
  const leaf = cluster.leaves.find(({ struck }) => !struck);
  if (leaf === undefined) throw new FaultSkipped('all leaves are struck already');
  const file = random.pick(files);
  const place = random.below((await stat(file)).size);
  leaf.struck = true;
  const flipBack = await flipBit(file, place, random.below(8));
  await leaf.down('SIGKILL');
  await leaf.up();
  const end = async (): Promise<void> => {
    await flipBack();
    leaf.struck = false;
  };
  return { what: `byte ${place} of ${file.slice(cluster.depot.length + 1)}; ${leaf.name} restores`, end };
}

/** Flips a bit of a file; returns what flips it back, if the file is still there. */
export async function flipBit(file: string, place: number, bit: number): Promise<() => Promise<void>> {
  await change(file, place, 1 << bit);
  return async () => {
    // A checkpoint may have been retired meanwhile, and its files deleted.
    await change(file, place, 1 << bit).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
  };
}

async function change(file: string, place: number, mask: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, place);
    byte[0] = (byte[0] ?? 0) ^ mask;
    await handle.write(byte, 0, 1, place);
  } finally {
    await handle.close();
  }
}

/** Whole files, in the order of their names: those of uploads under way are not counted. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('+blob'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** A bit of a file that flips, as disks and memories do it now and then. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FaultSkipped } from '../../../../actors/chaos/fault.ts';
import type { SimRandom } from '../../../../src/bus/sim/sim-random.ts';

/** A bit that was flipped: where, and what flips it back, if the file is still there. */
export type FlippedBit = { readonly what: string; readonly flipBack: () => Promise<void> };

/** Flips some bit of one of the files. Throws FaultSkipped if it is deleted at this very moment. */
export async function flipSomeBit(files: readonly string[], random: SimRandom): Promise<FlippedBit> {
  const file = random.pick(files);
  const mask = 1 << random.below(8);
  const sizeBytes = await sizeOf(file);
  if (sizeBytes === 0) throw new FaultSkipped(`${basename(file)} is gone`);
  const place = random.below(sizeBytes);
  await change(file, place, mask);
  const flipBack = async (): Promise<void> => {
    // It may have been deleted meanwhile, as files of retired checkpoints are.
    await change(file, place, mask).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  };
  return { what: `byte ${place} of ${basename(file)}`, flipBack };
}

/** Files below a folder whose path is wanted and that are not empty, in the order of their paths; none without the folder. */
export async function filesBelow(folder: string, isWanted: (path: string) => boolean): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isWanted)
    .toSorted();
  const sizes = await Promise.all(paths.map(sizeOf));
  return paths.filter((_, at) => (sizes[at] ?? 0) > 0);
}

/** A file that goes while it is looked at is empty. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
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

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** A disk of its own for a folder, small enough to be filled: a tmpfs, which only root may mount, and only on Linux. */
import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A mounted disk. */
export type SmallDisk = {
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  /** Unmounts it, and what it holds is gone. Twice is harmless. */
  close(): Promise<void>;
};

const run = promisify(execFile);
const PIECE = Buffer.alloc(64 * 1024);

/** Mounts a disk at a folder, which is made; rejects with what the system says if that is not allowed. */
export async function openSmallDisk(folder: string, sizeMib: number): Promise<SmallDisk> {
  if (process.platform !== 'linux') throw new Error('a tmpfs can be mounted on Linux only');
  await mkdir(folder, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', folder]);
  const filler = join(folder, 'filler');
  let closing: Promise<unknown> | undefined;
  return {
    fill: async () => fill(filler),
    free: async () => rm(filler, { force: true }),
    close: async () => {
      // Lazily: a process that was just killed may not have let go of its files yet.
      closing ??= run('umount', ['--lazy', folder]);
      await closing;
    },
  };
}

async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let sizeBytes = PIECE.length; sizeBytes >= 1; ) {
      try {
        const { bytesWritten } = await file.write(PIECE, 0, sizeBytes);
        if (bytesWritten < sizeBytes) sizeBytes >>= 1;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
        sizeBytes >>= 1;
      }
    }
  } finally {
    await file.close();
  }
}

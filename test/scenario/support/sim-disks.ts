/**
 * The disks of simulated leaves: each outlives its leaf's processes, syncs slowly by the virtual clock, and loses, at the
 * end of a process, nothing, what was not synced, or everything.
 */
import { createHash } from 'node:crypto';
import type { SimNode } from '../../../src/bus/sim/sim-node.ts';
import type { SimRandom } from '../../../src/bus/sim/sim-random.ts';
import type { Disk } from '../../../src/disk/disk.ts';
import { pause } from '../../../src/env.ts';
import { asCoppiceError } from '../../../src/errors.ts';
import { decodeLocalManifest } from '../../../src/wire/local-format.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

/** How disks are broken on purpose. */
export type DiskLies = {
  /** Names are cut to their hashes, so that one that was retired comes back, and removals are late. */
  readonly reusesNames?: boolean;
  /** A digest is what the file's name claims. */
  readonly skipsChecksums?: boolean;
  /** Nothing is synced, whatever is said. */
  readonly skipsSyncs?: boolean;
};

/** A file with a flipped bit, and what it was before. */
type Rot = {
  readonly disk: MemoryDisk;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly rotten: Uint8Array;
};

const ROOT = '/data';
const SYNC_MS = { from: 0.2, to: 8 };
const SLOW_MS = { from: 100, to: 1_500 };
const LATE_REMOVAL_MS = 3_000;
const POWER_LOSS_SHARE = 0.4;
const LOSS_SHARE = 0.1;
const EMPTY = new Uint8Array(0);
const TAG = /@[\w-]+\.\d+$/;

/** All disks of a world. */
export class SimDisks {
  /** Whether a bit of a file has ever flipped: only then may a saved state be discarded. */
  hasRotted = false;
  /** Leaves whose disks are slow. */
  readonly slow = new Set<string>();
  readonly #disks = new Map<string, MemoryDisk>();
  readonly #doors = new Map<string, ReturnType<MemoryDisk['door']>>();
  readonly #rotten = new Map<string, Rot>();
  readonly #lies: DiskLies;
  /** What files with cut names were called last. */
  readonly #called = new Map<string, string>();

  constructor(lies: DiskLies = {}) {
    this.#lies = lies;
  }

  /** The folder of all leaves, on each disk. */
  get folder(): string {
    return ROOT;
  }

  /** The disk of a leaf. */
  of(leaf: string): MemoryDisk {
    const disk = this.#disks.get(leaf) ?? new MemoryDisk();
    this.#disks.set(leaf, disk);
    return disk;
  }

  /** A new process's way to its leaf's disk. */
  open(leaf: string, { env }: SimNode): Disk {
    const disk = this.of(leaf);
    const door = disk.door(async () => {
      const { from, to } = this.slow.has(leaf) ? SLOW_MS : SYNC_MS;
      await pause(env.clock, from + env.random.next() * (to - from));
    });
    this.#doors.set(leaf, door);
    return this.#lying(door, (run) => void env.clock.after(LATE_REMOVAL_MS * env.random.next(), run));
  }

  /** The leaf's process is gone, and with it perhaps the power, or the disk. Tells what, if anything. */
  end(leaf: string, random: SimRandom | undefined): string | undefined {
    const door = this.#doors.get(leaf);
    if (door === undefined) return undefined;
    door.close();
    this.#doors.delete(leaf);
    const disk = this.of(leaf);
    disk.unlock();
    if (random?.chance(LOSS_SHARE) === true) {
      this.#disks.set(leaf, new MemoryDisk());
      return `the disk of ${leaf} is lost`;
    }
    if (random?.chance(POWER_LOSS_SHARE) !== true) return undefined;
    disk.crash(() => random.next());
    return `${leaf} lost power`;
  }

  /** Flips a bit of some file; undefined if there is none. */
  rot(leaf: string, random: SimRandom): string | undefined {
    const disk = this.of(leaf);
    const paths = disk.paths(`${ROOT}/`);
    if (paths.length === 0) return undefined;
    const path = random.pick(paths);
    const bytes = disk.read(path);
    if (bytes === undefined || bytes.length === 0) return undefined;
    this.hasRotted = true;
    disk.flipBit(path, random.below(bytes.length));
    const before = this.#rotten.get(`${leaf}${path}`);
    // What rots twice was sound before the first time; another file of its name was before this one.
    const sound = before !== undefined && Buffer.compare(before.rotten, bytes) === 0 ? before.bytes : bytes;
    this.#rotten.set(`${leaf}${path}`, { disk, path, bytes: sound, rotten: disk.read(path) ?? EMPTY });
    return path;
  }

  /** Makes all disks work, and their files what was written. */
  heal(): void {
    this.slow.clear();
    for (const { disk, path, bytes, rotten } of this.#rotten.values())
      if (Buffer.compare(disk.read(path) ?? EMPTY, rotten) === 0) disk.damage(path, () => bytes);
    this.#rotten.clear();
    for (const disk of this.#disks.values()) {
      disk.quotaBytes = Number.POSITIVE_INFINITY;
      disk.isBroken = false;
    }
  }

  /** What is wrong with what is saved: every list must be readable, and name files that are there and sound. */
  problems(): readonly string[] {
    return [...this.#disks].flatMap(([leaf, disk]) =>
      disk
        .paths(`${ROOT}/`)
        .filter((path) => path.endsWith('/state'))
        .flatMap((path) => problemsOf(disk, path).map((problem) => `${leaf}: ${path} ${problem}`)),
    );
  }

  #lying(door: Disk, later: (run: () => void) => void): Disk {
    const { reusesNames, skipsChecksums, skipsSyncs } = this.#lies;
    const cut = (path: string): string => (reusesNames === true ? path.replace(TAG, '@x.1') : path);
    return {
      ...door,
      open: (path) => door.open(cut(path)),
      list: (folder) =>
        door
          .list(folder)
          .map((entry) => ({ ...entry, name: this.#called.get(`${folder}/${entry.name}`) ?? entry.name })),
      rename: (from, to) => {
        door.rename(from, cut(to));
        if (reusesNames === true) this.#called.set(cut(to), to.slice(to.lastIndexOf('/') + 1));
      },
      remove: (path) => {
        if (reusesNames === true && TAG.test(path)) later(() => door.remove(cut(path)));
        else door.remove(path);
      },
      sync: async (path) => (skipsSyncs === true ? undefined : door.sync(cut(path))),
      digest: async (path, options) => {
        const found = await door.digest(cut(path), options);
        const claimed = /([0-9a-f]{64})@/.exec(path)?.[1];
        return skipsChecksums === true && claimed !== undefined ? { ...found, sha256: claimed } : found;
      },
    };
  }
}

function problemsOf(disk: MemoryDisk, path: string): readonly string[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  try {
    const { runtime, files } = decodeLocalManifest(disk.read(path) ?? new Uint8Array());
    return [runtime, ...files].flatMap(({ file, sha256 }) => {
      const bytes = disk.read(`${folder}/${file}`) ?? disk.read(`${folder}/${file.replace(TAG, '@x.1')}`);
      if (bytes === undefined) return [`lacks ${file}`];
      return createHash('sha256').update(bytes).digest('hex') === sha256 ? [] : [`has a damaged ${file}`];
    });
  } catch (error) {
    return [asCoppiceError(error).message];
  }
}

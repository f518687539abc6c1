/**
 * A disk in memory that behaves as badly as a real one may: it can be full, fail, rot, and lose at a crash whatever was not
 * synced. One set of files, and a door to it for each process, which a crash closes.
 */
import { createHash } from 'node:crypto';
import type { Disk, DiskEntry, DiskFile, DiskWriter } from '../../src/disk/disk.ts';
import { CoppiceError } from '../../src/errors.ts';

/** Content, and what of it would survive a loss of power. */
type Inode = { bytes: Uint8Array; synced: Uint8Array };

/** Chance in [0, 1), for what a crash leaves. */
export type Chance = () => number;

/** What a door does before it syncs: waits, or throws. */
export type BeforeSync = (path: string) => Promise<void>;

/** The files behind all doors. */
export class MemoryDisk {
  /** Bytes that fit; writes beyond are refused. */
  quotaBytes = Number.POSITIVE_INFINITY;
  /** Whether writes and syncs fail as those of a broken device do. */
  isBroken = false;
  /** Syncs asked for, by path, in order. */
  readonly synced: string[] = [];
  /** Names that were given to files, in order. */
  readonly renamed: string[] = [];
  #names = new Map<string, Inode>();
  /** Names as a loss of power would leave them. */
  #durable = new Map<string, Inode>();
  readonly #locked = new Set<string>();

  /** Bytes of all files. */
  get usedBytes(): number {
    let used = 0;
    for (const { bytes } of new Set(this.#names.values())) used += bytes.length;
    return used;
  }

  /** Paths of all files, sorted. */
  paths(prefix = ''): readonly string[] {
    return [...this.#names.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  /** The bytes of a file. */
  read(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.bytes.slice();
  }

  /** Puts other bytes in the place of a file's, as a failing disk does. */
  damage(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`no file ${path}`);
    inode.bytes = change(inode.bytes.slice());
    inode.synced = inode.bytes;
  }

  /** Flips a bit of a file. */
  flipBit(path: string, at = 0): void {
    this.damage(path, (bytes) => {
      const place = at % Math.max(1, bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ 1;
      return bytes;
    });
  }

  /**
   * Loses power: names are as they were synced, or some of the later ones have made it; so have bytes, up to any place.
   */
  crash(chance: Chance): void {
    const names = new Map(this.#durable);
    for (const path of new Set([...this.#names.keys(), ...this.#durable.keys()])) {
      if (chance() < 0.5) continue;
      const inode = this.#names.get(path);
      if (inode === undefined) names.delete(path);
      else names.set(path, inode);
    }
    for (const inode of new Set(names.values())) inode.bytes = torn(inode, chance);
    this.#names = names;
    this.#durable = new Map(names);
    this.#locked.clear();
  }

  /** Gives back what a process held that is gone. */
  unlock(): void {
    this.#locked.clear();
  }

  /** A process's way to the files; `close` it when the process dies, so that it touches nothing any more. */
  door(beforeSync: BeforeSync = async () => {}): Disk & { close(): void } {
    let isClosed = false;
    const check = (): void => {
      if (isClosed) throw new CoppiceError('STORAGE_FAILED', 'the process is dead');
    };
    const through =
      <Args extends readonly unknown[], Result>(work: (...args: Args) => Result) =>
      (...args: Args): Result => {
        check();
        return work(...args);
      };
    return {
      makeFolder: through(() => {}),
      list: through((folder: string) => this.#list(folder)),
      create: through((path: string) => this.#create(path, check)),
      open: through((path: string) => this.#open(path)),
      rename: through((from: string, to: string) => this.#rename(from, to)),
      digest: async (path, { onBytes = () => {} }) => {
        check();
        return this.#digest(path, onBytes);
      },
      remove: through((path: string) => this.#remove(path)),
      sync: async (path) => {
        check();
        await beforeSync(path);
        check();
        this.#sync(path);
      },
      lock: through((folder: string) => this.#lock(folder)),
      close: () => {
        isClosed = true;
      },
    };
  }

  #list(folder: string): readonly DiskEntry[] {
    const entries = new Map<string, DiskEntry>();
    for (const [path, { bytes }] of this.#names) {
      if (!path.startsWith(`${folder}/`)) continue;
      const [name = '', ...rest] = path.slice(folder.length + 1).split('/');
      const isFolder = rest.length > 0;
      entries.set(name, { name, isFolder, sizeBytes: isFolder ? 0 : bytes.length });
    }
    return [...entries.values()];
  }

  #create(path: string, check: () => void): DiskWriter {
    if (this.#names.has(path)) throw new CoppiceError('STORAGE_FAILED', `there is a \`${path}\` already`);
    this.#checkRoom(path, 0);
    const inode: Inode = { bytes: new Uint8Array(0), synced: new Uint8Array(0) };
    this.#names.set(path, inode);
    return {
      write: (bytes) => {
        check();
        // A part of it may fit, as on a real disk.
        const room = Math.max(0, this.quotaBytes - this.usedBytes);
        inode.bytes = joined(inode.bytes, bytes.subarray(0, Math.min(room, bytes.length)));
        this.#checkRoom(path, bytes.length - room);
      },
      close: () => {},
    };
  }

  #checkRoom(path: string, missingBytes: number): void {
    if (this.isBroken) throw new CoppiceError('STORAGE_FAILED', `the disk failed at \`${path}\` (EIO)`);
    if (missingBytes > 0) throw new CoppiceError('STORAGE_FULL', `no room for \`${path}\` (ENOSPC)`);
  }

  #open(path: string): DiskFile {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new CoppiceError('NOT_FOUND', `there is no \`${path}\``);
    return {
      size: inode.bytes.length,
      read: (offset, into) => {
        const found = inode.bytes.subarray(offset, offset + into.length);
        into.set(found);
        return found.length;
      },
      close: () => {},
    };
  }

  #digest(path: string, onBytes: (bytes: number) => void): { readonly sha256: string; readonly sizeBytes: number } {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new CoppiceError('NOT_FOUND', `there is no \`${path}\``);
    onBytes(inode.bytes.length);
    return { sha256: createHash('sha256').update(inode.bytes).digest('hex'), sizeBytes: inode.bytes.length };
  }

  #rename(from: string, to: string): void {
    const inode = this.#names.get(from);
    if (inode === undefined) throw new CoppiceError('STORAGE_FAILED', `there is no \`${from}\``);
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.renamed.push(to);
  }

  #remove(path: string): void {
    for (const one of [...this.#names.keys()]) if (one === path || one.startsWith(`${path}/`)) this.#names.delete(one);
  }

  #sync(path: string): void {
    if (this.isBroken) throw new CoppiceError('STORAGE_FAILED', `the disk failed at \`${path}\` (EIO)`);
    this.synced.push(path);
    const inode = this.#names.get(path);
    if (inode !== undefined) {
      inode.synced = inode.bytes;
      return;
    }
    const isIn = (name: string): boolean => name.slice(0, name.lastIndexOf('/')) === path;
    for (const name of [...this.#durable.keys()]) if (isIn(name) && !this.#names.has(name)) this.#durable.delete(name);
    for (const [name, one] of this.#names) if (isIn(name)) this.#durable.set(name, one);
  }

  #lock(folder: string): () => void {
    if (this.#locked.has(folder))
      throw new CoppiceError('STORE_IN_USE', `the folder \`${folder}\` is used`, { details: { folder, pid: 1 } });
    this.#locked.add(folder);
    return () => this.#locked.delete(folder);
  }
}

/** What a loss of power leaves of a file: what was synced, or any beginning of what was written, or rubbish in its place. */
function torn({ bytes, synced }: Inode, chance: Chance): Uint8Array {
  if (bytes === synced) return synced;
  const kept = Math.max(synced.length, Math.floor(bytes.length * chance()));
  const left = bytes.slice(0, kept);
  if (chance() < 0.3) left.fill(0, synced.length);
  return left;
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const all = new Uint8Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}

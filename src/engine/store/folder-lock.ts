/**
 * The lock of a folder: one engine at a time, over all processes and threads of a machine. Who wants the folder puts a
 * file there whose name says which process it is, and then looks for those of others: of two, one at least sees the other.
 * No name is ever used twice, so that what a dead process left can be removed by anybody at any time.
 */
import fs from 'node:fs';
import path from 'node:path';
import { systemEnv } from '../../env.ts';
import { CoppiceError } from '../../errors.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from '../../process-identity.ts';

/** Process id, its start in base 64, and chance. No name of a store begins with a dot. */
const NAME = /^\.lock-(\d{1,10})\.([\w-]{0,200})\.([\w-]{1,40})$/;

/** How long one that has precedence waits for others to give way, and how often it looks. */
const PATIENCE_MS = 200;
const LOOK_MS = 5;

/** Whether a file of a folder is a lock of it. */
export function isLock(name: string): boolean {
  return NAME.test(name);
}

/**
 * Locks a folder.
 *
 * @returns What unlocks it; calling it twice is harmless. A lock also ends with its process, and with its thread.
 * @throws CoppiceError `STORE_IN_USE` if it is locked.
 */
export function lockFolder(folder: string): () => void {
  const own = createLock(folder, ownIdentity());
  const release = (): void => {
    if (own.isReleased) return;
    own.isReleased = true;
    fs.rmSync(path.join(folder, own.name), { force: true });
    fs.closeSync(own.descriptor);
  };
  try {
    waitForOthers(folder, own.name);
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

type OwnLock = { readonly name: string; readonly descriptor: number; isReleased: boolean };

/** The file stays open as long as the lock is held: that tells a thread that has ended from one that lives. */
function createLock(folder: string, { pid, started }: ProcessIdentity): OwnLock {
  const name = `.lock-${pid}.${Buffer.from(started).toString('base64url')}.${systemEnv.random.id()}`;
  return { name, descriptor: fs.openSync(path.join(folder, name), 'wx'), isReleased: false };
}

/** Of several that come at once, the one whose name is the least waits until the others, who see it, have given way. */
function waitForOthers(folder: string, own: string): void {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const others = liveLocks(folder, own);
    const [first] = others;
    if (first === undefined) return;
    if (first < own || waitedMs >= PATIENCE_MS) {
      const pid = Number(NAME.exec(first)?.[1]);
      throw new CoppiceError('STORE_IN_USE', `the folder \`${folder}\` is used by another engine, of process ${pid}`, {
        details: { folder, pid },
      });
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
}

/** Locks of others, sorted. Those whose holders are gone are removed. */
function liveLocks(folder: string, own: string): readonly string[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name !== own && isLock(name))
    .filter((name) => {
      const isHeld = isHeldLock(folder, name);
      if (!isHeld) fs.rmSync(path.join(folder, name), { force: true });
      return isHeld;
    })
    .sort();
}

function isHeldLock(folder: string, name: string): boolean {
  const [, pid, started] = NAME.exec(name) ?? [];
  if (pid === undefined || started === undefined) return false;
  const holder = { pid: Number(pid), started: Buffer.from(started, 'base64url').toString() };
  return isAlive(holder) && isOpenIn(holder.pid, path.join(folder, name));
}

/** Whether a process has a file open; true where the system does not tell. */
function isOpenIn(pid: number, file: string): boolean {
  const wanted = fs.statSync(file, { throwIfNoEntry: false });
  if (wanted === undefined) return false;
  const descriptors = openFilesOf(pid);
  return (
    descriptors === undefined ||
    descriptors.some((descriptor) => {
      const found = statOf(descriptor);
      return found?.ino === wanted.ino && found.dev === wanted.dev;
    })
  );
}

function openFilesOf(pid: number): readonly string[] | undefined {
  const folders = [`/proc/${pid}/fd`, ...(pid === ownIdentity().pid ? ['/dev/fd'] : [])];
  for (const folder of folders) {
    try {
      return fs.readdirSync(folder).map((name) => path.join(folder, name));
    } catch {
      // Not on this system, or not of this user.
    }
  }
  return undefined;
}

/** Undefined for one that was closed meanwhile. */
function statOf(descriptor: string): fs.Stats | undefined {
  try {
    return fs.statSync(descriptor);
  } catch {
    return undefined;
  }
}

/**
 * Names in folders that hold after a crash: a file gets its name by a hard link, which fails if the name is taken, and
 * every folder on the way is synced. A shared folder is changed by others meanwhile, so what vanishes is made again.
 */
import { link, mkdir, open, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoppiceError, type ErrorCode } from '../../errors.ts';
import { blobExists } from '../depot.ts';

/** Each further try means that somebody removed the folder just then. */
const LINK_TRIES = 50;
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const WITHOUT_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Gives a synced file its name; the name is on disk when this resolves.
 *
 * @param where `root` exists and is on disk; folders between it and the target's are made.
 * @throws CoppiceError `CONFLICT` if the name is taken, `PREFLIGHT_FAILED` if the file system has no hard links,
 *   `STORAGE_FULL`, `INTERNAL`.
 */
export async function linkNew(name: string, file: string, where: { root: string; target: string }): Promise<void> {
  const folder = dirname(where.target);
  for (let tries = 1; ; tries += 1) {
    try {
      const made = await mkdir(folder, { recursive: true });
      await linkOnce(file, where.target);
      await syncFolder(folder);
      if (made !== undefined) await syncUpTo(folder, where.root);
      return;
    } catch (error) {
      // a folder that was empty may be removed by whoever deletes the last blob in it
      if (isMissing(error) && tries < LINK_TRIES) continue;
      if (codeOf(error) === 'EEXIST') throw blobExists(name);
      const code = WITHOUT_LINKS.includes(codeOf(error)) ? 'PREFLIGHT_FAILED' : 'INTERNAL';
      throw fileError(
        code,
        `blob \`${name}\` cannot be given its name (is this a file system with hard links?)`,
        error,
      );
    }
  }
}

/** Makes sure that the entries of a folder are on disk. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(folder, 'r');
  } catch (error) {
    if (isMissing(error)) return; // removed by somebody else: nothing of it is left to be synced
    throw fileError('INTERNAL', `folder \`${folder}\` cannot be synced`, error);
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a folder and those above it, up to but without `root`, as far as they are empty. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; at.length > root.length; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(codeOf(error))) return;
      throw fileError('INTERNAL', `empty folder \`${at}\` cannot be removed`, error);
    }
  }
}

/** The error of a failed file operation; a full disk has its own code, whatever was being done. */
export function fileError(code: ErrorCode, message: string, cause: unknown): CoppiceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CoppiceError(FULL.includes(codeOf(cause)) ? 'STORAGE_FULL' : code, `${message}: ${reason}`, { cause });
}

/** Whether a file operation failed because there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** On NFS the answer to a link may be lost, and the repeated request fails: then the file has two names already. */
async function linkOnce(file: string, target: string): Promise<void> {
  try {
    await link(file, target);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || (await stat(file)).nlink < 2) throw error;
  }
}

async function syncUpTo(folder: string, root: string): Promise<void> {
  for (let at = dirname(folder); at.length >= root.length; at = dirname(at)) await syncFolder(at);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

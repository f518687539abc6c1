/**
 * Makes folders, and those above them. Node's `mkdir` with `recursive` tries for ever, at full speed, where the folder above
 * is there and yet the system answers that it is missing, as below /proc; these end with that answer.
 */
import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes a folder unless it is there. Throws the error of the file system. */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (!mayLackParent(error, path)) throw error;
    await makeFolder(dirname(path));
    await mkdir(path).catch(unlessMade);
  }
}

/** The same, at once. */
export function makeFolderSync(folder: string): void {
  const path = resolve(folder);
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    if (!mayLackParent(error, path)) throw error;
    makeFolderSync(dirname(path));
    try {
      mkdirSync(path);
    } catch (again) {
      unlessMade(again);
    }
  }
}

function mayLackParent(error: unknown, path: string): boolean {
  return codeOf(error) === 'ENOENT' && dirname(path) !== path;
}

/** Somebody else may have been quicker. */
function unlessMade(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

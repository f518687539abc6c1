/** One cluster per data folder: `up.lock` names the process that uses it. A lock whose process is gone is void. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoppiceError } from '../../src/errors.ts';
import { makeFolderSync } from '../../src/make-folder.ts';
import { isAlive, ownIdentity, type ProcessIdentity, parseIdentity } from '../../src/process-identity.ts';
import { shellWord } from '../shell-word.ts';

const FILE = 'up.lock';

/** Who uses a data folder; undefined if nobody does. */
export function holderOf(data: string): ProcessIdentity | undefined {
  const noted = readLock(join(data, FILE));
  return noted !== undefined && isAlive(noted) ? noted : undefined;
}

/**
 * Takes a data folder for this process, creating it if needed.
 *
 * @returns What gives it back; calling it twice is harmless.
 * @throws CoppiceError `PREFLIGHT_FAILED` if a live process has it or it cannot be written.
 */
export function lockData(data: string): () => void {
  const file = join(data, FILE);
  const self = JSON.stringify(ownIdentity());
  try {
    makeFolderSync(data);
    if (!tryCreate(file, self)) takeOver(data, file, self);
  } catch (error) {
    if (error instanceof CoppiceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CoppiceError('PREFLIGHT_FAILED', `cannot write to the data folder \`${data}\`: ${reason}`, {
      cause: error,
    });
  }
  return () => {
    if (readLock(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

function takeOver(data: string, file: string, self: string): void {
  refuseIfHeld(data);
  // Moved aside first: of two processes that find the same void lock, one moves it, and one creates the new one.
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch {
    // The other one was faster.
  }
  if (!tryCreate(file, self)) refuseIfHeld(data);
}

function refuseIfHeld(data: string): void {
  const holder = holderOf(data);
  if (holder === undefined) return;
  throw new CoppiceError(
    'PREFLIGHT_FAILED',
    `the data folder \`${data}\` is in use by pid ${holder.pid}: stop that cluster with \`coppice down --data ${shellWord(data)}\`, or take another folder with --data`,
  );
}

function tryCreate(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function readLock(file: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

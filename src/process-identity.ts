/**
 * Whether a process noted in a file is still that process: a pid alone may belong to another one by now, after a
 * restart of the machine above all.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** A process and when it was started, in whatever form the system has. */
export type ProcessIdentity = { readonly pid: number; readonly started: string };

/** The identity of a process; undefined if there is no such process. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  const started = process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether the process lives, and is the one that was noted; where its start could not be told, whether there is one of this pid. */
export function isAlive(noted: ProcessIdentity): boolean {
  if (noted.started === '') return exists(noted.pid);
  return identityOf(noted.pid)?.started === noted.started;
}

/** The identity of this process; `started` is empty where the system does not tell. */
export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, started: '' };
}

/** Reads an identity out of a parsed file. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return undefined;
  const { pid, started } = value;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || typeof started !== 'string') return undefined;
  return { pid, started };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Start in ticks since boot, and the boot's id. A zombie is not alive. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): string | undefined {
  try {
    const shown = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return shown.trim() === '' ? undefined : shown.trim();
  } catch {
    return undefined;
  }
}

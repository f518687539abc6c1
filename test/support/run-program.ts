/** Runs a program of the project as a user would, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';

/** What a program left behind. */
export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const LIMIT_MS = 45_000;

/**
 * Runs a TypeScript file to its end, with this process's loader, or its compiled form when the tests are compiled.
 * Killed after 45 s, which shows as a `code` of null.
 *
 * @param path Without extension, from the project's folder: `examples/bare-nats`.
 */
export async function runProgram(path: string, vars: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const file = join(import.meta.dirname, '..', '..', path + extname(import.meta.filename));
  const child = spawn(process.execPath, [...process.execArgv, file], {
    env: { ...process.env, ...vars },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

/** Runs programs as a user would, each in a process of its own, in the project's folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { projectRoot } from './markdown.ts';

/** What a program left behind. */
export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const LIMIT_MS = 45_000;

/** Environment variables beside the test's own. */
export type ProgramVars = Readonly<Record<string, string>>;

/**
 * Runs a TypeScript file to its end, with this process's loader, or its compiled form when the tests are compiled.
 *
 * @param path Without extension, from the project's folder: `examples/bare-nats`.
 */
export async function runProgram(path: string, vars: ProgramVars = {}): Promise<Finished> {
  return run(process.execPath, programCommand(path), vars);
}

/** Arguments for Node.js that run a TypeScript file, or its compiled form. */
export function programCommand(path: string): readonly string[] {
  return [...process.execArgv, join(import.meta.dirname, '..', '..', path + extname(import.meta.filename))];
}

/** Runs a program to its end. Killed after 45 s, which shows as a `code` of null. */
export async function run(program: string, args: readonly string[], vars: ProgramVars = {}): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: projectRoot(),
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

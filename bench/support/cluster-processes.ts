/**
 * A cluster of real processes for a benchmark: `coppice up` on a folder that is removed at the end. Over the IPC channel
 * it notices when the benchmark is killed, and ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { natsServerPath } from '../../test/support/nats-server.ts';

/** A running cluster. */
export type ClusterProcesses = { readonly url: string; close(): Promise<void> };

/** Starts a cluster; resolves when it is ready. `flags` are more of `coppice up`. */
export async function startClusterProcesses(leaves: number, flags: readonly string[] = []): Promise<ClusterProcesses> {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const program = join(import.meta.dirname, '..', '..', 'actors', 'cli', `main.${extension}`);
  const data = await mkdtemp(join(tmpdir(), 'coppice-bench-'));
  const args = [...process.execArgv, program, 'up', '--json', '--leaves', String(leaves), '--data', data, ...flags];
  const env = { ...process.env, NATS_SERVER: natsServerPath() };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env });
  const exited = once(child, 'exit');
  if (child.stdout === null) throw new Error('the output of a cluster is piped');
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    await rm(data, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const ready: unknown = JSON.parse(line);
    if (typeof ready !== 'object' || ready === null || !('nats' in ready)) break;
    return { url: String(ready.nats), close };
  }
  await close();
  throw new Error('the cluster did not start');
}

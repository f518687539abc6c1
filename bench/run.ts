/**
 * Runs benchmarks one after the other, each in a process of its own, so that none warms or disturbs the next. A
 * benchmark is a program in `bench/`, outside of `bench/support/`, that prints JSON lines; this adds nothing to them.
 * When this is killed, the benchmark ends, too.
 *
 * Usage: `node dist/bench/run.js [part of a path]...`; without arguments all are run.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const RUN_ONE = join(import.meta.dirname, 'support', 'run-one.js');
/** Benchmarks of clusters take turns with the network; others keep the thread to themselves for minutes, as they should. */
const CLUSTER_SILENT_MS = 60_000;

const names = await selectBenchmarks(process.argv.slice(2));
if (names.length === 0) {
  process.stderr.write(`no benchmark matches ${process.argv.slice(2).join(' or ') || 'bench/'}\n`);
  process.exitCode = 1;
}
for (const name of names) {
  process.stderr.write(`# ${name}\n`);
  const outcome = await runBenchmark(name);
  if (outcome === 0) continue;
  process.stderr.write(`# ${name} ended with ${outcome}\n`);
  process.exitCode = 1;
}

/** Runs one program to its end; resolves with its exit code, or the signal that ended it. */
async function runBenchmark(name: string): Promise<number | string> {
  const limits = name.startsWith('cluster/') ? [String(CLUSTER_SILENT_MS)] : [];
  const args = ['--enable-source-maps', RUN_ONE, join(import.meta.dirname, `${name}.js`), ...limits];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code ?? 'no exit code'));
  });
}

/** Names of benchmarks, such as `engine/indexing`, in alphabetical order. */
async function selectBenchmarks(parts: readonly string[]): Promise<string[]> {
  const files = await readdir(import.meta.dirname, { recursive: true });
  return files
    .filter((file) => file.endsWith('.js') && file !== 'run.js' && !file.startsWith('support'))
    .map((file) => file.slice(0, -'.js'.length))
    .filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
    .sort();
}

/**
 * Starts the thread that `worker.ts` is the program of. Run from the sources, as `make dev` and single tests do, it must
 * teach the thread to read TypeScript first: threads do not inherit what the main thread has learned of it.
 */
import { Worker } from 'node:worker_threads';
import type { WorkerStart } from './worker-messages.ts';

/**
 * Starts a worker thread.
 *
 * @param heapMb MiB that its part of V8's heap may grow to; beyond, the thread ends with `ERR_WORKER_OUT_OF_MEMORY`.
 */
export function startWorker(workerData: WorkerStart, heapMb: number): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: heapMb };
  const fromSources = import.meta.url.endsWith('.ts');
  const program = new URL(fromSources ? './worker.ts' : './worker.js', import.meta.url);
  if (!fromSources) return new Worker(program, { workerData, resourceLimits });
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(program.href)}); })`;
  return new Worker(code, { eval: true, workerData, resourceLimits });
}

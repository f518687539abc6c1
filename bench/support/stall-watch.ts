/**
 * Ends this process when its event loop stands still, and shows where it stood. No bound of a wait helps there, since
 * nothing looks at the clock: another thread does.
 */
import { Worker } from 'node:worker_threads';

const BEAT_MS = 1_000;

/** What the watching thread is started with. `beats` is counted up while the event loop turns. */
export type Watched = { readonly beats: Int32Array; readonly silentMs: number };

/** Begins to watch this process. What takes the thread for so long without a turn of the loop is taken for a fault. */
export function watchForStalls(silentMs: number): void {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.add(beats, 0, 1), Math.min(BEAT_MS, silentMs / 3)).unref();
  const workerData: Watched = { beats, silentMs };
  new Worker(new URL(`./stall-watcher.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url), {
    workerData,
  }).unref();
}

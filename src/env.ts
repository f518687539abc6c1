/**
 * The only time and chance that the core sees. Everything above takes an `Env` by parameter, so that a whole
 * cluster can run on a virtual clock and a seed.
 */
import { randomFillSync } from 'node:crypto';
import { availableParallelism, hostname, totalmem } from 'node:os';

/** Cancels what it was returned for; calling it twice is harmless. */
export type Cancel = () => void;

/** Monotonic and wall time, and timers. */
export interface Clock {
  /** Milliseconds of a monotonic clock with an arbitrary start. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; may jump. */
  wallMs(): number;
  /** Calls `run` once after `delayMs`. */
  after(delayMs: number, run: () => void): Cancel;
}

/** A source of chance. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A fresh unguessable id of 22 letters, digits, `-` and `_` (128 bits). */
  id(): string;
}

/** The process and the machine it runs on. */
export interface Machine {
  readonly pid: number;
  readonly hostname: string;
  /** Threads that can run at once. */
  readonly cores: number;
  /** Cores used by the process since the last call (0 to `cores`), and its resident memory. */
  sample(): { readonly load: number; readonly rssBytes: number };
}

/** What a component is given instead of the globals. */
export type Env = { readonly clock: Clock; readonly random: Random; readonly machine: Machine };

/** Node's timers count no further than 24 days; what is beyond would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const ID_BYTES = 16;

/** The real clock and real chance. */
export const systemEnv: Env = {
  clock: {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, Math.min(delayMs, MAX_DELAY_MS));
      return () => clearTimeout(timer);
    },
  },
  random: {
    next: () => Math.random(),
    id: createIdSource(),
  },
  machine: {
    pid: process.pid,
    hostname: hostname(),
    cores: availableParallelism(),
    sample: createSampler(),
  },
};

/** Ids from a pool of random bytes: one call of the system's generator serves many. */
function createIdSource(): Random['id'] {
  const pool = Buffer.alloc(ID_BYTES * 256);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += ID_BYTES;
    return pool.toString('base64url', at - ID_BYTES, at);
  };
}

/** Memory that the process may use, in bytes: the machine's, or what a container is given of it. */
export function usableMemoryBytes(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}

/**
 * Memory of the calling thread, in bytes: V8's heap, and what it holds in buffers and WebAssembly memory. Memories that
 * are shared between threads are not in it.
 */
export function threadMemory(): { readonly heapBytes: number; readonly outsideBytes: number } {
  const { heapTotal, external, arrayBuffers } = process.memoryUsage();
  return { heapBytes: heapTotal, outsideBytes: Math.max(external, arrayBuffers) };
}

function createSampler(): Machine['sample'] {
  let last = { cpu: process.cpuUsage(), atMs: performance.now() };
  return () => {
    const cpu = process.cpuUsage();
    const atMs = performance.now();
    const usedMs = (cpu.user + cpu.system - last.cpu.user - last.cpu.system) / 1_000;
    const load = atMs > last.atMs ? usedMs / (atMs - last.atMs) : 0;
    last = { cpu, atMs };
    return { load, rssBytes: process.memoryUsage.rss() };
  };
}

/** Writes wall time, in milliseconds since the Unix epoch, as ISO 8601. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export async function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A point in time after which work is dropped, not done. Shrinks at every hop. */
export class Deadline {
  readonly #clock: Clock;
  readonly #atMs: number;

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#atMs = clock.nowMs() + budgetMs;
  }

  /** Milliseconds left, never below 0. */
  remainingMs(): number {
    return Math.max(0, this.#atMs - this.#clock.nowMs());
  }

  /** Whether nothing is left. */
  expired(): boolean {
    return this.remainingMs() === 0;
  }
}

/** A random name part of lower-case letters and digits, `length` characters long (at most 16). */
export function randomToken(random: Random, length: number): string {
  const letters = random
    .id()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
  return letters.padEnd(length, '0').slice(0, length);
}

/** How much a reported event matters: someone must act, degraded, lifecycle, detail. */
export type ReportLevel = 'error' | 'warn' | 'info' | 'debug';

/** Where the library tells what happened. `message` is constant, lower case; data goes into `fields`. */
export type Reporter = (level: ReportLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * Bounds of a worker thread: how much memory it may hold, inside V8's heap and outside of it, and how long its event loop
 * may stand still. A thread beyond one of them is ended, and its copies start again elsewhere.
 */
import { usableMemoryBytes } from '../env.ts';
import { CoppiceError } from '../errors.ts';

/** Bounds of each worker thread. */
export type WorkerLimits = {
  /** MiB of V8's heap: objects, strings, closures. 16 to 1,048,576. */
  readonly heapMb: number;
  /** MiB of buffers and WebAssembly memory outside of the heap: segments, typed arrays. 16 to 16,777,216. */
  readonly memoryMb: number;
  /** Milliseconds for which the event loop may stand still: 200 to 600,000. */
  readonly stuckMs: number;
};

const MB = 2 ** 20;
/** A thread that takes so much of the machine is about to have the kernel end the whole process. */
const MEMORY_SHARE = 0.75;

/** Least and largest values, and what is taken when nothing is said. */
export const WORKER_LIMITS = {
  heapMb: { min: 16, max: 1_048_576, default: 2_048 },
  memoryMb: { min: 16, max: 16_777_216, default: Math.max(16, Math.floor((usableMemoryBytes() * MEMORY_SHARE) / MB)) },
  stuckMs: { min: 200, max: 600_000, default: 30_000 },
} as const;

/**
 * Completes bounds with the defaults.
 *
 * @throws CoppiceError `BAD_REQUEST` for what is no whole number within its range.
 */
export function workerLimits(given: Partial<WorkerLimits> = {}): WorkerLimits {
  return { heapMb: limitOf('heapMb', given), memoryMb: limitOf('memoryMb', given), stuckMs: limitOf('stuckMs', given) };
}

function limitOf(name: keyof WorkerLimits, given: Partial<WorkerLimits>): number {
  const { min, max, default: usual } = WORKER_LIMITS[name];
  const value = given[name] ?? usual;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new CoppiceError('BAD_REQUEST', `worker.${name}: expected a whole number from ${min} to ${max}, got ${value}`);
}

/** Waiting in tests: a condition is looked at until it holds, never a span of time slept through. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 5;

/**
 * Calls `check` until it returns something truthy, and returns that. A check that throws has not held yet.
 *
 * @throws Error after `withinMs`, with what the last check threw as its cause.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = 5_000, what = 'the condition' }: { withinMs?: number; what?: string } = {},
): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= endMs) throw new Error(`${what} did not hold within ${withinMs} ms`, { cause: failure });
    await sleep(LOOK_MS);
  }
}

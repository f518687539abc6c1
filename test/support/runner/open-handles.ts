/**
 * Finds what a test file left open: timers, sockets, servers, child processes, workers. They would keep the process
 * alive, and let one file disturb the next.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Closing takes a turn or two of the event loop; this much is allowed. */
const GRACE_MS = 500;

/**
 * Waits until nothing is open that was not open before.
 *
 * @param before Result of `process.getActiveResourcesInfo()` at the start.
 * @returns Kinds of what is still open after half a second, one entry each; empty if all is closed.
 */
export async function settleHandles(before: readonly string[]): Promise<string[]> {
  const giveUpAt = performance.now() + GRACE_MS;
  await sleep(0);
  while (added(before).length > 0 && performance.now() < giveUpAt) await sleep(10);
  return added(before);
}

function added(before: readonly string[]): string[] {
  const left = process.getActiveResourcesInfo();
  for (const kind of before) {
    const at = left.indexOf(kind);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

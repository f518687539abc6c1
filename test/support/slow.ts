/**
 * How long the running test may take. The runner gives each test a minute; a test that needs longer says so here.
 * Module state is right: one process runs one test at a time.
 */

/** Milliseconds that a test may take unless it says otherwise. */
export const TEST_LIMIT_MS = 60_000;

/** What is done when a test sets its limit: nothing, until the runner registers. */
let onLimit: (limitMs: number) => void = () => undefined;

/** Gives the running test `limitMs` from now instead of the usual minute. Call it first thing in the test. */
export function slow(limitMs: number): void {
  onLimit(limitMs);
}

/** Registers the runner, which hears of each limit that a test sets. */
export function onSlow(listener: (limitMs: number) => void): void {
  onLimit = listener;
}

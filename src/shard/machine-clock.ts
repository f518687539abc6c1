/** Time for state machines: their delays run on the clock of the process, like every other timer. */
import type { Cancel, Clock } from '../env.ts';

/** A clock in the shape that machines take. */
export type MachineClock = {
  setTimeout(run: () => void, delayMs: number): Cancel;
  clearTimeout(cancel: Cancel): void;
};

/** Lets machines count their delays on `clock`. */
export function machineClock(clock: Clock): MachineClock {
  return { setTimeout: (run, delayMs) => clock.after(delayMs, run), clearTimeout: (cancel) => cancel() };
}

/** Turns the first signal that asks a command to stop into an aborted AbortSignal; the second one ends the process. */
import { setMaxListeners } from 'node:events';
import { CoppiceError } from '../../src/errors.ts';
import { exitCodeOfSignal } from '../exit-codes.ts';

const MAX_LISTENERS = 200;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** An interrupt that may come. */
export type Interrupt = {
  readonly signal: AbortSignal;
  /** What came; undefined as long as nothing did. */
  readonly by: NodeJS.Signals | undefined;
  /** Stops listening. */
  readonly close: () => void;
};

/** Listens for interrupts. `onSecond` runs before a second one ends the process. */
export function onInterrupt(onSecond: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  // Every request under way listens: several dozen at once are no leak.
  setMaxListeners(MAX_LISTENERS, controller.signal);
  let by: NodeJS.Signals | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    if (by !== undefined) {
      onSecond();
      process.exit(exitCodeOfSignal(signal));
    }
    by = signal;
    controller.abort(new CoppiceError('CANCELLED', `interrupted by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    signal: controller.signal,
    get by() {
      return by;
    },
    close: () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}

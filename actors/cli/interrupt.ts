/**
 * Turns the first signal that asks a command to stop into an aborted AbortSignal; the second one ends the process. A
 * command that a program has started with an IPC channel is asked to stop, too, by that program's death.
 */
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
  const onOrphaned = (): void => listener('SIGHUP');
  for (const signal of SIGNALS) process.on(signal, listener);
  process.once('disconnect', onOrphaned);
  // It may have died while this process was loading.
  if (process.connected === false) onOrphaned();
  return {
    signal: controller.signal,
    get by() {
      return by;
    },
    close: () => {
      for (const signal of SIGNALS) process.off(signal, listener);
      process.off('disconnect', onOrphaned);
    },
  };
}

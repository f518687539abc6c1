/**
 * The life of a leaf or root process: it starts what it is given, tells its parent, and ends for one of a closed list
 * of reasons: asked to quit, orphaned, failed, or its name is lost. Asked to quit, it drains within a bound.
 */
import type { Logger } from 'pino';
import type { Closeable } from '../src/bus/bus.ts';
import { asCoppiceError } from '../src/errors.ts';
import { tellParent } from './child-message.ts';
import { TIMES } from './config.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';

/** Given to what is started: ends the process, since another one has its name. */
export type OnLost = (reason: string) => void;

/** What a process runs. */
export type Running = Closeable & {
  /** What is not closed yet, or could not be, for people: `copy 0 of books`. */
  unfinished(): readonly string[];
};

type Ending = { readonly reason: string; readonly exitCode: number; readonly drainMs: number };

/**
 * Runs one process to its end.
 *
 * @param start Opens everything. It may fail with an error whose message is one readable line.
 * @param drainMs Milliseconds within which everything is closed after SIGTERM, SIGINT or SIGHUP. A second signal ends the
 *   process at once.
 * @returns The exit code: `EXIT.unfinished` if something could not be closed in time. Whatever is still open then is to
 *   be cut off by `process.exit`.
 */
export async function runProcess(
  logger: Logger,
  start: (onLost: OnLost) => Promise<Running>,
  drainMs: number = TIMES.drainMs,
): Promise<number> {
  let end: (ending: Ending) => void = () => {};
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  let running: Running | undefined;
  const leftOver = (): readonly string[] => running?.unfinished() ?? [];
  listenForTheEnd({ logger, end, drainMs, leftOver });
  const starting = start((reason) => end({ reason, exitCode: EXIT.nameLost, drainMs: TIMES.orphanDrainMs }));
  starting.then(
    (opened) => {
      running = opened;
      announce(logger);
    },
    (error: unknown) => end(failedStart(logger, error)),
  );
  const ending = await ended;
  logger.info({ reason: ending.reason }, 'process ending');
  const drained = await closeWithin(ending.drainMs, starting, logger);
  const left = leftOver();
  const isDone = drained && left.length === 0;
  const exitCode = isDone || ending.exitCode !== EXIT.done ? ending.exitCode : EXIT.unfinished;
  if (!isDone) tellUnfinished(logger, `not all was closed within ${ending.drainMs} ms`, left);
  logger.info({ exitCode, drained: isDone }, 'process ended');
  return exitCode;
}

function tellUnfinished(logger: Logger, why: string, left: readonly string[]): void {
  const what = left.length === 0 ? 'the start, or what was closed last' : left.join(', ');
  logger.error({ why, left }, 'process ended unfinished');
  process.stderr.write(`coppice: ${why}; not finished: ${what}\n`);
}

function announce(logger: Logger): void {
  logger.info('process ready');
  tellParent({ type: 'ready', pid: process.pid });
}

function failedStart(logger: Logger, error: unknown): Ending {
  const { message, code } = asCoppiceError(error);
  const isTaken = code === 'ALREADY_EXISTS' || code === 'STORE_IN_USE';
  const exitCode = isTaken ? EXIT.nameLost : exitCodeOf(error);
  logger.error(
    { error: message, code, ...(code === 'INTERNAL' && error instanceof Error ? { stack: error.stack } : {}) },
    'start failed',
  );
  tellParent({ type: 'failed', message, exitCode });
  if (process.send === undefined) process.stderr.write(`coppice: ${message}\n`);
  return { reason: message, exitCode, drainMs: TIMES.orphanDrainMs };
}

function listenForTheEnd(of: {
  logger: Logger;
  end: (ending: Ending) => void;
  drainMs: number;
  leftOver: () => readonly string[];
}): void {
  const { logger, end, drainMs, leftOver } = of;
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked) {
        tellUnfinished(logger, `${signal}, asked to end again`, leftOver());
        process.exit(EXIT.unfinished);
      }
      asked = true;
      end({ reason: signal, exitCode: EXIT.done, drainMs });
    });
  }
  const orphaned = (): void =>
    end({ reason: 'the parent process is gone', exitCode: EXIT.done, drainMs: TIMES.orphanDrainMs });
  process.once('disconnect', orphaned);
  // It may have died while this process was loading.
  if (process.connected === false) orphaned();
  const crash = (error: unknown): void => {
    const fault = error instanceof Error ? error : new Error(String(error));
    logger.error({ error: fault.message, stack: fault.stack }, 'process failed');
    process.exit(EXIT.failed);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

/** Whether all was closed within `withinMs`. */
async function closeWithin(withinMs: number, starting: Promise<Running>, logger: Logger): Promise<boolean> {
  const closed = starting.then(
    async (opened) => {
      await opened.close();
      return true;
    },
    () => true,
  );
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, withinMs, false));
  try {
    return await Promise.race([closed, late]);
  } catch (error) {
    logger.warn({ error: asCoppiceError(error).message }, 'close failed');
    return false;
  }
}

/** What carries a snapshot task out is given: where it is, what ends it, and who hears of its progress. */
import type { Depot } from '../bus/depot.ts';
import type { ClusterContext } from '../cluster/context.ts';
import type { DepotAccess } from '../cluster/depot-access.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import type { TaskProgress } from '../wire/snapshot-messages.ts';

/** A task under way. */
export type Task = {
  readonly context: ClusterContext;
  readonly depots: DepotAccess;
  readonly id: string;
  /** Aborted when the deadline has passed, nobody wants it any more, or the leaf ends. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TaskProgress) => void;
};

/** The error of a task that another leaf carries out already: a request may come twice. Nobody is told of it. */
export function elsewhereError(task: string): CoppiceError {
  return new CoppiceError('CONFLICT', `another leaf carries task ${task} out`, { details: { task } });
}

/** Whether an error is that of `elsewhereError`. */
export function isElsewhere(error: unknown, task: string): boolean {
  return isCoppiceError(error, 'CONFLICT') && error.details?.['task'] === task;
}

/** Bytes per second that one leaf stores or fetches unless told otherwise. */
export const BYTES_PER_SECOND = 64 * 1024 * 1024;

/** Milliseconds in which a task that has failed clears up. */
export const CLEAN_UP_MS = 30_000;

/**
 * Opens the depot that a request names, or the cluster's own, for one piece of work.
 *
 * @throws CoppiceError What opening throws, and what the work throws.
 */
export async function withDepot<Result>(
  depots: DepotAccess,
  url: string | undefined,
  work: (depot: Depot, url: string) => Promise<Result>,
): Promise<Result> {
  const chosen = url ?? depots.own;
  const depot = await depots.open(chosen);
  try {
    return await work(depot, chosen);
  } finally {
    await depot.close();
  }
}

/** Clears up, under a signal of its own, since that of the task may be aborted. What fails is reported and not thrown. */
export async function clearUp(
  { env, report }: ClusterContext,
  what: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const stop = env.clock.after(CLEAN_UP_MS, () =>
    controller.abort(new CoppiceError('DEADLINE_EXCEEDED', `clearing up took longer than ${CLEAN_UP_MS} ms`)),
  );
  try {
    await work(controller.signal);
  } catch (error) {
    report('warn', 'not cleared up', { what, error: asCoppiceError(error).message });
  } finally {
    stop();
  }
}

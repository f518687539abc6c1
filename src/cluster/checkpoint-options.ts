/** Where checkpoints live, and when a primary takes one. */
import type { Depot } from '../bus/depot.ts';

/** When a checkpoint is due: as soon as one of the first three is reached, if anything was written since the last one. */
export type CheckpointSchedule = {
  /** Log records since the last checkpoint. */
  readonly records: number;
  /** Bytes of log records since the last checkpoint. */
  readonly bytes: number;
  /** Milliseconds since the last checkpoint. */
  readonly intervalMs: number;
  /** Least milliseconds from the end of one to the start of the next; also never less than four times what it took. */
  readonly minIntervalMs: number;
};

/** A depot, and when it is used. Whoever opened the depot closes it. */
export type CheckpointOptions = CheckpointSchedule & {
  readonly depot: Depot;
  /** Why the depot cannot be used for now; undefined while it can. */
  readonly depotFailure?: () => string | undefined;
};

/** Bounds of the log records from one checkpoint to the next, where that is set. */
export const CHECKPOINT_RECORDS = { min: 10, max: 10_000_000, default: 10_000 } as const;

/** What holds unless told otherwise. */
export const CHECKPOINT_SCHEDULE: CheckpointSchedule = {
  records: CHECKPOINT_RECORDS.default,
  bytes: 64 * 1024 * 1024,
  intervalMs: 600_000,
  minIntervalMs: 10_000,
};

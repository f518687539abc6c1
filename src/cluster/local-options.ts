/** Where the copies of a process keep their files, and when they save their states there. */
import type { Disk } from '../disk/disk.ts';

/** When a state is saved: as soon as one of the first three is reached, if anything was applied since the last time. */
export type LocalSchedule = {
  /** Log records since the last time. */
  readonly records: number;
  /** Bytes of log records since the last time. */
  readonly bytes: number;
  /** Milliseconds since the last time. */
  readonly intervalMs: number;
  /** Least milliseconds from the end of one to the start of the next. */
  readonly minIntervalMs: number;
  /** Bytes of files that a copy holds in memory, while its disk takes nothing, before it stops following the log. */
  readonly spillBytes: number;
  /** Milliseconds between two tries of a disk that takes nothing. */
  readonly retryMs: number;
};

/** A folder on a disk, in which each leaf has its own, and when it is used. */
export type LocalOptions = LocalSchedule & { readonly disk: Disk; readonly folder: string };

/** What holds unless told otherwise. */
export const LOCAL_SCHEDULE: LocalSchedule = {
  records: 10_000,
  bytes: 64 * 1024 * 1024,
  intervalMs: 300_000,
  minIntervalMs: 5_000,
  spillBytes: 256 * 1024 * 1024,
  retryMs: 2_000,
};

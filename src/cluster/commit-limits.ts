/**
 * Bounds of a group commit: the commands that a primary puts into one record of the log. A batch is appended as soon as
 * the log is free and nothing waits to be decided; these say how long and how large it can get before.
 */
import { CoppiceError } from '../errors.ts';

/** Bounds of one batch; whichever is reached first ends it. */
export type CommitLimits = {
  /** Milliseconds after its first command a batch is appended, if the log is free, whatever else waits: 0 to 1,000. */
  readonly ms: number;
  /** Commands of a batch: 1 to 20,000. */
  readonly records: number;
  /** Encoded bytes of its commands, 1 to 16 MiB. A batch never outgrows a message of the bus. */
  readonly bytes: number;
};

/** Least and largest values, and what is taken when nothing is said. */
export const COMMIT_LIMITS = {
  ms: { min: 0, max: 1_000, default: 5 },
  records: { min: 1, max: 20_000, default: 4_096 },
  bytes: { min: 1, max: 16 * 1024 * 1024, default: 192 * 1024 },
} as const;

/**
 * Completes bounds with the defaults.
 *
 * @throws CoppiceError `BAD_REQUEST` for what is no whole number within its range.
 */
export function commitLimits(given: Partial<CommitLimits> = {}): CommitLimits {
  return { ms: limitOf('ms', given), records: limitOf('records', given), bytes: limitOf('bytes', given) };
}

function limitOf(name: keyof CommitLimits, given: Partial<CommitLimits>): number {
  const { min, max, default: usual } = COMMIT_LIMITS[name];
  const value = given[name] ?? usual;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new CoppiceError('BAD_REQUEST', `commit.${name}: expected a whole number from ${min} to ${max}, got ${value}`);
}

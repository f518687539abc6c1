/**
 * Typed configuration of the processes and every default, in one place. Command lines and environment become these
 * types at the edge; nothing below reads either.
 */

import type { ConnectionOptions } from '../src/bus/nats/options.ts';
import { DEFAULT_SERVER } from '../src/bus/nats/options.ts';
import { CHECKPOINT_RECORDS } from '../src/cluster/checkpoint-options.ts';
import type { CommitLimits } from '../src/cluster/commit-limits.ts';
import type { WorkerLimits } from '../src/host/worker-limits.ts';

/** What is taken when nothing is said. */
export const DEFAULTS = {
  cluster: 'coppice',
  /** Folder of an embedded cluster, relative to where the command runs. */
  data: '.coppice',
  /** Folder of the demo, which `make up` takes over. */
  demoData: '.demo',
  leaves: 3,
  zone: 'default',
  /** Where checkpoints go: an object store of NATS. */
  depot: 'nats:',
  checkpointRecords: CHECKPOINT_RECORDS.default,
  server: DEFAULT_SERVER,
  logLevel: 'info',
} as const;

/** How long processes may take, in milliseconds. */
export const TIMES = {
  /** A process asked to end has drained by then, or ends without. */
  drainMs: 10_000,
  /** The same when its parent died. */
  orphanDrainMs: 2_000,
  /** A child that ignores the request to end is killed this much after its own bound. */
  killAfterMs: 12_000,
  /** A child says that it is ready by then. */
  readyMs: 30_000,
  /** Wait before a child that died is started again: first, doubled each time, up to the last. */
  respawnFirstMs: 200,
  respawnLastMs: 10_000,
  /** A child that lived this long starts again with the first wait. */
  respawnHealthyMs: 10_000,
} as const;

/** Levels of a log, the most silent first. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How a process logs. */
export type LogConfig = {
  readonly level: LogLevel;
  /** Also as readable lines on stderr. */
  readonly pretty: boolean;
};

/** What leaves and roots have in common. */
export type ProcessConfig = {
  readonly name: string;
  readonly cluster: string;
  readonly data: string;
  readonly connection: ConnectionOptions;
  readonly log: LogConfig;
  /** Milliseconds within which it has closed everything when it is asked to end; `TIMES.drainMs` unless given. */
  readonly drainMs?: number;
};

/** A leaf process. */
export type LeafConfig = ProcessConfig & {
  readonly zone: string;
  /** Where checkpoints go, as `parseDepotUrl` reads it. */
  readonly depot: string;
  /** Worker threads that host copies. */
  readonly workers: number;
  /** Log records from one checkpoint to the next. */
  readonly checkpointRecords: number;
  /** Bounds of the group commits of its primaries. */
  readonly commit?: Partial<CommitLimits>;
  /** Bounds of each worker thread. */
  readonly limits?: Partial<WorkerLimits>;
};

/** A root process. */
export type RootConfig = ProcessConfig;

/** Narrows a word to a log level. */
export function isLogLevel(word: string): word is LogLevel {
  return LOG_LEVELS.some((level) => level === word);
}

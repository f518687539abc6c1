/**
 * What the leaf's main thread and its worker threads tell each other.
 */
import type { ConnectionOptions } from '../bus/nats/options.ts';
import type { CommitLimits } from '../cluster/commit-limits.ts';
import type { ReportLevel } from '../env.ts';
import type { CopySpec } from '../shard/copy-spec.ts';
import type { Suspect } from '../shard/poison-watch.ts';
import type { CopyStatus } from '../wire/records.ts';
import type { CopyTransition } from '../wire/transitions.ts';
import type { ActorSource } from './actor-source.ts';

/** What a worker is started with. */
export type WorkerStart = {
  /** Without the functions, which cannot cross into a thread. */
  readonly connection: Omit<ConnectionOptions, 'onFault'>;
  readonly cluster: string;
  readonly commit: CommitLimits;
  /** Which depot checkpoints go to, as `parseDepotUrl` reads it; none are taken without. */
  readonly depot: string | undefined;
  /** Log records from one checkpoint to the next, where that is not the default. */
  readonly checkpointRecords: number | undefined;
  /** Folder in which leaves keep files; none are kept without. */
  readonly data: string | undefined;
  /** Definitions by what groups require. */
  readonly actors: Readonly<Record<string, ActorSource>>;
  /** Where it tells that it lives and what it does, as `black-box.ts` says. */
  readonly box: SharedArrayBuffer;
};

/** Memory of one thread, in bytes: V8's heap, and buffers and WebAssembly memory outside of it. */
export type WorkerMemory = { readonly heapBytes: number; readonly outsideBytes: number };

/** From the main thread. */
export type ToWorker =
  | {
      readonly type: 'open';
      readonly spec: CopySpec;
      /** Under which the copy marks its work in the black box. */
      readonly number: number;
      /** The operation of the log over which threads have died with it. */
      readonly suspect?: Suspect;
    }
  | { readonly type: 'close'; readonly key: string }
  | { readonly type: 'stop' };

/** From a worker. */
export type FromWorker =
  /** It has joined the cluster. */
  | { readonly type: 'ready' }
  | { readonly type: 'status'; readonly copies: readonly CopyStatus[]; readonly memory: WorkerMemory }
  | { readonly type: 'transition'; readonly transition: CopyTransition }
  | { readonly type: 'closed'; readonly key: string }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'report';
      readonly level: ReportLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/**
 * Where copies live in a process: on its own event loop, or in worker threads. The leaf above neither knows nor cares.
 */
import type { Closeable } from '../bus/bus.ts';
import type { CopySpec } from '../shard/copy-spec.ts';
import type { CopyStatus, WorkersStatus } from '../wire/records.ts';
import type { CopyTransition } from '../wire/transitions.ts';

/** Told of the steps of copies. */
export type TransitionListener = (transition: CopyTransition) => void;

/** Hosts copies. */
export interface CopyHost extends Closeable {
  /** Opens a copy; harmless if it is open. */
  openCopy(spec: CopySpec): void;
  /** Drains and closes a copy; resolves when it is gone. */
  closeCopy(key: string): Promise<void>;
  /** Keys of the copies that are open, being opened, or could not be closed in good order. */
  keys(): readonly string[];
  statuses(): readonly CopyStatus[];
  /** The worker threads, if copies live in such. */
  workers?(): WorkersStatus;
  /** Calls `listener` when a status may have changed. */
  onStatus(listener: () => void): void;
  /** Calls `listener` at every step of a copy. */
  onTransition(listener: TransitionListener): void;
}

/** What tells copies apart within a leaf. */
export function copyKey(spec: Pick<CopySpec, 'group' | 'shard'>): string {
  return `${spec.group.name}/${spec.group.generation}/${spec.shard}`;
}

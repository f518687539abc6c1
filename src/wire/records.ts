/**
 * What the registry and the pulse hold, as schemas: groups, placement, leases, leaves, the controller's seat. Read
 * with `parseRecord`, since every byte of them was written by another process.
 */
import * as v from 'valibot';
import { CoppiceError } from '../errors.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Range = v.object({ from: Count, to: Count, shard: Count });

/** How an endpoint is polled and reduced, as every root needs to know it. `custom` is a function where the group is hosted. */
const EndpointRecord = v.object({
  kind: v.picklist(['query', 'command']),
  polling: v.union([v.picklist(['any', 'all']), v.object({ by: v.string() })]),
  reduce: v.exactOptional(
    v.union([
      v.picklist(['concat', 'sum', 'merge', 'custom']),
      v.object({
        topk: v.object({
          by: v.string(),
          k: v.exactOptional(Count),
          order: v.exactOptional(v.picklist(['desc', 'asc'])),
        }),
      }),
    ]),
  ),
});

/** One life of an actor group. */
export const GroupRecord = v.object({
  name: v.string(),
  /** Random id of this life. */
  generation: v.string(),
  kind: v.picklist(['stateful', 'stateless']),
  /** Name of the actor definition: `search`, or the group's own. */
  actor: v.string(),
  /** What a leaf must provide to host it: `search`, or `group:<name>`. */
  requires: v.string(),
  /** Copies of each shard, the primary included. */
  copies: v.pipe(v.number(), v.integer(), v.minValue(1)),
  slots: v.object({ version: Count, ranges: v.array(Range) }),
  endpoints: v.record(v.string(), EndpointRecord),
  settings: v.optional(v.unknown()),
  createdMs: v.number(),
  /** Set while the group is being taken down; it answers nothing any more. */
  deleting: v.exactOptional(v.boolean()),
  /** Set while it is made from a snapshot by a task; it answers nothing yet, and goes again if the task dies. */
  restoring: v.exactOptional(v.object({ task: v.string() })),
});
export type GroupRecord = v.InferOutput<typeof GroupRecord>;
export type EndpointRecord = v.InferOutput<typeof EndpointRecord>;

/** Which leaves hold the copies of each shard. */
export const PlacementRecord = v.object({
  generation: v.string(),
  version: Count,
  shards: v.array(
    v.object({
      shard: Count,
      /** Leaf names; the first is the preferred primary. */
      copies: v.array(v.string()),
      move: v.exactOptional(v.object({ from: v.string(), to: v.string() })),
    }),
  ),
});
export type PlacementRecord = v.InferOutput<typeof PlacementRecord>;

/** Who leads a shard. A hint: the log's term rules. An empty owner means that it was given back. */
export const LeaseRecord = v.object({ owner: v.string(), incarnation: v.string(), term: Count });
export type LeaseRecord = v.InferOutput<typeof LeaseRecord>;

/** A leaf that is up; the entry expires unless refreshed. */
export const LeafRecord = v.object({
  name: v.string(),
  incarnation: v.string(),
  pid: Count,
  host: v.string(),
  zone: v.string(),
  provides: v.array(v.string()),
  draining: v.boolean(),
  startedMs: v.number(),
});
export type LeafRecord = v.InferOutput<typeof LeafRecord>;

/** A life of a group that is over, while the depot may still have its checkpoints. */
export const GoneRecord = v.object({
  group: v.string(),
  /** When it was deleted, by the wall clock of whoever did it. */
  deletedMs: v.number(),
});
export type GoneRecord = v.InferOutput<typeof GoneRecord>;

/**
 * Which root's candidate decides placement. `beat` changes with every renewal. `pid` and `host` say where it runs.
 */
export const ControllerRecord = v.object({
  owner: v.string(),
  beat: Count,
  pid: v.exactOptional(Count),
  host: v.exactOptional(v.string()),
});
export type ControllerRecord = v.InferOutput<typeof ControllerRecord>;

/** Which cluster this is: names of clusters are not unique where depots are shared. Never changes. */
export const IdentityRecord = v.object({ id: v.string() });
export type IdentityRecord = v.InferOutput<typeof IdentityRecord>;

/** A group's shared document, with the generation it belongs to in its key. */
export const SharedRecord = v.object({ document: v.optional(v.unknown()) });

/** States of a copy in which it answers queries. */
export const SERVING_STATES: ReadonlySet<string> = new Set(['replica', 'promoting', 'primary', 'handingOver']);

/** States of a copy that leads its shard, or is about to. */
export const LEADING_STATES: ReadonlySet<string> = new Set(['promoting', 'primary', 'handingOver']);

/** One copy, as its leaf's pulse tells of it. */
export const CopyStatus = v.object({
  group: v.string(),
  generation: v.string(),
  shard: Count,
  /** State of `copyMachine`. */
  state: v.string(),
  term: Count,
  /** Log sequence of the last record applied. */
  seq: Count,
  /** Log sequence known to be the shard's last: the difference is the lag. */
  lastSeq: Count,
  docCount: Count,
  sizeBytes: Count,
  /**
   * While files of a state are being read: from the leaf's own disk, or a checkpoint; bytes read, of how many, per second,
   * and milliseconds left at that rate.
   */
  restore: v.exactOptional(
    v.object({
      from: v.exactOptional(v.picklist(['local', 'checkpoint'])),
      doneBytes: Count,
      totalBytes: Count,
      bytesPerSecond: Count,
      remainingMs: v.exactOptional(Count),
    }),
  ),
  /** While the log is being replayed: records and bytes done, bytes per second, and milliseconds left, about. */
  replay: v.exactOptional(
    v.object({ records: Count, doneBytes: Count, bytesPerSecond: Count, remainingMs: v.exactOptional(Count) }),
  ),
  /** Log sequence of the last record in the newest checkpoint; absent without any. */
  checkpointSeq: v.exactOptional(Count),
  /** Why the last try to take a checkpoint failed, or why none can be taken; absent while all is well. */
  checkpointFailure: v.exactOptional(v.string()),
  /** Log sequence of the last record in what is saved on the leaf's disk; absent without any. */
  savedSeq: v.exactOptional(Count),
  /** While the leaf's disk takes nothing, and the copy no writes: why, and bytes that wait in memory for it. */
  disk: v.exactOptional(v.object({ reason: v.string(), waitingBytes: Count })),
  /** The operation that the copy cannot apply: its log record, its place there, how often it was tried, and why not. */
  poison: v.exactOptional(v.object({ seq: Count, place: Count, tries: Count, reason: v.string() })),
  /** Operations that were skipped in the life of the shard; absent if none were. */
  skipped: v.exactOptional(Count),
  /** Why the copy failed or halted. */
  reason: v.exactOptional(v.string()),
});
export type CopyStatus = v.InferOutput<typeof CopyStatus>;

/** One worker thread of a leaf. */
const WorkerStatus = v.object({
  /** Counted from the start of the leaf. */
  worker: Count,
  copies: Count,
  /** V8's heap, and buffers and WebAssembly memory outside of it. */
  heapBytes: Count,
  outsideBytes: Count,
  /** For how long its event loop has stood still; 0 as a rule. */
  silentMs: Count,
});
export type WorkerStatus = v.InferOutput<typeof WorkerStatus>;

/** The worker threads of a leaf. */
const WorkersStatus = v.object({
  threads: v.array(WorkerStatus),
  /** Threads that died since the leaf started. */
  deaths: Count,
  /** The last death: `crashed`, `outOfMemory`, `exited`, `stuck` or `overMemory`; the same for people; wall time. */
  lastDeath: v.exactOptional(v.object({ worker: Count, cause: v.string(), reason: v.string(), atMs: v.number() })),
});
export type WorkersStatus = v.InferOutput<typeof WorkersStatus>;

/** A leaf's heartbeat. */
export const Pulse = v.object({
  leaf: v.string(),
  incarnation: v.string(),
  /** Share of one core used since the last pulse, 0 to the number of cores. */
  load: v.number(),
  rssBytes: Count,
  /** Absent where copies run on the leaf's own thread. */
  workers: v.exactOptional(WorkersStatus),
  copies: v.array(CopyStatus),
});
export type Pulse = v.InferOutput<typeof Pulse>;

/**
 * Checks a value read from the registry or a peer.
 *
 * @throws CoppiceError `UNSUPPORTED_FORMAT` that names the path at fault.
 */
export function parseRecord<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  what: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issues = result.issues.map((issue) => `${v.getDotPath(issue) ?? '(root)'}: ${issue.message}`);
  throw new CoppiceError('UNSUPPORTED_FORMAT', `${what} is not readable: ${issues.join('; ')}`);
}

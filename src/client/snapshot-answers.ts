/** What the client's methods about snapshots are given and give. */

/** What a snapshot is taken of, and where it goes. */
export type SnapshotCreate = {
  /** Names and patterns with `*`, as a list or with commas; all indices and groups unless given. */
  readonly indices?: string | readonly string[];
  /** A depot, as `docs/depot.md` names them; the cluster's own unless given. It is the leaves that reach it. */
  readonly depot?: string;
  /** Whether a snapshot may lack shards that failed, or is refused then, as it is unless told otherwise. */
  readonly partial?: boolean;
  /** Bytes that each leaf stores per second; 64 MiB unless told otherwise. */
  readonly max_bytes_per_sec?: number;
};

/** What is restored, and how. */
export type SnapshotRestore = {
  readonly indices?: string | readonly string[];
  readonly depot?: string;
  /** Another name; a `*` in it stands for the name that each had. */
  readonly as?: string;
  /** Copies beside the primary; as many as there were unless given. */
  readonly replicas?: number;
  readonly max_bytes_per_sec?: number;
};

/** A shard that is missing from a snapshot. */
export type SnapshotFailure = { readonly index: string; readonly shard_id: number; readonly reason: string };

/** A complete snapshot. */
export type SnapshotInfo = {
  readonly snapshot: string;
  readonly uuid: string;
  readonly state: 'SUCCESS' | 'PARTIAL';
  readonly cluster: string;
  readonly indices: readonly string[];
  readonly start_time: string;
  readonly end_time: string;
  readonly duration_in_millis: number;
  readonly shards: { readonly total: number; readonly successful: number; readonly failed: number };
  readonly failures: readonly SnapshotFailure[];
  /** Bytes of all its files; what it shares with other snapshots is stored once. */
  readonly bytes: number;
};

/** What is no complete snapshot: taken just now, abandoned by a leaf that died, or not readable by this version. */
export type SnapshotUnfinished = {
  readonly snapshot: string | null;
  readonly uuid: string;
  readonly state: 'IN_PROGRESS' | 'ABANDONED' | 'UNREADABLE';
  readonly cluster: string | null;
  readonly start_time: string | null;
  readonly reason?: string;
  readonly progress?: unknown;
};

/** The answer to `createSnapshot`; `copied` is what was stored anew. */
export type SnapshotTaken = {
  readonly snapshot: SnapshotInfo & {
    readonly copied: { readonly files: number; readonly bytes: number };
    /** Groups that were not named and take no checkpoints. */
    readonly skipped?: readonly { readonly index: string; readonly reason: string }[];
  };
};

/** The answer to `snapshots`. */
export type SnapshotList = {
  readonly snapshots: readonly (SnapshotInfo | SnapshotUnfinished)[];
  readonly total: number;
};

/** The answer to `restoreSnapshot`; `shards_acknowledged` tells whether every shard answers by now. */
export type SnapshotRestored = {
  readonly snapshot: {
    readonly snapshot: string;
    readonly indices: readonly string[];
    readonly shards: { readonly total: number; readonly successful: number; readonly failed: number };
  };
  readonly shards_acknowledged: boolean;
};

/** The answer to `deleteSnapshot`. `blocked_by` names a snapshot because of which files are left for a later delete. */
export type SnapshotDeleted = {
  readonly acknowledged: true;
  readonly freed: { readonly files: number; readonly bytes: number; readonly blocked_by?: string };
};

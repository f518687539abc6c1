/**
 * What a user writes: an actor definition. A stateless group has query endpoints only; a stateful one adds a state,
 * commands decided on the primary, and `apply`, which every copy runs in log order.
 */
import type { ErrorCode, ErrorDetails } from '../errors.ts';
import type { ReducerSpec } from './reducers.ts';

/**
 * Which shards a request goes to: any one of them, all, or the owner of a key found at a path of the body
 * (`{by: 'user.id'}`).
 */
export type Polling = 'any' | 'all' | { readonly by: string };

/** Checks a body and gives back its typed form; throws CoppiceError `BAD_REQUEST` that names the path at fault. */
export type Parse<Body> = (body: unknown) => Body;

/** What a query handler knows beside state and body. */
export type QueryContext = {
  readonly group: string;
  readonly shard: number;
  /** Log sequence of the last record applied; 0 for a stateless group. */
  readonly appliedSeq: number;
  /** Milliseconds the caller still waits. */
  remainingMs(): number;
};

/** A read. Runs on any ready copy, possibly at the same time as others of its kind; must not change the state. */
export type QueryEndpoint<State, Body, Partial> = {
  readonly kind: 'query';
  readonly polling: Polling;
  /** How the partial answers of `all` polling become one; without it the answer is the list of partials. */
  readonly reduce?: ReducerSpec;
  readonly parse?: Parse<Body>;
  handle(state: State, body: Body, context: QueryContext): Partial | Promise<Partial>;
};

/** A record accepted earlier, but perhaps not yet applied to the state that `decide` sees. */
export type PendingRecord<Record_> = { readonly record: Record_; readonly seqNo: number; readonly term: number };

/** What `decide` knows beside state and body. */
export type DecideContext<Record_, Shared> = {
  readonly group: string;
  readonly shard: number;
  readonly term: number;
  /** The number this operation gets if it is accepted. */
  readonly seqNo: number;
  /** Wall-clock milliseconds; may enter a record. */
  readonly wallMs: number;
  /** The group's shared document, as agreed in the registry. */
  readonly shared: Shared;
  /** The last accepted record of this key that the state does not show yet. Look here first, then in the state. */
  pending(key: string): PendingRecord<Record_> | undefined;
};

/** The outcome of `decide`. A rejection depends on state and is logged like a record; bad input is thrown instead. */
export type Decision<Record_> =
  | { readonly kind: 'accept'; readonly key: string; readonly record: Record_ }
  | { readonly kind: 'reject'; readonly code: ErrorCode; readonly message: string; readonly details?: ErrorDetails };

/** A write. `decide` runs on the primary only, has no side effects, and throws `BAD_REQUEST`-like errors for what no state could accept. */
export type CommandEndpoint<State, Body, Record_, Shared> = {
  readonly kind: 'command';
  /** Path in the body of the key that routes the command. */
  readonly polling: { readonly by: string };
  readonly parse?: Parse<Body>;
  /**
   * What the group's shared document must become before this command can be decided; undefined if nothing changes.
   * Pure; the runtime agrees it in the registry by compare-and-set and asks again where another was faster.
   */
  agree?(shared: Shared, body: Body): Shared | undefined;
  decide(state: State, body: Body, context: DecideContext<Record_, Shared>): Decision<Record_>;
};

/** What `apply` knows beside state and record. All of it comes from the log. */
export type ApplyContext = {
  /** Log sequence of the batch, and the place of the operation in it. */
  readonly seq: number;
  readonly place: number;
  /** Number of the operation, counted over the shard's life from 0. */
  readonly seqNo: number;
  readonly term: number;
};

/** A file of `ActorFiles` that is being written. */
export type ActorFileWriter = {
  /** Bytes written so far. */
  readonly size: number;
  /** Appends; the bytes may be changed afterwards. */
  write(bytes: Uint8Array): void;
  /** Gives the file its name; until then it cannot be opened. */
  finish(): void;
  /** Drops what was written; harmless once it is finished. */
  abort(): void;
};

/** A file of `ActorFiles` that is being read; it can be, even once it is removed. */
export type ActorFile = {
  readonly size: number;
  /** Reads exactly into `into`. Throws CoppiceError `CORRUPT_SEGMENT` if that cannot be. */
  read(offset: number, into: Uint8Array): void;
  close(): void;
};

/**
 * Files of one copy, on its leaf's disk, for an actor whose state does not fit into memory. They outlive the process as
 * parts of checkpoints only (`CheckpointFile.kept`): what no checkpoint has is gone after a restart. A full disk is no
 * error here: files stay in memory until there is room, and the copy takes no commands meanwhile.
 */
export type ActorFiles = {
  /** Throws a plain Error if there is a file of this name. */
  create(name: string): ActorFileWriter;
  /** Throws CoppiceError `CORRUPT_SEGMENT` if there is none. */
  open(name: string): ActorFile;
  names(): readonly string[];
  /** One that is not there is no error. */
  remove(name: string): void;
  /** Throws CoppiceError `CORRUPT_SEGMENT` if one is not there. */
  sync(names: readonly string[]): void;
};

/** What a state is made with. */
export type InitContext = {
  readonly shard: number;
  /** The group's, as given at its creation. */
  readonly settings: unknown;
  /** Empty, or for `restore` with all files of the checkpoint under their names; absent where a leaf has no disk. */
  readonly files?: ActorFiles;
};

/** A file of a checkpoint. */
export type CheckpointFile = {
  /** Told again to `restore`; told apart by it within the checkpoint. 1 to 200 characters. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Whether this is the file of that name in `files`, as it is now. */
  readonly kept?: boolean;
  /** The bytes, in one piece or in pieces. Asked several times, and gives the same each time until `release`. */
  read(): Uint8Array | AsyncIterable<Uint8Array>;
};

/** A state at one moment, as files that do not change until they are released. */
export type ActorCheckpoint = {
  /** To be asked for once `work` has returned false; whoever asks before waits for all of it. */
  readonly files: readonly CheckpointFile[];
  /**
   * Does in slices what is left to do until the files can be read, while the state goes on: what they will hold is fixed.
   * Absent if nothing is left.
   *
   * @param shouldStop Asked about every millisecond; once true, the call returns.
   * @returns Whether there is more to do.
   */
  work?(shouldStop: () => boolean): boolean;
  /** Nobody reads the files any more. */
  release(): void;
};

/** The files that a state is restored from. */
export type RestoreSource = {
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
  /**
   * Reads a file. Its checksum is known only when the iteration has ended: it then throws `CORRUPT_BLOB` if anything is
   * wrong, so do not act on the bytes before.
   */
  read(name: string): AsyncIterable<Uint8Array>;
};

/** A stateful group. */
export type StatefulDefinition<State = unknown, Record_ = unknown, Shared = unknown> = {
  readonly kind: 'stateful';
  readonly name: string;
  /** A fresh, empty state. */
  init(context: InitContext): State;
  /** First value of the shared document, from the group's settings. Without it the group has none. */
  initShared?(settings: unknown): Shared;
  /**
   * Applies a record: deterministic, from state and record alone. The result goes to the caller of the command.
   * Throws CoppiceError to mark this operation as failed on every copy alike, leaving the state as it was.
   */
  apply(state: State, record: Record_, context: ApplyContext): unknown;
  /** Size figures for `status`. */
  stats?(state: State): { readonly docCount: number; readonly sizeBytes: number };
  /**
   * Does work that waits for idle time, such as merging files. Must change nothing that a query or a command could tell,
   * since every copy does it in its own time.
   *
   * @param shouldStop Asked about every millisecond; once true, the call returns.
   * @returns Whether there is more to do.
   */
  maintain?(state: State, shouldStop: () => boolean): boolean;
  /**
   * Ends in slices what `checkpoint` would else have to wait for, as `maintain` does its work; `checkpoint` follows at once.
   *
   * @returns Whether there is more to do.
   */
  prepareCheckpoint?(state: State, shouldStop: () => boolean): boolean;
  /**
   * Captures the state as it is now, as immutable files. Equal content should give equal bytes: files that an earlier
   * checkpoint has are not stored again. With `restore` the log need not be kept for ever; without both, a copy replays it
   * from its start.
   */
  checkpoint?(state: State): ActorCheckpoint;
  /**
   * Builds the state that `checkpoint` has captured. What it throws makes the runtime try an older checkpoint. The files
   * must have been read to their ends.
   */
  restore?(source: RestoreSource, context: InitContext): State | Promise<State>;
  /** Frees what the state holds. */
  close?(state: State): void;
  readonly endpoints: Readonly<
    Record<string, QueryEndpoint<State, unknown, unknown> | CommandEndpoint<State, unknown, Record_, Shared>>
  >;
};

/** A stateless group. */
export type StatelessDefinition = {
  readonly kind: 'stateless';
  readonly name: string;
  readonly endpoints: Readonly<Record<string, QueryEndpoint<undefined, unknown, unknown>>>;
};

/** Either kind of group. */
export type ActorDefinition = StatefulDefinition | StatelessDefinition;

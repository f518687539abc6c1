/**
 * What roots, the leaf that carries a snapshot task out, and the copies that store shards say to each other.
 */
import * as v from 'valibot';
import { CoppiceError, type WireError } from '../errors.ts';
import { ShardSnapshot } from './snapshot-format.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const ErrorBody = v.object({
  code: v.string(),
  message: v.string(),
  details: v.exactOptional(v.record(v.string(), v.unknown())),
});

/** Internal endpoint of every copy: stores its shard in a depot, or tells how far that is. */
export const SNAPSHOT_ENDPOINT = '_snapshot';

/** What a task does. */
const TASK_COMMANDS = ['create', 'restore', 'delete'] as const;

/** A file that a depot has. */
const KnownFile = v.object({ blob: v.string(), sizeBytes: Count });
export type KnownFile = v.InferOutput<typeof KnownFile>;

/** Files by the SHA-256 of their content; null for what the depot does not have. */
const Known = v.record(v.string(), v.nullable(KnownFile));
export type KnownFiles = v.InferOutput<typeof Known>;

/**
 * Asked of a copy again and again until it is done; a copy that is not asked for half a minute gives the work up. Asking
 * twice begins nothing twice.
 */
const ShardRequest = v.object({
  /** Id of the create. */
  id: v.string(),
  depot: v.string(),
  bytesPerSecond: Positive,
  /** The answer to `asking`. */
  known: v.exactOptional(Known),
  /** Nobody wants it any more. */
  cancel: v.exactOptional(v.boolean()),
});
export type ShardRequest = v.InferOutput<typeof ShardRequest>;

const ShardAnswer = v.variant('state', [
  v.object({ state: v.literal('running'), doneBytes: Count, totalBytes: Count }),
  /** Which of these hashes does the depot have? */
  v.object({ state: v.literal('asking'), hashes: v.array(v.string()) }),
  v.object({ state: v.literal('done'), snapshot: ShardSnapshot, copiedBytes: Count, copiedFiles: Count }),
  /** The actor takes no checkpoints. */
  v.object({ state: v.literal('incapable') }),
  v.object({ state: v.literal('failed'), error: ErrorBody }),
]);
export type ShardAnswer = v.InferOutput<typeof ShardAnswer>;

const CreateBody = v.object({
  name: v.string(),
  /** Names and patterns; all groups without. */
  indices: v.exactOptional(v.array(v.string())),
  /** The cluster's own unless given. */
  depot: v.exactOptional(v.string()),
  partial: v.boolean(),
  bytesPerSecond: v.exactOptional(Positive),
});
const RestoreBody = v.object({
  name: v.string(),
  indices: v.exactOptional(v.array(v.string())),
  depot: v.exactOptional(v.string()),
  /** Name of what is restored; `*` in it stands for the name that it had. */
  as: v.exactOptional(v.string()),
  copies: v.exactOptional(Positive),
  bytesPerSecond: v.exactOptional(Positive),
});
const DeleteBody = v.object({ name: v.string(), depot: v.exactOptional(v.string()) });

/** What a task is to do. */
const TaskSpec = v.variant('command', [
  v.object({ command: v.literal('create'), ...CreateBody.entries }),
  v.object({ command: v.literal('restore'), ...RestoreBody.entries }),
  v.object({ command: v.literal('delete'), ...DeleteBody.entries }),
]);
export type TaskSpec = v.InferOutput<typeof TaskSpec>;
export type CreateSpec = Extract<TaskSpec, { command: 'create' }>;
export type RestoreSpec = Extract<TaskSpec, { command: 'restore' }>;
export type DeleteSpec = Extract<TaskSpec, { command: 'delete' }>;

/** Begins a task on whichever leaf gets it. `task` is a random id. Answered at once. */
const TaskStart = v.object({ task: v.string(), deadlineMs: Positive, spec: TaskSpec });
export type TaskStart = v.InferOutput<typeof TaskStart>;

/** The answer to a start: the leaf that has the task. */
const TaskBegun = v.object({ leaf: v.string() });
export type TaskBegun = v.InferOutput<typeof TaskBegun>;

/** Asked of the leaf that has the task, again and again. */
const TaskPoll = v.object({ cancel: v.exactOptional(v.boolean()) });
export type TaskPoll = v.InferOutput<typeof TaskPoll>;

/** How far a task is. Bytes count what has been dealt with, of what is known so far; `copiedBytes` of them were stored anew. */
const TaskProgress = v.object({
  phase: v.string(),
  shards: Count,
  shardsDone: Count,
  doneBytes: Count,
  totalBytes: Count,
  copiedBytes: Count,
});
export type TaskProgress = v.InferOutput<typeof TaskProgress>;

const TaskAnswer = v.variant('state', [
  v.object({ state: v.literal('running'), leaf: v.string(), progress: TaskProgress }),
  v.object({ state: v.literal('done'), value: v.optional(v.unknown()) }),
  v.object({ state: v.literal('failed'), error: ErrorBody }),
]);
export type TaskAnswer =
  | Extract<v.InferOutput<typeof TaskAnswer>, { state: 'running' | 'done' }>
  | { readonly state: 'failed'; readonly error: WireError };

/** Asks what is in a depot. */
const DepotQuestion = v.object({ depot: v.exactOptional(v.string()) });
export type DepotQuestion = v.InferOutput<typeof DepotQuestion>;

/** Asks any leaf to clear up after a task whose own leaf seems to be gone. */
const SettleQuestion = v.object({
  task: v.string(),
  command: v.picklist(TASK_COMMANDS),
  depot: v.exactOptional(v.string()),
});
export type SettleQuestion = v.InferOutput<typeof SettleQuestion>;

/**
 * What became of a task: it runs after all; it had completed (a create); it never will and nothing is left of it; or that
 * is not known.
 */
const TaskEnd = v.variant('state', [
  v.object({ state: v.picklist(['running', 'undone', 'unknown']) }),
  v.object({ state: v.literal('done'), snapshot: v.unknown() }),
]);
export type TaskEnd = v.InferOutput<typeof TaskEnd>;

/** Reads a request to a copy. All of these throw CoppiceError `BAD_REQUEST`. */
export function parseShardRequest(body: unknown): ShardRequest {
  return parse(ShardRequest, body);
}

/** Reads a copy's answer. */
export function parseShardAnswer(body: unknown): ShardAnswer {
  return parse(ShardAnswer, body);
}

/** Reads the start of a task. */
export function parseTaskStart(body: unknown): TaskStart {
  return parse(TaskStart, body);
}

/** Reads the answer to a start. */
export function parseTaskBegun(body: unknown): TaskBegun {
  return parse(TaskBegun, body);
}

/** Reads a question about a task. */
export function parseTaskPoll(body: unknown): TaskPoll {
  return parse(TaskPoll, body ?? {});
}

/** Reads how far a task is. */
export function parseTaskAnswer(body: unknown): TaskAnswer {
  return parse(TaskAnswer, body);
}

/** Reads a question about a depot. */
export function parseDepotQuestion(body: unknown): DepotQuestion {
  return parse(DepotQuestion, body ?? {});
}

/** Reads a question about what became of a task. */
export function parseSettleQuestion(body: unknown): SettleQuestion {
  return parse(SettleQuestion, body);
}

/** Reads what became of a task. */
export function parseTaskEnd(body: unknown): TaskEnd {
  return parse(TaskEnd, body);
}

function parse<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new CoppiceError('BAD_REQUEST', `malformed message about a snapshot: ${v.summarize(result.issues)}`);
}

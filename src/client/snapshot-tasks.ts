/**
 * Has a leaf carry a snapshot task out, and waits for its end. The task is the leaf's: it goes on when this process ends.
 * When the leaf ends, another one says what became of it.
 */
import { pause, randomToken } from '../env.ts';
import { asCoppiceError, CoppiceError, errorFromWire, isCoppiceError } from '../errors.ts';
import {
  type DepotQuestion,
  parseTaskAnswer,
  parseTaskBegun,
  parseTaskEnd,
  type TaskAnswer,
  type TaskEnd,
  type TaskSpec,
} from '../wire/snapshot-messages.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import type { Root } from './actions/action.ts';
import type { CallOptions } from './router.ts';

const ID_LENGTH = 16;
const ASK_MS = 5_000;
const SETTLE_MS = 30_000;
const AGAIN_MS = 300;
/** A leaf whose link was cut is back on the bus within two tries, as a rule. */
const TRIES = 3;

/**
 * Carries a task out.
 *
 * @throws CoppiceError What the task has failed with; `SNAPSHOT_FAILED` if its leaf is gone, `NO_RESPONDERS` if no leaf
 *   reaches a depot, `DEADLINE_EXCEEDED` and `CANCELLED`, after which the leaf gives the task up.
 */
export async function runSnapshotTask(root: Root, spec: TaskSpec, options: CallOptions): Promise<unknown> {
  const task = randomToken(root.context.env.random, ID_LENGTH);
  const leaf = await start(root, { task, spec }, options);
  try {
    return await follow(root, { task, spec, leaf }, options);
  } catch (error) {
    if (options.signal?.aborted === true || options.deadline.expired()) await cancel(root, task);
    throw error;
  }
}

/** Asks a leaf what is in a depot. Throws CoppiceError what the leaf answers, or `NO_RESPONDERS`. */
export async function askDepot(
  { context }: Root,
  body: DepotQuestion,
  options: Pick<CallOptions, 'deadline' | 'signal'>,
): Promise<unknown> {
  const subject = fill(SUBJECTS.snapshots, { cluster: context.cluster, command: 'list' });
  try {
    return await context.rpc.request(subject, body, options);
  } catch (error) {
    throw nobodyError(error);
  }
}

type Begun = { readonly task: string; readonly spec: TaskSpec; readonly leaf: string };

/** The leaf that has begun the task; empty if it did not say. */
async function start(
  { context }: Root,
  { task, spec }: Omit<Begun, 'leaf'>,
  { deadline, signal }: CallOptions,
): Promise<string> {
  const subject = fill(SUBJECTS.snapshots, { cluster: context.cluster, command: 'start' });
  const body = { task, deadlineMs: Math.ceil(Math.max(1, deadline.remainingMs())), spec };
  const deadlineMs = Math.max(1, Math.min(ASK_MS, deadline.remainingMs()));
  try {
    const request = { deadlineMs, ...(signal === undefined ? {} : { signal }) };
    return parseTaskBegun(await context.rpc.request(subject, body, request)).leaf;
  } catch (error) {
    // Without an answer it may have begun: asking for it tells.
    if (!isCoppiceError(error, 'DEADLINE_EXCEEDED') && !isCoppiceError(error, 'DISCONNECTED')) throw nobodyError(error);
    return '';
  }
}

async function follow(root: Root, begun: Begun, options: CallOptions): Promise<unknown> {
  for (;;) {
    const answer = await ask(root, begun.task, options);
    if (answer === undefined) {
      const end = await settle(root, begun);
      if (end.state === 'done') return { snapshot: end.snapshot };
      if (end.state !== 'running') throw lostError(begun, end.state);
      continue;
    }
    if (answer.state === 'done') return answer.value;
    if (answer.state === 'failed') throw errorFromWire(answer.error);
    options.onProgress?.(answer.progress);
  }
}

/** How far the task is; undefined if nobody has it any more. */
async function ask({ context }: Root, task: string, options: CallOptions): Promise<TaskAnswer | undefined> {
  const { rpc, env, cluster } = context;
  const { deadline, signal } = options;
  const subject = fill(SUBJECTS.snapshotTask, { cluster, task });
  for (let tries = 1; tries <= TRIES; ) {
    if (deadline.expired()) throw new CoppiceError('DEADLINE_EXCEEDED', 'the task was not done by the deadline');
    const deadlineMs = Math.max(1, Math.min(ASK_MS, deadline.remainingMs()));
    try {
      return parseTaskAnswer(
        await rpc.request(subject, {}, { deadlineMs, ...(signal === undefined ? {} : { signal }) }),
      );
    } catch (error) {
      if (isCoppiceError(error, 'NO_RESPONDERS')) tries += 1;
      else if (!isCoppiceError(error, 'DEADLINE_EXCEEDED') && !isCoppiceError(error, 'DISCONNECTED')) throw error;
    }
    await pause(env.clock, AGAIN_MS, signal);
  }
  return undefined;
}

/** The leaf seems to be gone. Another one sees to it that the task never completes, or knows that it did. */
async function settle({ context }: Root, begun: Begun): Promise<TaskEnd> {
  const { task, spec } = begun;
  const { command, depot } = spec;
  const body = { task, command, ...(depot === undefined ? {} : { depot }) };
  const { cluster, rpc, report } = context;
  try {
    const subject = fill(SUBJECTS.snapshots, { cluster, command: 'settle' });
    return parseTaskEnd(await rpc.request(subject, body, { deadlineMs: SETTLE_MS }));
  } catch (cause) {
    report('warn', 'lost snapshot task not cleared up', { task, error: asCoppiceError(cause).message });
    throw lostError(begun, 'unknown', cause);
  }
}

function lostError({ spec, leaf }: Begun, end: 'undone' | 'unknown', cause?: unknown): CoppiceError {
  const { command, name } = spec;
  const lost = `the leaf${leaf === '' ? '' : ` ${leaf}`} that was to ${command} snapshot \`${name}\` is gone`;
  const options = { cause, details: { snapshot: name } };
  return end === 'undone'
    ? new CoppiceError('SNAPSHOT_FAILED', `${lost}: nothing is left of what it did, try again`, options)
    : new CoppiceError(
        'OUTCOME_UNKNOWN',
        `${lost}, and it is not known whether it was done: look, and try again`,
        options,
      );
}

/** The leaf has the deadline, too: one that does not hear gives the task up by itself. */
async function cancel({ context }: Root, task: string): Promise<void> {
  const { rpc, cluster, report } = context;
  try {
    await rpc.request(fill(SUBJECTS.snapshotTask, { cluster, task }), { cancel: true }, { deadlineMs: ASK_MS });
  } catch (error) {
    report('info', 'leaf not told that a task was given up', { task, error: asCoppiceError(error).message });
  }
}

function nobodyError(error: unknown): unknown {
  if (!isCoppiceError(error, 'NO_RESPONDERS')) return error;
  return new CoppiceError('NO_RESPONDERS', 'no leaf of the cluster is up that has a depot', { cause: error });
}

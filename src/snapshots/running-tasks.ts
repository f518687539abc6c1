/**
 * The snapshot tasks of this leaf, each on a subject of its own: asked, it tells how far it is; with nobody there, it is
 * dead. A task outlives whoever asked for it, and its end is told for a while.
 */
import type { Closeable } from '../bus/bus.ts';
import type { Server } from '../bus/rpc.ts';
import type { ClusterContext } from '../cluster/context.ts';
import type { Cancel } from '../env.ts';
import { asCoppiceError, CoppiceError } from '../errors.ts';
import { encode } from '../wire/codec.ts';
import { nameToToken } from '../wire/names.ts';
import { parseTaskPoll, type TaskAnswer, type TaskProgress, type TaskStart } from '../wire/snapshot-messages.ts';
import { fill, SUBJECTS } from '../wire/subjects.ts';
import { showProgress } from './describe.ts';
import { isElsewhere, type Task } from './task.ts';

/** A question waits so long for news. */
const LOOK_MS = 500;
/** The end of a task is told for so long. */
const KEPT_MS = 60_000;
const EVENT_MS = 500;
/** Each has files open, and takes its share of the network. */
const MAX_RUNNING = 4;
const NO_PROGRESS: TaskProgress = {
  phase: 'starting',
  shards: 0,
  shardsDone: 0,
  doneBytes: 0,
  totalBytes: 0,
  copiedBytes: 0,
};

/** What a task does, given where it is. */
export type Work = (task: Pick<Task, 'id' | 'signal' | 'onProgress'>) => Promise<unknown>;

type Running = { readonly abort: AbortController; readonly ended: Promise<void> };

/** The tasks of one leaf. */
export class RunningTasks implements Closeable {
  readonly #context: ClusterContext;
  readonly #leaf: string;
  readonly #running = new Map<string, Running>();
  readonly #kept = new Map<Server, Cancel>();
  #closed = false;

  constructor(context: ClusterContext, leaf: string) {
    this.#context = context;
    this.#leaf = leaf;
  }

  /** Begins a task, and resolves when it can be asked. Throws CoppiceError `OVERLOADED`, or `SHARD_UNAVAILABLE` when closed. */
  async begin(start: TaskStart, work: Work): Promise<void> {
    if (this.#closed) throw new CoppiceError('SHARD_UNAVAILABLE', `leaf ${this.#leaf} is ending`);
    if (this.#running.has(start.task)) return;
    if (this.#running.size >= MAX_RUNNING)
      throw new CoppiceError('OVERLOADED', `leaf ${this.#leaf} carries out ${MAX_RUNNING} snapshot tasks already`);
    const task = new RunningTask(this.#context, { leaf: this.#leaf, start });
    const ended = task
      .run(work)
      .then((end) => (end === 'elsewhere' ? this.#drop(start.task, task.server) : this.#keep(start.task, task.server)));
    this.#running.set(start.task, { abort: task.abort, ended });
    await this.#context.bus.flush();
  }

  /** Gives all tasks up, and resolves when they have cleared up. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort(new CoppiceError('CANCELLED', `leaf ${this.#leaf} ends`));
    await Promise.all(running.map(async ({ ended }) => ended));
    for (const [server, cancel] of [...this.#kept]) {
      cancel();
      await server.close();
    }
    this.#kept.clear();
  }

  #keep(task: string, server: Server): void {
    this.#running.delete(task);
    const cancel = this.#context.env.clock.after(KEPT_MS, () => {
      this.#kept.delete(server);
      this.#drop(task, server);
    });
    this.#kept.set(server, cancel);
  }

  /** Tells nothing of a task any more. */
  #drop(task: string, server: Server): void {
    this.#running.delete(task);
    server
      .close()
      .catch((error: unknown) =>
        this.#context.report('warn', 'task not closed', { task, error: asCoppiceError(error).message }),
      );
  }
}

/** One task. */
class RunningTask {
  readonly abort = new AbortController();
  readonly server: Server;
  readonly #context: ClusterContext;
  readonly #leaf: string;
  readonly #start: TaskStart;
  readonly #waiting = new Set<() => void>();
  #answer: TaskAnswer;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(context: ClusterContext, { leaf, start }: { leaf: string; start: TaskStart }) {
    this.#context = context;
    this.#leaf = leaf;
    this.#start = start;
    this.#answer = { state: 'running', leaf, progress: NO_PROGRESS };
    const subject = fill(SUBJECTS.snapshotTask, { cluster: context.cluster, task: start.task });
    this.server = context.rpc.serve({ subject, handler: async ({ body }) => this.#tell(body) });
  }

  /** Never rejects. `elsewhere`: another leaf has the task, and tells of it. */
  async run(work: Work): Promise<'ended' | 'elsewhere'> {
    const { env, report } = this.#context;
    const { task: id, deadlineMs, spec } = this.#start;
    const place = { task: id, command: spec.command, snapshot: spec.name };
    const stop = env.clock.after(deadlineMs, () =>
      this.abort.abort(new CoppiceError('DEADLINE_EXCEEDED', `\`${spec.command}\` took longer than ${deadlineMs} ms`)),
    );
    const onProgress = (progress: TaskProgress): void => this.#progress(progress);
    try {
      const value = await work({ id, signal: this.abort.signal, onProgress });
      this.#answer = { state: 'done', value };
      report('info', 'snapshot task done', place);
      this.#publish();
      return 'ended';
    } catch (error) {
      if (isElsewhere(error, id)) return 'elsewhere';
      const fault = asCoppiceError(error);
      this.#answer = { state: 'failed', error: fault.toWire() };
      const stack = error instanceof CoppiceError ? {} : { stack: error instanceof Error ? error.stack : undefined };
      report('warn', 'snapshot task failed', { ...place, error: fault.message, ...stack });
      this.#publish();
      return 'ended';
    } finally {
      stop();
      for (const go of [...this.#waiting]) go();
    }
  }

  async #tell(body: unknown): Promise<TaskAnswer> {
    const { cancel } = parseTaskPoll(body);
    if (cancel === true) this.abort.abort(new CoppiceError('CANCELLED', 'nobody wants it any more'));
    if (this.#answer.state === 'running') await this.#news();
    return this.#answer;
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      const go = (): void => {
        cancel();
        this.#waiting.delete(go);
        resolve();
      };
      const cancel = this.#context.env.clock.after(LOOK_MS, go);
      this.#waiting.add(go);
    });
  }

  #progress(progress: TaskProgress): void {
    if (this.#answer.state !== 'running') return;
    this.#answer = { state: 'running', leaf: this.#leaf, progress };
    const nowMs = this.#context.env.clock.nowMs();
    if (nowMs - this.#toldMs < EVENT_MS) return;
    this.#toldMs = nowMs;
    this.#publish();
  }

  /** News for who cares. */
  #publish(): void {
    const { bus, cluster, report } = this.#context;
    if (!bus.link.up) return;
    const { task, spec } = this.#start;
    const answer = this.#answer;
    const news =
      answer.state === 'running'
        ? { progress: showProgress(answer.progress) }
        : answer.state === 'failed'
          ? { error: answer.error }
          : {};
    const told = { task, command: spec.command, snapshot: spec.name, leaf: this.#leaf, state: answer.state, ...news };
    const subject = fill(SUBJECTS.snapshotEvent, { cluster, snapshot: nameToToken(spec.name) });
    try {
      bus.publish(subject, encode(told, 'json'));
    } catch (error) {
      report('warn', 'news of a snapshot not published', { task, error: asCoppiceError(error).message });
    }
  }
}

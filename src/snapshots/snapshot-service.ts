/**
 * Snapshots on a leaf: takes tasks, tells what is in a depot, and takes down what restores that died have left. Leaves do
 * this, and not the processes of clients, since leaves are near the data and know the depots.
 */
import type { Closeable } from '../bus/bus.ts';
import type { RpcRequest } from '../bus/responder.ts';
import type { Server } from '../bus/rpc.ts';
import type { ClusterContext } from '../cluster/context.ts';
import type { DepotAccess } from '../cluster/depot-access.ts';
import { type Cancel, randomToken } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import {
  parseDepotQuestion,
  parseSettleQuestion,
  parseTaskAnswer,
  parseTaskStart,
  type TaskBegun,
  type TaskEnd,
  type TaskProgress,
  type TaskSpec,
} from '../wire/snapshot-messages.ts';
import { fill, QUEUES, SUBJECTS, tokenAt } from '../wire/subjects.ts';
import { createSnapshot } from './create-snapshot.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { describeEntry, type OpenState } from './describe.ts';
import { clusterIdOf } from './identity.ts';
import { restoreSnapshot } from './restore-snapshot.ts';
import { takeDownDead } from './restored-group.ts';
import { RunningTasks } from './running-tasks.ts';
import { settleDead } from './settle.ts';
import { Shelf, type ShelfEntry } from './shelf.ts';
import { type Task, withDepot } from './task.ts';
import { isTaskDead } from './task-liveness.ts';

const ID_LENGTH = 16;
const TEND_MS = 10_000;
const ASK_MS = 2_000;

/** Snapshots on one leaf. */
export class SnapshotService implements Closeable {
  readonly #context: ClusterContext;
  readonly #depots: DepotAccess;
  readonly #leaf: string;
  readonly #tasks: RunningTasks;
  /** Stands for this leaf where it takes over what a dead task has left. */
  readonly #ownTask: string;
  readonly #abort = new AbortController();
  #servers: readonly Server[] = [];
  #tend: Cancel | undefined;
  #tending: Promise<void> = Promise.resolve();

  private constructor(context: ClusterContext, depots: DepotAccess, leaf: string) {
    this.#context = context;
    this.#depots = depots;
    this.#leaf = leaf;
    this.#tasks = new RunningTasks(context, leaf);
    this.#ownTask = randomToken(context.env.random, ID_LENGTH);
  }

  /** Starts the service; undefined on a leaf that reaches no depot. */
  static start(context: ClusterContext, leaf: string): SnapshotService | undefined {
    if (context.depots === undefined) return undefined;
    const service = new SnapshotService(context, context.depots, leaf);
    service.#start();
    return service;
  }

  /** Gives tasks up, and resolves when they have cleared up. */
  async close(): Promise<void> {
    this.#tend?.();
    this.#abort.abort(new CoppiceError('CANCELLED', 'the leaf ends'));
    await this.#tending;
    const [questions, ...others] = this.#servers;
    await questions?.close();
    await this.#tasks.close();
    await Promise.all(others.map(async (server) => server.close()));
  }

  #start(): void {
    const { cluster, rpc } = this.#context;
    const own = fill(SUBJECTS.snapshotTask, { cluster, task: this.#ownTask });
    this.#servers = [
      rpc.serve({
        subject: fill(SUBJECTS.snapshots, { cluster, command: '*' }),
        queue: QUEUES.snapshots,
        handler: async (request) => this.#answer(request),
      }),
      rpc.serve({ subject: own, handler: async () => ({}) }),
    ];
    this.#tendLater();
  }

  async #answer(request: RpcRequest): Promise<unknown> {
    const command = tokenAt(SUBJECTS.snapshots, 'command', request.subject);
    if (command === 'start') return this.#begin(request.body);
    if (command === 'list') return this.#list(request);
    if (command === 'settle') return this.#settle(request);
    throw new CoppiceError('UNKNOWN_ENDPOINT', `snapshots know \`start\`, \`list\` and \`settle\`, not \`${command}\``);
  }

  async #begin(body: unknown): Promise<TaskBegun> {
    const start = parseTaskStart(body);
    const given = { context: this.#context, depots: this.#depots };
    await this.#tasks.begin(start, async (task) => carryOut(start.spec, { ...given, ...task }));
    return { leaf: this.#leaf };
  }

  async #list({ body, signal }: RpcRequest): Promise<unknown> {
    const { depot } = parseDepotQuestion(body);
    return withDepot(this.#depots, depot, async (opened) => {
      const clusterId = await clusterIdOf(this.#context);
      const entries = await new Shelf(opened, signal).entries();
      const described = await Promise.all(
        entries.map(async (entry) => describeEntry(entry, await this.#stateOf(entry, clusterId))),
      );
      const snapshots = described.filter((one) => one !== undefined);
      return { snapshots, total: snapshots.length };
    });
  }

  /** Clears up after a task whose leaf is gone, so that it never completes, and tells what became of it. */
  async #settle({ body, signal }: RpcRequest): Promise<TaskEnd> {
    const { task, command, depot } = parseSettleQuestion(body);
    if (!(await isTaskDead(this.#context, task))) return { state: 'running' };
    if (command === 'restore') return { state: (await this.#takeDownDead(signal)).has(task) ? 'undone' : 'unknown' };
    return withDepot(this.#depots, depot, async (opened): Promise<TaskEnd> => {
      const shelf = new Shelf(opened, signal);
      await settleDead(this.#context, shelf);
      if (command === 'delete') return { state: 'unknown' };
      // Also where it was not announced yet: then it cannot complete when it comes back to life.
      const isGivenUp = await shelf.giveUp(task);
      const entry = await shelf.entry(task);
      if (!isGivenUp) return { state: 'done', snapshot: describeEntry(entry, { state: 'ABANDONED' }) };
      await shelf.remove(entry);
      await shelf.sweep();
      return { state: 'undone' };
    });
  }

  async #stateOf(entry: ShelfEntry, clusterId: string): Promise<{ state: OpenState; progress?: TaskProgress }> {
    if (entry.state !== 'open' || entry.announcement.clusterId !== clusterId) return { state: 'IN_PROGRESS' };
    const { cluster, rpc } = this.#context;
    try {
      const subject = fill(SUBJECTS.snapshotTask, { cluster, task: entry.id });
      const answer = parseTaskAnswer(await rpc.request(subject, {}, { deadlineMs: ASK_MS }));
      return answer.state === 'running'
        ? { state: 'IN_PROGRESS', progress: answer.progress }
        : { state: 'IN_PROGRESS' };
    } catch (error) {
      // What is silent is not dead; where nobody serves the task it is worth asking again.
      if (!isCoppiceError(error, 'NO_RESPONDERS')) return { state: 'IN_PROGRESS' };
      return { state: (await isTaskDead(this.#context, entry.id)) ? 'ABANDONED' : 'IN_PROGRESS' };
    }
  }

  #tendLater(): void {
    this.#tend = this.#context.env.clock.after(TEND_MS, () => {
      this.#tending = this.#takeDownDead(this.#abort.signal)
        .then(() => {})
        .catch((error: unknown) => {
          const { message } = asCoppiceError(error);
          if (!this.#abort.signal.aborted)
            this.#context.report('warn', 'half restored groups not taken down', { error: message });
        })
        .finally(() => {
          if (!this.#abort.signal.aborted) this.#tendLater();
        });
    });
  }

  /** Tasks that have ended by that. */
  async #takeDownDead(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { view, bus } = this.#context;
    const isAny = [...view.groups.values()].some(({ value }) => value.restoring !== undefined);
    if (!isAny || !bus.link.up) return new Set();
    return withDepot(this.#depots, undefined, async (depot) =>
      takeDownDead(this.#context, { owner: this.#ownTask, depot, signal }),
    );
  }
}

function carryOut(spec: TaskSpec, task: Task): Promise<unknown> {
  switch (spec.command) {
    case 'create':
      return createSnapshot(spec, task);
    case 'restore':
      return restoreSnapshot(spec, task);
    case 'delete':
      return deleteSnapshot(spec, task);
  }
}

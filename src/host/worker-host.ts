/**
 * Copies in worker threads, so that the leaf's pulse never waits for their work. When a thread dies, whoever waits for it
 * is told at once, and its copies start again on other threads: those that had no part in it first.
 */
import { errorHeaders } from '../bus/answer.ts';
import type { Bus } from '../bus/bus.ts';
import type { ConnectionOptions } from '../bus/nats/options.ts';
import { type CommitLimits, commitLimits } from '../cluster/commit-limits.ts';
import type { Cancel, Env, Reporter } from '../env.ts';
import { asCoppiceError, CoppiceError, isCoppiceError } from '../errors.ts';
import type { CopySpec } from '../shard/copy-spec.ts';
import { encode } from '../wire/codec.ts';
import type { CopyStatus, WorkersStatus } from '../wire/records.ts';
import type { ActorSource } from './actor-source.ts';
import { type CopyHost, copyKey, type TransitionListener } from './copy-host.ts';
import { CopyTrials } from './copy-trials.ts';
import { type WorkerLimits, workerLimits } from './worker-limits.ts';
import type { WorkerStart } from './worker-messages.ts';
import { absentCopy, type ThreadEnd, WorkerThread } from './worker-thread.ts';

const LOOK_MS = 100;
/** Threads that could not even start are tried again after this time, doubled each time. */
const FIRST_START_AGAIN_MS = 200;
const MAX_START_AGAIN_MS = 30_000;
/** Threads beyond the usual ones, for copies that must be alone; more of those wait for their turn. */
const MAX_LONELY = 4;
const TURN_MS = 1_000;

/** What the threads need. */
export type WorkerHostOptions = {
  /** Answers those whose requests a thread took along. */
  readonly bus: Bus;
  readonly connection: ConnectionOptions;
  readonly cluster: string;
  /** Bounds of the group commits of primaries in the threads. */
  readonly commit?: Partial<CommitLimits>;
  /** Which depot checkpoints go to, as `parseDepotUrl` reads it; none are taken without. */
  readonly depot?: string | undefined;
  /** Log records from one checkpoint to the next, where that is not the default. */
  readonly checkpointRecords?: number | undefined;
  /** Folder in which leaves keep files, an absolute path; none are kept without. */
  readonly data?: string | undefined;
  readonly env: Env;
  readonly report: Reporter;
  /** Threads at most, but for those of copies that must be alone; they are started as copies arrive. */
  readonly workers: number;
  readonly limits?: Partial<WorkerLimits>;
  /** Definitions by what groups require. */
  readonly actors: Readonly<Record<string, ActorSource>>;
};

/** A copy between two threads. */
type WaitingCopy = { readonly spec: CopySpec; readonly reason: string; readonly cancel: Cancel };

/** Hosts copies in worker threads. */
export class WorkerHost implements CopyHost {
  readonly #options: WorkerHostOptions;
  readonly #limits: WorkerLimits;
  readonly #threads = new Set<WorkerThread>();
  readonly #waiting = new Map<string, WaitingCopy>();
  readonly #trials = new CopyTrials();
  readonly #listeners = new Set<() => void>();
  readonly #transitionListeners = new Set<TransitionListener>();
  #look: Cancel | undefined;
  #started = 0;
  #failedStarts = 0;
  #deaths = 0;
  #lastDeath: WorkersStatus['lastDeath'];
  #closed = false;

  /** Throws CoppiceError `BAD_REQUEST` for limits out of range. */
  constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#limits = workerLimits(options.limits);
  }

  openCopy(spec: CopySpec): void {
    const key = copyKey(spec);
    if (this.#closed || this.#waiting.has(key) || this.#threadOf(key) !== undefined) return;
    this.#assign(spec);
    this.#changed();
  }

  async closeCopy(key: string): Promise<void> {
    this.#waiting.get(key)?.cancel();
    this.#waiting.delete(key);
    const thread = this.#threadOf(key);
    await thread?.closeCopy(key);
    this.#trials.forget(key);
    if (thread !== undefined) this.#letGoOfSpare(thread);
    this.#changed();
  }

  keys(): readonly string[] {
    return [...this.#waiting.keys(), ...[...this.#threads].flatMap((thread) => thread.keys())];
  }

  statuses(): readonly CopyStatus[] {
    const waiting = [...this.#waiting.values()].map(({ spec, reason }) => absentCopy(spec, 'failed', reason));
    return [...waiting, ...[...this.#threads].flatMap((thread) => thread.statuses())];
  }

  workers(): WorkersStatus {
    return {
      threads: [...this.#threads].map((thread) => thread.status()),
      deaths: this.#deaths,
      ...(this.#lastDeath === undefined ? {} : { lastDeath: this.#lastDeath }),
    };
  }

  onStatus(listener: () => void): void {
    this.#listeners.add(listener);
  }

  onTransition(listener: TransitionListener): void {
    this.#transitionListeners.add(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
    await Promise.all([...this.#threads].map(async (thread) => thread.stop()));
    this.#look?.();
    this.#listeners.clear();
    this.#transitionListeners.clear();
  }

  #nowMs(): number {
    return this.#options.env.clock.nowMs();
  }

  #threadOf(key: string): WorkerThread | undefined {
    return [...this.#threads].find((thread) => thread.has(key));
  }

  /** Gives a copy to a thread, or has it wait for one. */
  #assign(spec: CopySpec): void {
    const key = copyKey(spec);
    const isAlone = this.#trials.isAlone(key, this.#nowMs());
    const thread = isAlone ? this.#lonelyThread() : this.#leastBusy();
    if (thread === undefined) return this.#wait(spec, TURN_MS, 'waits for a worker of its own');
    thread.open(spec, this.#trials.suspectOf(key));
    this.#trials.noteOpened(key, this.#nowMs());
  }

  #wait(spec: CopySpec, delayMs: number, reason: string): void {
    const key = copyKey(spec);
    const cancel = this.#options.env.clock.after(delayMs, () => {
      this.#waiting.delete(key);
      this.#assign(spec);
      this.#changed();
    });
    this.#waiting.set(key, { spec, reason, cancel });
  }

  #isLonely(thread: WorkerThread): boolean {
    const nowMs = this.#nowMs();
    return thread.keys().some((key) => this.#trials.isAlone(key, nowMs));
  }

  #lonelyThread(): WorkerThread | undefined {
    const idle = [...this.#threads].find((thread) => thread.keys().length === 0);
    if (idle !== undefined) return idle;
    const lonely = [...this.#threads].filter((thread) => this.#isLonely(thread));
    return lonely.length < MAX_LONELY ? this.#startThread() : undefined;
  }

  #leastBusy(): WorkerThread {
    const shared = [...this.#threads].filter((thread) => !this.#isLonely(thread));
    const idle = shared.find((thread) => thread.keys().length === 0);
    if (idle !== undefined) return idle;
    if (shared.length < Math.max(1, this.#options.workers)) return this.#startThread();
    const [least] = shared.toSorted((a, b) => a.keys().length - b.keys().length);
    if (least === undefined) throw new Error('a worker host without threads');
    return least;
  }

  #startThread(): WorkerThread {
    const { connection, cluster, depot, checkpointRecords, data, commit, actors, env, report } = this.#options;
    this.#started += 1;
    const thread: WorkerThread = new WorkerThread({
      number: this.#started,
      start: {
        connection: cloneable(connection),
        cluster,
        depot,
        checkpointRecords,
        data,
        commit: commitLimits(commit),
        actors,
      },
      limits: this.#limits,
      env,
      report,
      onChange: () => this.#changed(),
      onTransition: (transition) => this.#tell(transition),
      onReady: () => (this.#failedStarts = 0),
      onEnd: (end) => this.#onEnd(thread, end),
    });
    this.#threads.add(thread);
    this.#lookLater();
    return thread;
  }

  #lookLater(): void {
    this.#look?.();
    this.#look = this.#options.env.clock.after(LOOK_MS, () => {
      for (const thread of this.#threads) thread.look();
      if (this.#threads.size > 0) this.#lookLater();
    });
  }

  /** A thread that was alone with its copy, or is one too many, ends when it has none left. */
  #letGoOfSpare(thread: WorkerThread): void {
    if (this.#closed || thread.keys().length > 0 || this.#threads.size <= Math.max(1, this.#options.workers)) return;
    this.#threads.delete(thread);
    thread
      .stop()
      .catch((error: unknown) =>
        this.#options.report('error', 'worker thread not stopped', { error: asCoppiceError(error).message }),
      );
  }

  #onEnd(thread: WorkerThread, end: ThreadEnd): void {
    const what = `worker ${thread.number} ${end.reason}${duringWork(end)}`;
    this.#answerOpenRequests(end, what);
    // One that was ended while everything closes keeps its copies, so that somebody can be told what was not closed.
    if (this.#closed || !this.#threads.delete(thread)) return;
    this.#deaths += 1;
    this.#lastDeath = { worker: thread.number, cause: end.cause, reason: what, atMs: this.#options.env.clock.wallMs() };
    this.#noteDeath(end, what);
    this.#tellDeath(end, what);
    for (const spec of end.specs) this.#startAgain(spec, what, end.wasReady);
    this.#options.report('warn', 'worker thread will be started again', { reason: what, copies: end.specs.length });
    this.#changed();
  }

  #noteDeath({ specs, culprit, work, wasReady }: ThreadEnd, reason: string): void {
    // Code that cannot be loaded, or a bus that is away, is no copy's fault.
    if (!wasReady) {
      this.#failedStarts += 1;
      return;
    }
    this.#trials.noteDeath(
      {
        keys: specs.map((spec) => copyKey(spec)),
        ...(culprit === undefined ? {} : { culprit }),
        ...(work?.kind === 'apply' ? { applying: { seq: work.seq, place: work.place, reason } } : {}),
      },
      this.#nowMs(),
    );
  }

  #startAgain(spec: CopySpec, what: string, wasReady: boolean): void {
    const key = copyKey(spec);
    const nowMs = this.#nowMs();
    const startMs = wasReady
      ? 0
      : Math.min(MAX_START_AGAIN_MS, FIRST_START_AGAIN_MS * 2 ** Math.min(this.#failedStarts - 1, 10));
    const delayMs = Math.max(startMs, this.#trials.delayMs(key, nowMs));
    if (delayMs === 0) return this.#assign(spec);
    const alone = this.#trials.isAlone(key, nowMs) ? ', alone on a worker' : '';
    this.#wait(spec, delayMs, `${what}; starts again ${(delayMs / 1_000).toFixed(1)} s after it${alone}`);
  }

  /** A thread that is gone cannot tell what became of its copies. */
  #tellDeath({ cause, copies }: ThreadEnd, reason: string): void {
    const atMs = this.#options.env.clock.wallMs();
    for (const { group, generation, shard, state: from } of copies)
      this.#tell({
        group,
        generation,
        shard,
        machine: 'copy',
        from,
        to: 'failed',
        cause: `worker.${cause}`,
        reason,
        atMs,
      });
  }

  /**
   * Who waits for the thread need not wait for their deadlines. The request that took it down gets an error that is final:
   * sent to the next copy, it would take that one down, too.
   */
  #answerOpenRequests({ openRequests, work, cause }: ThreadEnd, what: string): void {
    const isFatal = work?.kind === 'query' || work?.kind === 'decide';
    for (const { ticket, reply } of openRequests) {
      const code = isFatal && ticket === work.ticket ? 'ACTOR_FAILED' : 'SHARD_UNAVAILABLE';
      const error = new CoppiceError(code, what, { details: { cause: `worker.${cause}` } });
      try {
        this.#options.bus.publish(reply, encode(error.toWire(), 'msgpack'), {
          headers: errorHeaders(error, 'msgpack'),
        });
      } catch (failure) {
        // Without a link nobody can be told; who asked learns it from their own link or deadline.
        if (!isCoppiceError(failure, 'DISCONNECTED')) throw failure;
      }
    }
  }

  #tell(transition: Parameters<TransitionListener>[0]): void {
    for (const listener of this.#transitionListeners) listener(transition);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** What the thread was doing, for people. */
function duringWork({ culprit, work, specs, cause }: ThreadEnd): string {
  const spec = specs.find((one) => copyKey(one) === culprit);
  if (spec === undefined) return '';
  const place = `shard ${spec.shard} of \`${spec.group.name}\``;
  if (cause === 'overMemory') return `, most of it for ${place}`;
  if (work === undefined) return `, with ${place}`;
  const { kind, seq, place: at } = work;
  const doing = {
    open: 'was opened',
    apply: `applied operation ${at} of record ${seq}`,
    decide: 'decided a command',
    query: 'answered a query',
    maintain: 'was maintained',
  }[kind];
  return `, while ${place} ${doing}`;
}

/** Functions cannot cross into a thread; the worker reports faults by itself. */
function cloneable(connection: ConnectionOptions): WorkerStart['connection'] {
  return Object.fromEntries(Object.entries(connection).filter(([, value]) => typeof value !== 'function'));
}

/**
 * Copies in worker threads, so that the leaf's pulse never waits for their work. A crashed worker is started again
 * with its copies; the leaf and the other workers go on.
 */
import type { Worker } from 'node:worker_threads';
import type { ConnectionOptions } from '../bus/nats/options.ts';
import { type CommitLimits, commitLimits } from '../cluster/commit-limits.ts';
import type { Cancel, Env, Reporter } from '../env.ts';
import { asCoppiceError } from '../errors.ts';
import type { CopySpec } from '../shard/copy-spec.ts';
import type { CopyStatus } from '../wire/records.ts';
import type { ActorSource } from './actor-source.ts';
import { type CopyHost, copyKey, type TransitionListener } from './copy-host.ts';
import { startWorker } from './start-worker.ts';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.ts';

const FIRST_RESTART_MS = 200;
const MAX_RESTART_MS = 30_000;
/** A worker that ran for so long is forgiven its earlier crashes. */
const STEADY_MS = 60_000;
const STOP_WITHIN_MS = 8_000;
/** A thread that tells nothing for so long is taken to hang: its copies count as failed, so that others take over. */
const SILENT_MS = 3_000;
/** A thread that hangs for so long is ended and started again. */
const HUNG_MS = 20_000;

/** What the threads need. */
export type WorkerHostOptions = {
  readonly connection: ConnectionOptions;
  readonly cluster: string;
  /** Bounds of the group commits of primaries in the threads. */
  readonly commit?: Partial<CommitLimits>;
  /** Which depot checkpoints go to, as `parseDepotUrl` reads it; none are taken without. */
  readonly depot?: string | undefined;
  readonly env: Env;
  readonly report: Reporter;
  /** Threads at most; they are started as copies arrive. */
  readonly workers: number;
  /** Definitions by what groups require. */
  readonly actors: Readonly<Record<string, ActorSource>>;
};

/** Hosts copies in worker threads. */
export class WorkerHost implements CopyHost {
  readonly #options: WorkerHostOptions;
  readonly #threads: Thread[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #transitionListeners = new Set<TransitionListener>();

  constructor(options: WorkerHostOptions) {
    this.#options = options;
  }

  openCopy(spec: CopySpec): void {
    const key = copyKey(spec);
    if (this.#threadOf(key) !== undefined) return;
    this.#leastBusy().open(spec);
    this.#changed();
  }

  async closeCopy(key: string): Promise<void> {
    await this.#threadOf(key)?.closeCopy(key);
    this.#changed();
  }

  keys(): readonly string[] {
    return this.#threads.flatMap((thread) => [...thread.specs.keys()]);
  }

  statuses(): readonly CopyStatus[] {
    return this.#threads.flatMap((thread) => thread.statuses());
  }

  onStatus(listener: () => void): void {
    this.#listeners.add(listener);
  }

  onTransition(listener: TransitionListener): void {
    this.#transitionListeners.add(listener);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(async (thread) => thread.stop()));
    this.#listeners.clear();
    this.#transitionListeners.clear();
  }

  #threadOf(key: string): Thread | undefined {
    return this.#threads.find((thread) => thread.specs.has(key));
  }

  #leastBusy(): Thread {
    const idle = this.#threads.find((thread) => thread.specs.size === 0);
    if (idle === undefined && this.#threads.length < Math.max(1, this.#options.workers)) {
      const thread = new Thread(this.#options, {
        onChange: () => this.#changed(),
        onTransition: (transition) => {
          for (const listener of this.#transitionListeners) listener(transition);
        },
      });
      this.#threads.push(thread);
      return thread;
    }
    const [least = idle] = this.#threads.toSorted((a, b) => a.specs.size - b.specs.size);
    if (least === undefined) throw new Error('a worker host without threads');
    return least;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** One worker thread over its restarts. */
class Thread {
  /** Copies assigned to it, by key. */
  readonly specs = new Map<string, CopySpec>();
  readonly #options: WorkerHostOptions;
  readonly #onChange: () => void;
  readonly #onTransition: TransitionListener;
  readonly #closing = new Map<string, () => void>();
  #worker: Worker | undefined;
  #copies: readonly CopyStatus[] = [];
  #failure = '';
  #crashes = 0;
  #startedMs = 0;
  #heardMs = 0;
  #restart: Cancel | undefined;
  #stopping = false;
  #stopped: (() => void) | undefined;

  constructor(options: WorkerHostOptions, told: { onChange: () => void; onTransition: TransitionListener }) {
    this.#options = options;
    this.#onChange = told.onChange;
    this.#onTransition = told.onTransition;
    this.#start();
  }

  open(spec: CopySpec): void {
    this.specs.set(copyKey(spec), spec);
    this.#send({ type: 'open', spec });
  }

  /** Resolves when the copy is closed, or gone with a crash of the thread. */
  async closeCopy(key: string): Promise<void> {
    if (this.#worker !== undefined) {
      await new Promise<void>((resolve) => {
        this.#closing.set(key, resolve);
        this.#send({ type: 'close', key });
      });
    }
    this.specs.delete(key);
  }

  /** Statuses last told; while the thread is down or hangs, its copies count as failed. */
  statuses(): readonly CopyStatus[] {
    const told = new Map(this.#copies.map((copy) => [`${copy.group}/${copy.generation}/${copy.shard}`, copy]));
    const hangs = this.#hangs();
    return [...this.specs].map(([key, spec]) => {
      const copy = told.get(key) ?? this.#absent(spec);
      return hangs ? { ...copy, state: 'failed', reason: 'its worker thread hangs' } : copy;
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#restart?.();
    const worker = this.#worker;
    if (worker === undefined) return;
    const { clock } = this.#options.env;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(STOP_WITHIN_MS, resolve);
      this.#stopped = () => {
        cancel();
        resolve();
      };
      this.#send({ type: 'stop' });
    });
    await worker.terminate();
  }

  #start(): void {
    const { connection, cluster, depot, commit, actors, env } = this.#options;
    const limits = commitLimits(commit);
    const workerData: WorkerStart = { connection: cloneable(connection), cluster, depot, commit: limits, actors };
    const worker = startWorker(workerData);
    this.#worker = worker;
    this.#startedMs = env.clock.nowMs();
    this.#heardMs = this.#startedMs;
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('error', (error) => {
      this.#failure = error.message;
      this.#options.report('error', 'worker thread crashed', { error: error.message, stack: error.stack });
    });
    worker.on('exit', (code) => this.#onExit(code));
    for (const spec of this.specs.values()) this.#send({ type: 'open', spec });
  }

  #onExit(code: number): void {
    this.#worker = undefined;
    if (!this.#stopping) this.#tellCrash();
    this.#copies = [];
    for (const resolve of this.#closing.values()) resolve();
    this.#closing.clear();
    this.#stopped?.();
    this.#onChange();
    if (this.#stopping) return;
    const { env, report } = this.#options;
    this.#crashes = env.clock.nowMs() - this.#startedMs > STEADY_MS ? 0 : this.#crashes + 1;
    const delayMs = Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.min(this.#crashes, 10));
    report('warn', 'worker thread will be started again', { code, delayMs, copies: this.specs.size });
    this.#restart = env.clock.after(delayMs, () => this.#start());
  }

  /** A thread that is gone cannot tell what became of its copies. */
  #tellCrash(): void {
    const atMs = this.#options.env.clock.wallMs();
    for (const { group, generation, shard, state: from } of this.#copies) {
      const place = { group, generation, shard, machine: 'copy' as const };
      const reason = this.#failure === '' ? {} : { reason: this.#failure };
      this.#onTransition({ ...place, from, to: 'failed', cause: 'worker.exited', ...reason, atMs });
    }
  }

  #take(message: FromWorker): void {
    this.#heardMs = this.#options.env.clock.nowMs();
    if (message.type === 'transition') {
      this.#onTransition(message.transition);
    } else if (message.type === 'status') {
      this.#copies = message.copies;
      this.#onChange();
    } else if (message.type === 'closed') {
      this.#closing.get(message.key)?.();
      this.#closing.delete(message.key);
    } else if (message.type === 'stopped') {
      this.#stopped?.();
    } else {
      this.#options.report(message.level, message.message, message.fields);
    }
  }

  /** Asked at each pulse. */
  #hangs(): boolean {
    if (this.#worker === undefined || this.#stopping) return false;
    const silentMs = this.#options.env.clock.nowMs() - this.#heardMs;
    if (silentMs > HUNG_MS) this.#end(this.#worker);
    return silentMs > SILENT_MS && this.#copies.length > 0;
  }

  #end(worker: Worker): void {
    this.#failure = 'it hung';
    this.#heardMs = this.#options.env.clock.nowMs();
    this.#options.report('error', 'worker thread hangs and is ended', { copies: this.specs.size });
    worker
      .terminate()
      .catch((error: unknown) =>
        this.#options.report('error', 'worker thread could not be ended', { error: asCoppiceError(error).message }),
      );
  }

  #send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #absent(spec: CopySpec): CopyStatus {
    const state = this.#worker === undefined ? 'failed' : 'unassigned';
    return {
      group: spec.group.name,
      generation: spec.group.generation,
      shard: spec.shard,
      state,
      term: 0,
      seq: 0,
      lastSeq: 0,
      docCount: 0,
      sizeBytes: 0,
      ...(this.#failure === '' || state !== 'failed' ? {} : { reason: this.#failure }),
    };
  }
}

/** Functions cannot cross into a thread; the worker reports faults by itself. */
function cloneable(connection: ConnectionOptions): WorkerStart['connection'] {
  return Object.fromEntries(Object.entries(connection).filter(([, value]) => typeof value !== 'function'));
}

/**
 * One worker thread, from its start to its end: the copies on it, what it tells, whether it lives, and what it was doing
 * when it died. It is never started again; where its copies go then is for `worker-host.ts` to say.
 */
import type { Worker } from 'node:worker_threads';
import type { Env, Reporter } from '../env.ts';
import { asCoppiceError } from '../errors.ts';
import type { CopySpec } from '../shard/copy-spec.ts';
import type { Suspect } from '../shard/poison-watch.ts';
import type { CopyStatus, WorkerStatus } from '../wire/records.ts';
import { BlackBoxReader, createBlackBox, type MarkedWork, type OpenRequest } from './black-box.ts';
import { copyKey, type TransitionListener } from './copy-host.ts';
import { startWorker } from './start-worker.ts';
import { StuckWatch } from './stuck-watch.ts';
import type { WorkerLimits } from './worker-limits.ts';
import type { FromWorker, ToWorker, WorkerMemory, WorkerStart } from './worker-messages.ts';

const STOP_WITHIN_MS = 8_000;
/** A thread that stands still for so long serves nobody: its copies count as failed, so that others take over. */
const SILENT_MS = 3_000;
/** Code is loaded and the bus is reached by then. */
const START_WITHIN_MS = 60_000;
const MB = 2 ** 20;

/** Why a thread ended. */
export type EndCause = 'crashed' | 'outOfMemory' | 'exited' | 'stuck' | 'overMemory';

/** How a thread ended, if not in good order. */
export type ThreadEnd = {
  readonly cause: EndCause;
  /** The same for people: `was stuck for 5.0 s`. */
  readonly reason: string;
  /** Whether it had begun to work. */
  readonly wasReady: boolean;
  /** Key of the copy whose code ran, or which holds most of the memory; undefined if nobody knows. */
  readonly culprit: string | undefined;
  /** What that code did. */
  readonly work: MarkedWork | undefined;
  readonly specs: readonly CopySpec[];
  /** The copies as they were told last. */
  readonly copies: readonly CopyStatus[];
  readonly openRequests: readonly OpenRequest[];
};

/** What a thread is made of. */
export type WorkerThreadOptions = {
  /** Tells threads of a leaf apart; counted from 1, never reused. */
  readonly number: number;
  readonly start: Omit<WorkerStart, 'box'>;
  readonly limits: WorkerLimits;
  readonly env: Env;
  readonly report: Reporter;
  readonly onChange: () => void;
  readonly onTransition: TransitionListener;
  readonly onReady: () => void;
  readonly onEnd: (end: ThreadEnd) => void;
};

/** A thread that runs, or is about to end. */
export class WorkerThread {
  readonly number: number;
  readonly #options: WorkerThreadOptions;
  readonly #worker: Worker;
  readonly #box: BlackBoxReader;
  readonly #watch: StuckWatch;
  readonly #startedMs: number;
  readonly #specs = new Map<string, CopySpec>();
  /** Keys by the numbers under which the thread marks its work. */
  readonly #numbers = new Map<number, string>();
  readonly #closing = new Map<string, () => void>();
  #opened = 0;
  #copies: readonly CopyStatus[] = [];
  #memory: WorkerMemory = { heapBytes: 0, outsideBytes: 0 };
  #ready = false;
  #ending: { readonly cause: EndCause; readonly reason: string } | undefined;
  #stopping = false;
  #stopped: (() => void) | undefined;
  /** It was asked to end, and has closed everything. */
  #isDone = false;
  #isOver = false;

  constructor(options: WorkerThreadOptions) {
    const { env, start, limits } = options;
    this.number = options.number;
    this.#options = options;
    const box = createBlackBox();
    this.#box = new BlackBoxReader(box);
    this.#startedMs = env.clock.nowMs();
    this.#watch = new StuckWatch(this.#startedMs);
    this.#worker = startWorker({ ...start, box }, limits.heapMb);
    this.#worker.on('message', (message: FromWorker) => this.#take(message));
    this.#worker.on('error', (error) => this.#noteError(error));
    this.#worker.on('exit', (code) => this.#onExit(code));
  }

  /** Keys of its copies. */
  keys(): readonly string[] {
    return [...this.#specs.keys()];
  }

  has(key: string): boolean {
    return this.#specs.has(key);
  }

  /** Opens a copy. `suspect`: the operation of the log over which threads have died with it. */
  open(spec: CopySpec, suspect: Suspect | undefined): void {
    const key = copyKey(spec);
    this.#specs.set(key, spec);
    this.#opened += 1;
    this.#numbers.set(this.#opened, key);
    this.#send({ type: 'open', spec, number: this.#opened, ...(suspect === undefined ? {} : { suspect }) });
  }

  /** Resolves when the copy is closed, or gone with the thread. */
  async closeCopy(key: string): Promise<void> {
    if (!this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#closing.set(key, resolve);
        this.#send({ type: 'close', key });
      });
    }
    this.#specs.delete(key);
  }

  /** Statuses last told; while the thread stands still, its copies count as failed. */
  statuses(): readonly CopyStatus[] {
    const told = new Map(this.#copies.map((copy) => [`${copy.group}/${copy.generation}/${copy.shard}`, copy]));
    const silentMs = this.#watch.silentMs;
    const isSilent = silentMs > Math.min(SILENT_MS, this.#options.limits.stuckMs) && this.#ready;
    return [...this.#specs].map(([key, spec]) => {
      const copy = told.get(key) ?? absentCopy(spec, 'unassigned');
      return isSilent ? { ...copy, state: 'failed', reason: `worker ${this.number} ${stuckFor(silentMs)}` } : copy;
    });
  }

  /** What the pulse tells of it. */
  status(): WorkerStatus {
    const { heapBytes, outsideBytes } = this.#memory;
    const silentMs = Math.round(this.#watch.silentMs);
    return { worker: this.number, copies: this.#specs.size, heapBytes, outsideBytes, silentMs };
  }

  /** Looks whether the thread lives, and ends it if it stood still for too long. */
  look(): void {
    const nowMs = this.#options.env.clock.nowMs();
    const silentMs = this.#watch.look(this.#box.beats, nowMs);
    const { stuckMs } = this.#options.limits;
    const boundMs = this.#stopping ? Math.min(SILENT_MS, stuckMs) : stuckMs;
    if (this.#ready && silentMs > boundMs) this.#end('stuck', stuckFor(silentMs));
    const startingMs = nowMs - this.#startedMs;
    if (!this.#ready && startingMs > START_WITHIN_MS) this.#end('stuck', `did not start in ${seconds(startingMs)}`);
  }

  /** Closes the copies and ends the thread, by force if it takes too long: then it still has its keys. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#isOver) return;
    const { clock } = this.#options.env;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(STOP_WITHIN_MS, resolve);
      this.#stopped = () => {
        cancel();
        resolve();
      };
      this.#send({ type: 'stop' });
    });
    await this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    if (message.type === 'ready') {
      this.#ready = true;
      this.#options.onReady();
    } else if (message.type === 'transition') {
      this.#options.onTransition(message.transition);
    } else if (message.type === 'status') {
      this.#copies = message.copies;
      this.#memory = message.memory;
      this.#checkMemory();
      this.#options.onChange();
    } else if (message.type === 'closed') {
      this.#closing.get(message.key)?.();
      this.#closing.delete(message.key);
    } else if (message.type === 'stopped') {
      this.#specs.clear();
      this.#isDone = true;
      this.#stopped?.();
    } else {
      this.#options.report(message.level, message.message, message.fields);
    }
  }

  #checkMemory(): void {
    const limitBytes = this.#options.limits.memoryMb * MB;
    const { outsideBytes } = this.#memory;
    if (outsideBytes <= limitBytes) return;
    this.#end('overMemory', `held ${megabytes(outsideBytes)} outside of its heap, of ${megabytes(limitBytes)} allowed`);
  }

  #end(cause: EndCause, reason: string): void {
    if (this.#ending !== undefined || this.#isOver) return;
    this.#ending = { cause, reason };
    this.#worker
      .terminate()
      .catch((error: unknown) =>
        this.#options.report('error', 'worker thread could not be ended', { error: asCoppiceError(error).message }),
      );
  }

  #noteError(error: Error): void {
    const isFull = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const reason = isFull
      ? `ran out of memory: its heap may hold ${megabytes(this.#options.limits.heapMb * MB)}`
      : `crashed: ${error.message}`;
    this.#ending ??= { cause: isFull ? 'outOfMemory' : 'crashed', reason };
    this.#options.report('error', 'worker thread failed', { error: error.message, stack: error.stack });
  }

  #onExit(code: number): void {
    this.#isOver = true;
    const { cause, reason } = this.#ending ?? { cause: 'exited', reason: `exited with code ${code}` };
    const work = this.#box.work();
    const specs = [...this.#specs.values()];
    const end: ThreadEnd = {
      cause,
      reason,
      wasReady: this.#ready,
      culprit: this.#culprit(cause, work),
      work,
      specs,
      copies: this.statuses(),
      openRequests: this.#box.openRequests(),
    };
    for (const resolve of this.#closing.values()) resolve();
    this.#closing.clear();
    this.#stopped?.();
    if (!this.#isDone) this.#options.onEnd(end);
  }

  #culprit(cause: EndCause, work: MarkedWork | undefined): string | undefined {
    const keys = this.keys();
    if (keys.length === 1) return keys[0];
    if (cause !== 'overMemory') return work === undefined ? undefined : this.#numbers.get(work.copy);
    const [largest] = this.#copies.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
    return largest === undefined ? undefined : `${largest.group}/${largest.generation}/${largest.shard}`;
  }

  #send(message: ToWorker): void {
    if (!this.#isOver) this.#worker.postMessage(message);
  }
}

/** The status of a copy of which nothing is known but that it should be here. */
export function absentCopy(spec: CopySpec, state: string, reason?: string): CopyStatus {
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
    ...(reason === undefined ? {} : { reason }),
  };
}

function stuckFor(ms: number): string {
  return `was stuck for ${seconds(ms)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MB)} MiB`;
}

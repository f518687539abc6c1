/** The side of the peer, for peers that are Node programs: takes commands on the input and answers them. */
import { createInterface } from 'node:readline';
import { first, inBatches, readLines } from './json-lines.ts';
import type {
  AnswerReport,
  Command,
  CorpusDocument,
  Hello,
  IndexCommand,
  IndexReport,
  IndexState,
  MemoryReport,
  Mode,
  OpenReport,
  SearchReport,
  Task,
} from './protocol.ts';

/** A search library behind the commands. */
export interface PeerEngine {
  readonly hello: Hello;
  /** Begins an empty index. */
  begin(command: IndexCommand): void;
  /** Indexes documents, in order. `line` is the number of the first in its file. */
  /** `lines`: the same as JSON. */
  add(documents: readonly CorpusDocument[], lines: readonly string[]): void;
  /** Finishes what was begun, so that it could be read by another process, if that is possible at all. */
  commit(): void;
  state(): IndexState;
  /** Runs a task and returns the number of hits it tells. */
  run(task: Task, mode: Mode): number;
  merge?(): void;
  deleteEvery?(every: number): void;
  open?(folder: string): OpenReport;
  release?(): void;
  /** Bytes in shared memories of WebAssembly, which Node does not count. */
  sharedBytes?(): number;
  answers?(tasks: readonly Task[], limit: number): AnswerReport;
}

const BATCH = 500;

/** Serves until the input ends. */
export async function servePeer(engine: PeerEngine): Promise<void> {
  const session = new Session(engine);
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(answered(session, JSON.parse(line)))}\n`);
  }
}

function answered(session: Session, command: Command): object {
  try {
    return session.perform(command);
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

class Session {
  readonly #engine: PeerEngine;
  #tasks: readonly Task[] = [];

  constructor(engine: PeerEngine) {
    this.#engine = engine;
  }

  perform(command: Command): object {
    const engine = this.#engine;
    switch (command.do) {
      case 'hello':
        return engine.hello;
      case 'index':
        return this.#index(command);
      case 'merge':
        engine.merge?.();
        return engine.state();
      case 'delete':
        engine.deleteEvery?.(command.every);
        return engine.state();
      case 'open':
        return engine.open?.(command.folder) ?? refuse(command.do);
      case 'tasks':
        this.#tasks = command.tasks;
        return {};
      case 'search':
        return this.#search(command);
      case 'answers':
        return engine.answers?.(this.#tasks, command.limit) ?? refuse(command.do);
      case 'release':
        engine.release?.();
        return {};
      case 'memory':
        return { bytes: bytesHeld(engine) } satisfies MemoryReport;
      default:
        throw new Error('unknown command');
    }
  }

  #index(command: IndexCommand): IndexReport {
    const engine = this.#engine;
    const watch = new Stopwatch();
    engine.begin(command);
    const beforeBytes = bytesHeld(engine);
    let docs = 0;
    let line = 0;
    for (const lines of inBatches(first(readLines(command.corpus), command.count), BATCH)) {
      const kept = lines.filter((_, i) => !isSkipped(line + i, command.skipEvery ?? 0));
      line += lines.length;
      docs += kept.length;
      const documents = kept.map((text): CorpusDocument => JSON.parse(text));
      watch.time(() => engine.add(documents, kept));
    }
    const heapBytes = bytesHeld(engine) - beforeBytes;
    watch.time(() => engine.commit());
    return { ...engine.state(), docs, wallMs: watch.wallMs, cpuMs: watch.cpuMs, heapBytes };
  }

  #search({ mode, passes, budgetMs }: Extract<Command, { do: 'search' }>): SearchReport {
    const tasks = this.#tasks;
    const micros = tasks.map(() => Number.POSITIVE_INFINITY);
    const hits = tasks.map(() => 0);
    const beginMs = performance.now();
    let count = tasks.length;
    for (let pass = 0; pass < passes && (pass === 0 || performance.now() - beginMs < budgetMs); pass++) {
      for (let i = 0; i < count; i++) {
        const task = tasks[i]!;
        const startMs = performance.now();
        hits[i] = this.#engine.run(task, mode);
        const endMs = performance.now();
        micros[i] = Math.min(micros[i]!, (endMs - startMs) * 1_000);
        if (pass === 0 && endMs - beginMs > budgetMs) count = i + 1;
      }
    }
    return { micros: micros.slice(0, count), hits: hits.slice(0, count) };
  }
}

class Stopwatch {
  wallMs = 0;
  cpuMs = 0;

  time(work: () => void): void {
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    work();
    this.wallMs += performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpu);
    this.cpuMs += (user + system) / 1_000;
  }
}

function isSkipped(line: number, every: number): boolean {
  return every > 0 && line % every === 0;
}

function refuse(what: string): never {
  throw new Error(`this peer cannot ${what}`);
}

/** What the process holds in memory without garbage. */
function bytesHeld(engine: PeerEngine): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external + (engine.sharedBytes?.() ?? 0);
}

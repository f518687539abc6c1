/** A peer's process as the benches see it: commands go in, one answer comes back for each. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type {
  AnswerReport,
  Command,
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

/** How to start a peer. */
export type PeerProgram = { readonly command: string; readonly args: readonly string[] };

/** One at a time: a command is sent when the one before is answered. */
export class Peer {
  readonly hello: Hello;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams, answers: AsyncIterator<string>, hello: Hello) {
    this.#child = child;
    this.#answers = answers;
    this.hello = hello;
  }

  /** Starts a process; what it says on the error stream is passed on. Rejects if it does not say hello. */
  static async start({ command, args }: PeerProgram): Promise<Peer> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child.on('error', (error) => process.stderr.write(`${command}: ${error.message}\n`));
    child.stdin.on('error', () => {});
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!line.includes('Using incubator modules')) process.stderr.write(`${line}\n`);
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Peer(child, answers, await ask<Hello>(child, answers, { do: 'hello' }));
  }

  get name(): string {
    return this.hello.peer;
  }

  async index(options: Omit<IndexCommand, 'do'>): Promise<IndexReport> {
    return this.#ask({ do: 'index', ...options });
  }

  /** Merges to one segment. */
  async merge(): Promise<IndexState> {
    return this.#ask({ do: 'merge' });
  }

  /** Deletes each document whose place among those indexed `every` divides. */
  async deleteEvery(every: number): Promise<IndexState> {
    return this.#ask({ do: 'delete', every });
  }

  async open(folder: string): Promise<OpenReport> {
    return this.#ask({ do: 'open', folder });
  }

  /** Closes the index, so that another process may open it. */
  async release(): Promise<void> {
    await this.#ask({ do: 'release' });
  }

  async memory(): Promise<MemoryReport> {
    return this.#ask({ do: 'memory' });
  }

  async search(tasks: readonly Task[], how: { mode: Mode; passes: number; budgetMs: number }): Promise<SearchReport> {
    await this.#ask({ do: 'tasks', tasks });
    return this.#ask({ do: 'search', ...how });
  }

  async answers(tasks: readonly Task[], limit: number): Promise<AnswerReport> {
    await this.#ask({ do: 'tasks', tasks });
    return this.#ask({ do: 'answers', limit });
  }

  /** Whether the peer can run a task. */
  offers({ kind, filter, sort, slop }: Task): boolean {
    const { offers } = this.hello;
    if (offers === undefined) return true;
    return (
      offers.includes(kind) &&
      (filter === undefined || offers.includes('filter')) &&
      (sort === undefined || offers.includes('sort')) &&
      (slop === undefined || offers.includes('slop'))
    );
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await ended;
  }

  async #ask<T>(command: Command): Promise<T> {
    return ask<T>(this.#child, this.#answers, command);
  }
}

async function ask<T>(
  child: ChildProcessWithoutNullStreams,
  answers: AsyncIterator<string>,
  command: Command,
): Promise<T> {
  child.stdin.write(`${JSON.stringify(command)}\n`);
  const { value, done } = await answers.next();
  if (done === true) throw new Error(`the process ended before it answered \`${command.do}\``);
  const answer: T & { readonly error?: string } = JSON.parse(value);
  if (answer.error !== undefined) throw new Error(`\`${command.do}\` failed: ${answer.error}`);
  return answer;
}

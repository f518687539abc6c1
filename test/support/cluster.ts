/**
 * A cluster of real processes, started as a script would start it: by `coppice up --json` in a folder of its own.
 * Everything is killed, and the folder removed, when it is stopped or the tests end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { eventually } from './eventually.ts';

/** What `up --json` prints. */
export type UpLine = {
  readonly nats: string;
  readonly leaves: readonly { readonly name: string; readonly pid: number }[];
  readonly root: { readonly pid: number };
  readonly natsServer?: { readonly pid: number };
};

/** How a command ended. */
export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** How a cluster is started. */
export type ProcessClusterOptions = {
  readonly leaves?: number;
  readonly noRespawn?: boolean;
  readonly args?: readonly string[];
  readonly data?: string;
};

const CLI = join(import.meta.dirname, '..', '..', 'actors', 'cli', `main${extname(import.meta.filename)}`);
const START_MS = 40_000;
const COMMAND_MS = 45_000;

/** A running cluster of processes. */
export class ProcessCluster {
  readonly data: string;
  /** What `up` printed when it was ready; pids of processes started again are in `cluster.json`. */
  readonly line: UpLine;
  readonly #up: ChildProcess;
  readonly #ownsData: boolean;

  constructor(options: { up: ChildProcess; data: string; line: UpLine; ownsData: boolean }) {
    this.#up = options.up;
    this.data = options.data;
    this.line = options.line;
    this.#ownsData = options.ownsData;
  }

  /** Address of its NATS. */
  get url(): string {
    return this.line.nats;
  }

  /** Pid of `up` itself. */
  get pid(): number {
    return this.#up.pid ?? 0;
  }

  /** Pids of everything that `up` started, as it was ready. */
  get pids(): readonly number[] {
    const { leaves, root, natsServer } = this.line;
    return [...leaves.map(({ pid }) => pid), root.pid, ...(natsServer === undefined ? [] : [natsServer.pid])];
  }

  /** Runs a `coppice` command against this cluster. */
  async coppice(...args: readonly string[]): Promise<Finished> {
    return runCoppice([...args, '--data', this.data]);
  }

  /** Sends a signal to `up` and resolves with its exit code, null if the signal killed it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#up.exitCode === null && this.#up.signalCode === null) {
      this.#up.kill(signal);
      await once(this.#up, 'exit');
    }
    return this.#up.exitCode;
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    if (this.#ownsData) await removeFolder(this.data);
  }
}

/** Starts a cluster; three leaves unless told otherwise. */
export async function startCluster(options: ProcessClusterOptions = {}): Promise<ProcessCluster> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'coppice-test-')));
  const flags = [
    '--leaves',
    String(options.leaves ?? 3),
    ...(options.noRespawn === true ? ['--no-respawn'] : []),
    ...(options.args ?? []),
  ];
  const up = spawnCoppice(['up', '--json', '--data', data, ...flags]);
  const output = collect(up);
  const killAtExit = (): void => {
    up.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  up.once('exit', () => process.off('exit', killAtExit));
  try {
    const line = await eventually(() => output.stdout.includes('\n') || up.exitCode !== null, {
      withinMs: START_MS,
      what: '`up` is ready',
    });
    if (!line || up.exitCode !== null) throw new Error(`\`up\` ended with ${up.exitCode}: ${output.stderr}`);
    return new ProcessCluster({
      up,
      data,
      line: JSON.parse(output.stdout) as UpLine,
      ownsData: options.data === undefined,
    });
  } catch (error) {
    up.kill('SIGKILL');
    if (options.data === undefined) await removeFolder(data);
    throw error;
  }
}

/** Runs a `coppice` command to its end. `input` goes to its stdin; `vars` are all of its environment but PATH. */
export async function runCoppice(
  args: readonly string[],
  { input = '', vars = {}, cwd }: { input?: string; vars?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<Finished> {
  const child = spawnCoppice(args, { vars, ...(cwd === undefined ? {} : { cwd }) });
  const output = collect(child);
  const tooLong = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
  // A command that does not read its input closes it.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  await once(child, 'close');
  clearTimeout(tooLong);
  return { code: child.exitCode, ...output };
}

/** Starts a `coppice` command; with `ipc` over a channel by which it notices the death of this process. */
export function spawnCoppice(
  args: readonly string[],
  { vars = {}, cwd, ipc = false }: { vars?: Readonly<Record<string, string>>; cwd?: string; ipc?: boolean } = {},
): ChildProcess {
  const { PATH, HOME, NATS_SERVER } = process.env;
  const env = { PATH, HOME, NATS_SERVER, ...vars };
  return spawn(process.execPath, [...process.execArgv, CLI, ...args], {
    env,
    stdio: ipc ? ['pipe', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Whether a process exists. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return output;
}

/** Processes that end by themselves may still be writing for a moment. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

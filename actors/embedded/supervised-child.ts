/**
 * A child process over its restarts. It is started again with growing pauses when it dies, and asked to end, then
 * killed, when it is stopped. Children live in process groups of their own, so that Ctrl-C in a terminal reaches the
 * supervisor alone, which ends them in order; they notice the supervisor's death by the closed IPC channel.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { CoppiceError } from '../../src/errors.ts';
import { type ChildMessage, parseChildMessage } from '../child-message.ts';
import { TIMES } from '../config.ts';
import { EXIT } from '../exit-codes.ts';

/** What happens to a child. `how` says in a word what ended it. */
export type ChildEvent =
  | { readonly kind: 'ready'; readonly name: string; readonly pid: number }
  | {
      readonly kind: 'died';
      readonly name: string;
      readonly pid: number;
      readonly how: string;
      readonly restartMs: number | undefined;
    };

/** How a child is run. */
export type ChildOptions = {
  readonly name: string;
  /** Module to run, with or without its extension's compilation. */
  readonly module: string;
  /** Asked at each start. */
  readonly args: () => readonly string[];
  readonly vars: Readonly<Record<string, string>>;
  readonly respawn: boolean;
  readonly onEvent: (event: ChildEvent) => void;
  /** Takes what the child writes to stderr: pretty logs, and the last words of a crash. */
  readonly onStderr: (text: string) => void;
};

type Ready = Extract<ChildMessage, { type: 'ready' }>;

/** One child, its present process and the next. */
export class SupervisedChild {
  readonly name: string;
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #pid = 0;
  #failure: string | undefined;
  #deaths = 0;
  #startedMs = 0;
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #firstReady: ((ready: Ready) => void) | undefined;
  #firstFailure: ((error: Error) => void) | undefined;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Pid of the process that does the work; the last one while none runs. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * Starts the child.
   *
   * @returns What its first `ready` said.
   * @throws CoppiceError `PREFLIGHT_FAILED` with the child's own words if it fails before that.
   */
  async start(): Promise<Ready> {
    return new Promise<Ready>((resolve, reject) => {
      const late = setTimeout(
        () => this.#firstFailure?.(failure(`${this.name} is not ready after ${TIMES.readyMs / 1000} s`)),
        TIMES.readyMs,
      );
      const settle = (): void => {
        clearTimeout(late);
        this.#firstReady = undefined;
        this.#firstFailure = undefined;
      };
      this.#firstReady = (ready) => {
        settle();
        resolve(ready);
      };
      this.#firstFailure = (error) => {
        settle();
        reject(error);
      };
      this.#spawn();
    });
  }

  /** Sends a signal to the process that does the work; false if there is none. */
  kill(signal: NodeJS.Signals): boolean {
    if (this.#process === undefined || this.#pid === 0) return false;
    try {
      return process.kill(this.#pid, signal);
    } catch {
      // It has just ended by itself.
      return false;
    }
  }

  /** Asks the process to end and resolves when it has; it is killed if it takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#process;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      const tooLong = setTimeout(() => child.kill('SIGKILL'), TIMES.killAfterMs);
      child.once('close', () => {
        clearTimeout(tooLong);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  /** Kills the process at once, for good. */
  killNow(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.kill('SIGKILL');
    this.#process?.kill('SIGKILL');
  }

  #spawn(): void {
    const { module, args, vars, onStderr } = this.#options;
    this.#failure = undefined;
    this.#startedMs = performance.now();
    const child = spawn(process.execPath, [...process.execArgv, module, ...args()], {
      env: vars,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process = child;
    this.#pid = child.pid ?? 0;
    child.stderr?.setEncoding('utf8').on('data', onStderr);
    child.on('message', (message) => this.#take(parseChildMessage(message)));
    child.once('error', (error) => {
      this.#failure = error.message;
      if (child.pid === undefined) this.#onEnd('could not be started');
    });
    child.once('close', (code, signal) => this.#onEnd(signal ?? `exit code ${code}`, code));
  }

  #take(message: ChildMessage | undefined): void {
    if (message?.type === 'failed') this.#failure = message.message;
    if (message?.type !== 'ready') return;
    this.#pid = message.pid;
    this.#options.onEvent({ kind: 'ready', name: this.name, pid: message.pid });
    this.#firstReady?.(message);
  }

  #onEnd(how: string, code?: number | null): void {
    this.#process = undefined;
    if (this.#stopping) return;
    const { respawn, onEvent } = this.#options;
    const words = this.#failure === undefined ? how : `${how}: ${this.#failure}`;
    if (this.#firstFailure !== undefined) {
      this.#firstFailure(failure(this.#failure ?? `${this.name} ended at its start (${how})`, code));
      return;
    }
    const restartMs = respawn ? this.#nextPauseMs() : undefined;
    if (restartMs !== undefined) this.#restart = setTimeout(() => this.#spawn(), restartMs);
    onEvent({ kind: 'died', name: this.name, pid: this.#pid, how: words, restartMs });
  }

  #nextPauseMs(): number {
    this.#deaths = performance.now() - this.#startedMs > TIMES.respawnHealthyMs ? 1 : this.#deaths + 1;
    return Math.min(TIMES.respawnLastMs, TIMES.respawnFirstMs * 2 ** (this.#deaths - 1));
  }
}

function failure(message: string, code?: number | null): CoppiceError {
  return new CoppiceError(
    code === EXIT.unreachable || code === EXIT.nameLost ? 'PREFLIGHT_FAILED' : 'ACTOR_FAILED',
    message,
  );
}

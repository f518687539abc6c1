/**
 * Exit codes of every process, and which failure leads to which. Documented for users in docs/cli.md and in
 * `coppice --help`; the two tables here are where they come from.
 */
import { type ErrorCode, isCoppiceError } from '../src/errors.ts';

/** What a process's exit code says. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  nameLost: 3,
  unreachable: 4,
  yellow: 5,
  red: 6,
  unfinished: 7,
} as const;

/** One line for each code, in the order of the codes. */
export const EXIT_MEANINGS = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed: the request was refused, nothing was found, or some lines were not loaded'],
  [EXIT.usage, 'wrong options or arguments'],
  [EXIT.nameLost, 'leaf only: another process has its name'],
  [EXIT.unreachable, 'NATS cannot be reached, or lacks what is needed'],
  [EXIT.yellow, '`health` only: yellow, all data is served and some replicas are missing'],
  [EXIT.red, '`health` only: red, some data is not served'],
  [
    EXIT.unfinished,
    '`leaf` and `root` only: asked to end, and not done in time, or asked twice; stderr says with what',
  ],
] as const;

const UNREACHABLE: ReadonlySet<ErrorCode> = new Set(['DISCONNECTED', 'PREFLIGHT_FAILED']);

/** Something is wrong with what the user typed. Its message is one line; `hint` says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The exit code for a failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  return isCoppiceError(error) && UNREACHABLE.has(error.code) ? EXIT.unreachable : EXIT.failed;
}

/** The exit code of a process that a signal ended, as shells count it. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + (SIGNAL_NUMBERS[signal] ?? 15);
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

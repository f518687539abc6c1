/**
 * The logs of a process: one JSON line each in `<data>/logs/<name>.log`, with cluster and process name, and readable
 * lines on stderr if asked for. Lines are written synchronously, so that the last words of a crash are kept.
 */
import { join } from 'node:path';
import { type DestinationStream, type Logger, multistream, pino } from 'pino';
import type { Reporter, ReportLevel } from '../src/env.ts';
import { CoppiceError } from '../src/errors.ts';
import { makeFolderSync } from '../src/make-folder.ts';
import type { LogConfig } from './config.ts';
import { prettyLine } from './pretty-line.ts';

/** Whose log it is. */
export type LogOptions = {
  readonly name: string;
  readonly cluster: string;
  readonly data: string;
  readonly log: LogConfig;
};

/**
 * Opens the log of one process; every line names the process by its role.
 *
 * @throws CoppiceError `PREFLIGHT_FAILED` if its folder cannot be made.
 */
export function openLog(role: 'leaf' | 'root' | 'name', options: LogOptions): Logger {
  const { name, cluster, data, log } = options;
  const folder = join(data, 'logs');
  try {
    makeFolderSync(folder);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CoppiceError('PREFLIGHT_FAILED', `cannot write to the data folder \`${data}\`: ${reason}`, { cause });
  }
  const file = pino.destination({ dest: join(folder, `${name}.log`), sync: true, append: true });
  // A full disk must not take the process down with its log.
  file.on('error', () => {});
  const streams = [
    { level: 'debug' as const, stream: file },
    ...(log.pretty ? [{ level: 'debug' as const, stream: PRETTY }] : []),
  ];
  return pino({ level: log.level, base: { cluster, [role]: name, pid: process.pid } }, multistream(streams));
}

/** What the library reports, as lines of a log. What every line says anyway is not said twice. */
export function reporterOf(logger: Logger): Reporter {
  const base = new Map(Object.entries(logger.bindings()));
  return (level: ReportLevel, message, fields = {}) => {
    const own = Object.entries(fields).filter(([key, value]) => base.get(key) !== value);
    logger[level](Object.fromEntries(own), message);
  };
}

const PRETTY: DestinationStream = {
  write: (line) =>
    process.stderr.write(prettyLine(line, process.stderr.isTTY && process.env['NO_COLOR'] === undefined)),
};

/**
 * The command line of a child process: built by the supervisor, read by the process's main. Connections travel in the
 * environment, see connection-vars.ts.
 */
import { parseArgs } from 'node:util';
import { connectionOptionsFrom } from '../src/bus/nats/options.ts';
import { DEFAULTS, isLogLevel, type LeafConfig, type ProcessConfig } from './config.ts';
import type { Vars } from './connection-vars.ts';
import { UsageError } from './exit-codes.ts';

const OPTIONS = {
  name: { type: 'string' },
  cluster: { type: 'string', default: DEFAULTS.cluster },
  data: { type: 'string', default: DEFAULTS.data },
  zone: { type: 'string', default: DEFAULTS.zone },
  depot: { type: 'string', default: DEFAULTS.depot },
  workers: { type: 'string', default: '1' },
  'checkpoint-records': { type: 'string', default: String(DEFAULTS.checkpointRecords) },
  'log-level': { type: 'string', default: DEFAULTS.logLevel },
  pretty: { type: 'boolean', default: false },
} as const;

/** Writes a process's configuration, without its connection, as arguments. */
export function processArgs(config: ProcessConfig | LeafConfig): readonly string[] {
  const { name, cluster, data, log } = config;
  const common = [
    '--name',
    name,
    '--cluster',
    cluster,
    '--data',
    data,
    '--log-level',
    log.level,
    ...(log.pretty ? ['--pretty'] : []),
  ];
  if (!('zone' in config)) return common;
  const numbers = ['--workers', String(config.workers), '--checkpoint-records', String(config.checkpointRecords)];
  return [...common, '--zone', config.zone, '--depot', config.depot, ...numbers];
}

/**
 * Reads what `processArgs` wrote; leaves use all of it, roots all but `zone`, `depot`, `workers` and `checkpoint-records`.
 *
 * @throws UsageError for an unknown option or a bad value.
 */
export function processConfigFrom(args: readonly string[], vars: Vars): LeafConfig {
  const { name, cluster, data, zone, depot, workers, 'log-level': level, pretty, ...others } = parse(args);
  if (name === undefined) throw new UsageError('--name is missing');
  if (!isLogLevel(level)) throw new UsageError(`--log-level ${level} is none of the levels`);
  return {
    name,
    cluster,
    data,
    zone,
    depot,
    workers: Number(workers),
    checkpointRecords: Number(others['checkpoint-records']),
    connection: connectionOptionsFrom(vars),
    log: { level, pretty },
  };
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

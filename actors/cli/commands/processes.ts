/**
 * `coppice leaf` and `coppice root`: one process of a cluster, in the foreground. Their code is loaded when it is
 * needed, so that the other commands start faster.
 */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { CHECKPOINT_RECORDS } from '../../../src/cluster/checkpoint-options.ts';
import { COMMIT_LIMITS } from '../../../src/cluster/commit-limits.ts';
import { systemEnv } from '../../../src/env.ts';
import { WORKER_LIMITS } from '../../../src/host/worker-limits.ts';
import { DEFAULTS, type ProcessConfig, TIMES } from '../../config.ts';
import { findCluster } from '../../embedded/cluster-file.ts';
import {
  addConnectionOptions,
  addExamples,
  addLogOptions,
  addStreamReplicasOption,
  depotUrl,
  type LogFlags,
  logConfigOf,
  nonEmptyText,
  wholeNumber,
} from '../options.ts';
import type { Shell } from '../shell.ts';
import { findTarget, type TargetFlags } from '../target.ts';

type Flags = TargetFlags & LogFlags & { readonly name: string; readonly data: string; readonly drainMs: number };
type LeafFlags = Flags & {
  readonly zone: string;
  readonly depot: string;
  readonly workers?: number;
  readonly checkpointRecords: number;
  readonly commitMs: number;
  readonly commitRecords: number;
  readonly commitBytes: number;
  readonly workerHeapMb: number;
  readonly workerMemoryMb: number;
  readonly stuckMs: number;
};

const MAX_WORKERS = 1_024;
const MAX_DRAIN_MS = 3_600_000;

/** Adds the commands. */
export function addProcessCommands(program: Command, shell: Shell): void {
  const leaf = program
    .command('leaf')
    .summary('run one leaf')
    .description(
      'Runs a leaf in the foreground until SIGTERM or Ctrl-C, which let it hand over what it has. Exit code 3: another process has its name.',
    )
    .requiredOption('--name <name>', 'its name, the same after a restart', nonEmptyText)
    .option(
      '--data <dir>',
      'folder of its logs and files (env COPPICE_DATA)',
      nonEmptyText,
      shell.vars['COPPICE_DATA'] || DEFAULTS.data,
    )
    .option('--zone <zone>', 'where it stands: copies of a shard are spread over zones', DEFAULTS.zone)
    .option(
      '--depot <url>',
      'where checkpoints go: nats:, file:///path or s3://bucket/prefix (env COPPICE_DEPOT)',
      depotUrl,
      shell.vars['COPPICE_DEPOT'] || DEFAULTS.depot,
    )
    .option(
      '--checkpoint-records <n>',
      'log records of a shard from one checkpoint to the next',
      wholeNumber(CHECKPOINT_RECORDS.min, CHECKPOINT_RECORDS.max),
      DEFAULTS.checkpointRecords,
    )
    .option('--workers <n>', 'threads that host copies (default: one for each core)', wholeNumber(1, MAX_WORKERS));
  addDrainOption(leaf);
  addWorkerOptions(leaf);
  addCommitOptions(leaf);
  addExamples(addLogOptions(addConnectionOptions(addStreamReplicasOption(leaf))), [
    ['coppice leaf --name leaf-4', 'joins the cluster in .coppice'],
    ['coppice leaf --name b1 --zone b --data /var/lib/coppice --nats nats://10.0.0.5:4222', ''],
  ]);
  leaf.action(async (flags: LeafFlags) => {
    await shell.run(flags, async () => {
      const { runLeaf } = await import('../../leaf/leaf-process.ts');
      shell.exitCode = await runLeaf({
        ...configOf(flags, shell),
        zone: flags.zone,
        depot: flags.depot,
        checkpointRecords: flags.checkpointRecords,
        workers: flags.workers ?? systemEnv.machine.cores,
        commit: { ms: flags.commitMs, records: flags.commitRecords, bytes: flags.commitBytes },
        limits: { heapMb: flags.workerHeapMb, memoryMb: flags.workerMemoryMb, stuckMs: flags.stuckMs },
      });
    });
  });

  const root = program
    .command('root')
    .summary('run one root')
    .description(
      'Runs a root in the foreground until SIGTERM or Ctrl-C: it serves the public API on NATS, and may be elected controller.',
    )
    .option('--name <name>', 'its name in the logs', nonEmptyText, `root-${systemEnv.machine.pid}`)
    .option('--data <dir>', 'folder of its logs', nonEmptyText, DEFAULTS.data);
  addDrainOption(root);
  addLogOptions(addConnectionOptions(addStreamReplicasOption(root)));
  root.action(async (flags: Flags) => {
    await shell.run(flags, async () => {
      const { runRoot } = await import('../../root/root-process.ts');
      shell.exitCode = await runRoot(configOf(flags, shell));
    });
  });
}

function addDrainOption(command: Command): void {
  command.option(
    '--drain-ms <n>',
    'asked to end, it has handed over and closed everything by then, or ends without',
    wholeNumber(0, MAX_DRAIN_MS),
    TIMES.drainMs,
  );
}

function addWorkerOptions(leaf: Command): void {
  const { heapMb, memoryMb, stuckMs } = WORKER_LIMITS;
  leaf
    .option(
      '--worker-heap-mb <n>',
      'MiB of objects that a thread may hold; beyond, it is ended and its copies start again',
      wholeNumber(heapMb.min, heapMb.max),
      heapMb.default,
    )
    .addOption(
      new Option('--worker-memory-mb <n>', 'the same for segments and buffers, which lie outside of its heap')
        .argParser(wholeNumber(memoryMb.min, memoryMb.max))
        .default(memoryMb.default, 'three quarters of the machine'),
    )
    .option(
      '--stuck-ms <n>',
      'a thread whose event loop stands still for so long is ended',
      wholeNumber(stuckMs.min, stuckMs.max),
      stuckMs.default,
    );
}

function addCommitOptions(leaf: Command): void {
  const { ms, records, bytes } = COMMIT_LIMITS;
  leaf
    .option(
      '--commit-ms <n>',
      'a group commit waits no longer for what is being decided',
      wholeNumber(ms.min, ms.max),
      ms.default,
    )
    .option('--commit-records <n>', 'writes of a group commit', wholeNumber(records.min, records.max), records.default)
    .option('--commit-bytes <n>', 'bytes of a group commit', wholeNumber(bytes.min, bytes.max), bytes.default);
}

/** The data folder of a process is its own; only if a cluster runs there it is also the cluster meant. */
function configOf(flags: Flags, { vars }: Shell): ProcessConfig {
  const { data, ...others } = flags;
  const named = others.nats === undefined && findCluster(data).kind === 'running' ? flags : others;
  const { connection, cluster } = findTarget(named, vars, findCluster);
  return {
    name: flags.name,
    cluster,
    connection,
    data: resolve(data),
    log: logConfigOf(flags),
    drainMs: flags.drainMs,
  };
}

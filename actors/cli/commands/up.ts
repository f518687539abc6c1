/** `coppice up`: a whole cluster on this machine, kept up until it is told to end. */
import type { Command } from 'commander';
import { DEFAULTS } from '../../config.ts';
import { EmbeddedCluster } from '../../embedded/embedded-cluster.ts';
import type { ChildEvent } from '../../embedded/supervised-child.ts';
import { exitCodeOfSignal } from '../../exit-codes.ts';
import { banner } from '../banner.ts';
import { onInterrupt } from '../interrupt.ts';
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
import { showDuration } from '../quantity.ts';
import type { Shell } from '../shell.ts';
import { clusterOf, connectionOf, type TargetFlags } from '../target.ts';
import { untilServing } from '../until-serving.ts';

type Flags = TargetFlags &
  LogFlags & {
    readonly leaves: number;
    readonly data: string;
    readonly natsPort?: number;
    readonly zone: string;
    readonly depot: string;
    readonly respawn: boolean;
  };

const MAX_LEAVES = 64;
const MAX_PORT = 65_535;

/** Adds the command. */
export function addUpCommand(program: Command, shell: Shell): void {
  const command = program
    .command('up')
    .summary('start a cluster on this machine')
    .description(
      'Starts a cluster: a nats-server of its own (unless --nats names one), leaves and a root. Stays until SIGTERM or Ctrl-C, and starts again what dies.',
    )
    .option('--leaves <n>', 'number of leaves', wholeNumber(1, MAX_LEAVES), DEFAULTS.leaves)
    .option(
      '--data <dir>',
      'folder of data, logs and cluster.json (env COPPICE_DATA)',
      nonEmptyText,
      shell.vars['COPPICE_DATA'] || DEFAULTS.data,
    )
    .option('--nats-port <port>', 'port of the nats-server started (default: a free one)', wholeNumber(1, MAX_PORT))
    .option('--zone <zone>', 'zone of the leaves', DEFAULTS.zone)
    .option(
      '--depot <url>',
      'where checkpoints go: nats:, file:///path or s3://bucket/prefix (env COPPICE_DEPOT)',
      depotUrl,
      shell.vars['COPPICE_DEPOT'] || DEFAULTS.depot,
    )
    .option('--no-respawn', 'leave dead what dies')
    .option('--json', 'print one line of JSON when ready');
  addExamples(addLogOptions(addConnectionOptions(addStreamReplicasOption(command))), [
    ['coppice up', 'three leaves, data in .coppice'],
    ['coppice up --leaves 5 --data /tmp/five', ''],
    ['coppice up --nats nats://10.0.0.5:4222 --creds me.creds', 'on a NATS that is there'],
    ['coppice up --json', 'for scripts'],
  ]);
  command.action(async (flags: Flags) => {
    await shell.run(flags, async () => up(flags, shell));
  });
}

async function up(flags: Flags, shell: Shell): Promise<void> {
  let cluster: EmbeddedCluster | undefined;
  const interrupt = onInterrupt(() => cluster?.killNow());
  try {
    cluster = await EmbeddedCluster.start({
      data: flags.data,
      cluster: clusterOf(flags, shell.vars),
      leaves: flags.leaves,
      zone: flags.zone,
      depot: flags.depot,
      respawn: flags.respawn,
      log: logConfigOf(flags),
      vars: shell.vars,
      fresh: false,
      signal: interrupt.signal,
      onEvent: (event) => shell.note(tellEvent(event)),
      onStderr: (text) => shell.terminal.stderr.write(text),
      ...streamReplicasOf(flags, shell),
      ...(flags.nats === undefined ? {} : { nats: connectionOf(flags, shell.vars) }),
      ...(flags.natsPort === undefined ? {} : { natsPort: flags.natsPort }),
    });
    await serve(cluster, flags, { shell, signal: interrupt.signal });
    announce(cluster, flags, shell);
    await untilAborted(interrupt.signal);
    if (flags.json !== true) shell.note('ending: leaves hand over, then nats-server stops');
  } catch (error) {
    if (interrupt.by === undefined) throw error;
    shell.exitCode = exitCodeOfSignal(interrupt.by);
  } finally {
    await cluster?.close();
    interrupt.close();
  }
}

/** A number of the environment is for a server started here, too. */
function streamReplicasOf(flags: Flags, { vars }: Shell): { streamReplicas?: number } {
  const { streamReplicas } = connectionOf(flags, { COPPICE_STREAM_REPLICAS: vars['COPPICE_STREAM_REPLICAS'] });
  return streamReplicas === undefined ? {} : { streamReplicas };
}

/** Waits until the indices of a folder that has some can be searched: their shards replay their logs first. */
async function serve(
  cluster: EmbeddedCluster,
  flags: Flags,
  { shell, signal }: { shell: Shell; signal: AbortSignal },
): Promise<void> {
  const target = { ...cluster.connection, cluster: cluster.describe().cluster };
  const red = await untilServing(target, {
    signal,
    onWait: () => flags.json !== true && shell.note('shards replay their logs'),
  });
  if (red.length > 0) shell.note(`not every shard serves yet of ${red.join(', ')} (see \`coppice status\`)`);
}

function announce(cluster: EmbeddedCluster, flags: Flags, shell: Shell): void {
  const { nats, leaves, root, natsServer } = cluster.describe();
  const line = { nats, leaves, root: { pid: root.pid }, ...(natsServer === undefined ? {} : { natsServer }) };
  shell.print(flags, line, () => banner(cluster.describe(), { data: flags.data, program: shell.program }));
}

/** One line about a child. */
export function tellEvent(event: ChildEvent): string {
  if (event.kind === 'ready') return `${event.name} is up again (pid ${event.pid})`;
  const next = event.restartMs === undefined ? 'left dead' : `starting it again in ${showDuration(event.restartMs)}`;
  return `${event.name} (pid ${event.pid}) died, ${event.how}: ${next}`;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** `coppice chaos`: breaks processes of a running cluster on this machine, and judges what the cluster has kept. */
import { type Command, InvalidArgumentError } from 'commander';
import { connectNats } from '../../../src/bus/nats/connect.ts';
import { preflight } from '../../../src/bus/nats/preflight.ts';
import { type ClusterContext, joinCluster } from '../../../src/cluster/context.ts';
import { systemEnv } from '../../../src/env.ts';
import { makeFolder } from '../../../src/make-folder.ts';
import { INDEX_SETTINGS } from '../../../src/search/request/index-request.ts';
import type { FaultKind } from '../../chaos/fault.ts';
import { HostFaults } from '../../chaos/host-faults.ts';
import { findHostProcesses, type HostProcesses } from '../../chaos/host-processes.ts';
import { PatientApi } from '../../chaos/patient-api.ts';
import { drawPlan, planFaults } from '../../chaos/plan.ts';
import { type ChaosResult, drawResult } from '../../chaos/results.ts';
import { runChaos } from '../../chaos/run-chaos.ts';
import { DEFAULTS } from '../../config.ts';
import { type ClusterFile, findCluster } from '../../embedded/cluster-file.ts';
import { EXIT, UsageError } from '../../exit-codes.ts';
import { onInterrupt } from '../interrupt.ts';
import { addExamples, addTargetOptions, nonEmptyText, wholeNumber } from '../options.ts';
import type { Shell } from '../shell.ts';
import { findTarget, type Target, type TargetFlags } from '../target.ts';

type Flags = TargetFlags & {
  readonly minutes: number;
  readonly every: number;
  readonly seed: number;
  readonly faults?: string;
  readonly shards: number;
  readonly replicas: number;
  readonly clients: number;
  readonly out?: string;
  readonly keep?: boolean;
  readonly yes?: boolean;
};

const DAY_MINUTES = 1_440;
const MAX_SEED = 2 ** 31 - 1;
const MAX_EVERY_S = 3_600;
const DELETE_MS = 30_000;

/** Adds the command. */
export function addChaosCommand(program: Command, shell: Shell): void {
  const command = program
    .command('chaos')
    .summary('break processes of the cluster, and judge what it kept')
    .description(
      'Writes and reads an index of its own over plain NATS, kills and stops processes of the cluster that run on this machine, ' +
        'and then checks that no acknowledged write is lost or applied twice, that copies are the same, and that no answer was wrong. ' +
        'Exit code 1 if anything was. Whoever minds the processes (`coppice up`, a service manager) has to start them again.',
    )
    .option('--yes', 'do it: without this nothing is touched')
    .option('--minutes <n>', 'how long faults go on', minutes, 1)
    .option('--every <seconds>', 'a fault every so often, on average', wholeNumber(1, MAX_EVERY_S), 5)
    .option('--seed <n>', 'the plan follows from it', wholeNumber(0, MAX_SEED), 1)
    .option('--faults <names>', 'only these, separated by commas', nonEmptyText)
    .option('--shards <n>', 'shards of its index', wholeNumber(1, 64), 2)
    .option(
      '--replicas <n>',
      'replicas of its index',
      wholeNumber(INDEX_SETTINGS.replicas.min, INDEX_SETTINGS.replicas.max),
      1,
    )
    .option('--clients <n>', 'clients at work', wholeNumber(1, 64), 8)
    .option('--out <dir>', 'folder for the history (default: coppice-chaos-<seed>)', nonEmptyText)
    .option('--keep', 'keep the index');
  addExamples(addTargetOptions(command), [
    ['coppice chaos', 'shows what would be struck, and touches nothing'],
    ['coppice chaos --yes --minutes 5', 'five minutes of faults in the cluster of `coppice up`'],
    ['coppice chaos --yes --faults primary.kill,leaf.stop', 'these faults only'],
  ]);
  command.action(async (flags: Flags) => {
    await shell.run(flags, async () => chaos(flags, shell));
  });
}

/** Parts of a minute are welcome: a first try is short. */
function minutes(word: string): number {
  const value = Number(word);
  if (word.trim() !== '' && value > 0 && value <= DAY_MINUTES) return value;
  throw new InvalidArgumentError(`Expected a number above 0, up to ${DAY_MINUTES}.`);
}

async function chaos(flags: Flags, shell: Shell): Promise<void> {
  const target = findTarget(flags, shell.vars, findCluster);
  const bus = await connectNats({ ...target.connection, name: 'coppice chaos: judge' }, systemEnv);
  try {
    await preflight(bus);
    const context = await joinCluster({
      cluster: target.cluster,
      bus,
      env: systemEnv,
      report: () => {},
      create: false,
    });
    try {
      const file = (): ClusterFile | undefined => fileOf(target, flags, shell);
      await strike({ flags, shell, target, context, file });
    } finally {
      await context.close();
    }
  } finally {
    await bus.close();
  }
}

type Scene = {
  readonly flags: Flags;
  readonly shell: Shell;
  readonly target: Target;
  readonly context: ClusterContext;
  readonly file: () => ClusterFile | undefined;
};

async function strike({ flags, shell, target, context, file }: Scene): Promise<void> {
  const index = `chaos-${flags.seed}`;
  const processes = await findHostProcesses(context, file());
  if (!processes.found.some(({ role }) => role === 'leaf'))
    throw new UsageError(`no leaf can be struck: ${tellProcesses(processes)}`, 'run it where the leaves run');
  const tell = (text: string): void => shell.note(text);
  tell(tellProcesses(processes));
  const faults = new HostFaults({ context, index, file, tell });
  const kinds = chosen(faults.kinds(file()?.natsServer !== undefined), flags.faults);
  const everyMs = flags.every * 1_000;
  const gapMs = { from: everyMs * 0.5, to: everyMs * 1.5 };
  const plan = planFaults({ seed: flags.seed, kinds, forMs: flags.minutes * 60_000, gapMs });
  tell(`the plan of seed ${flags.seed}:\n${drawPlan(plan)}`);
  if (flags.yes !== true) throw new UsageError('nothing was touched', 'give --yes to carry out the plan');
  const folder = flags.out ?? `coppice-chaos-${flags.seed}`;
  await makeFolder(folder);
  const interrupt = onInterrupt(() => faults.resumeAll());
  const resume = (): void => faults.resumeAll();
  process.once('exit', resume);
  const callers = await connectNats({ ...target.connection, name: 'coppice chaos: callers' }, systemEnv);
  try {
    const { seed, shards, replicas, clients: lanes } = flags;
    const { signal } = interrupt;
    const options = { seed, plan, nats: callers.nats, context, index, shards, replicas, lanes, folder, tell, signal };
    const result = await runChaos(options);
    if (flags.keep !== true && result.violations.length === 0)
      await new PatientApi(callers.nats, context.cluster, index).deleteIndex(DELETE_MS);
    finish(result, flags, shell);
  } finally {
    process.off('exit', resume);
    faults.resumeAll();
    interrupt.close();
    await callers.close();
  }
}

function finish(result: ChaosResult, flags: Flags, shell: Shell): void {
  shell.print(flags, result, () => drawResult(result));
  if (result.violations.length > 0) shell.exitCode = EXIT.failed;
}

function tellProcesses({ found, spared }: HostProcesses): string {
  return [
    ...found.map(({ name, role, pid }) => `may be struck: ${role} ${name} (pid ${pid})`),
    ...spared.map(({ name, why }) => `is spared: ${name}, since ${why}`),
  ].join('\ncoppice: ');
}

function chosen(all: readonly FaultKind[], words: string | undefined): readonly FaultKind[] {
  if (words === undefined) return all;
  return words.split(',').map((word) => {
    const kind = all.find(({ name }) => name === word.trim());
    if (kind !== undefined) return kind;
    throw new UsageError(`there is no fault \`${word}\` here`, `there are ${all.map(({ name }) => name).join(', ')}`);
  });
}

/** What the data folder tells, if the cluster meant is the one that runs there. */
function fileOf({ connection }: Target, flags: Flags, shell: Shell): ClusterFile | undefined {
  const folders = [flags.data ?? shell.vars['COPPICE_DATA'] ?? '', DEFAULTS.data, DEFAULTS.demoData];
  for (const folder of folders.filter((one) => one !== '')) {
    const found = findCluster(folder);
    if (found.kind === 'running' && found.file.nats === connection.servers) return found.file;
  }
  return undefined;
}

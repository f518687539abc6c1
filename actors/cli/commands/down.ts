/** `coppice down`: ends the cluster of a data folder and waits until it is gone. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { pause, systemEnv } from '../../../src/env.ts';
import { CoppiceError } from '../../../src/errors.ts';
import { isAlive } from '../../../src/process-identity.ts';
import { DEFAULTS, TIMES } from '../../config.ts';
import { holderOf } from '../../embedded/data-lock.ts';
import { UsageError } from '../../exit-codes.ts';
import { addExamples, nonEmptyText } from '../options.ts';
import type { Shell } from '../shell.ts';

type Flags = { readonly data?: string; readonly json?: boolean };

const POLL_MS = 25;
/** Leaves, root and nats-server each have their own bound before they are killed. */
const WAIT_MS = 3 * TIMES.killAfterMs;

/** Adds the command. */
export function addDownCommand(program: Command, shell: Shell): void {
  const command = program
    .command('down')
    .summary('end the cluster that `up` started')
    .description('Ends the cluster of a data folder and waits until all its processes are gone. The data stays.')
    .option(
      '--data <dir>',
      `data folder of the cluster (env COPPICE_DATA; else ${DEFAULTS.data} or ${DEFAULTS.demoData})`,
      nonEmptyText,
    )
    .option('--json', 'print JSON only');
  addExamples(command, [['coppice down', 'ends the cluster of this folder']]);
  command.action(async (flags: Flags) => {
    await shell.run(flags, async () => down(flags, shell));
  });
}

async function down(flags: Flags, shell: Shell): Promise<void> {
  const data = folderOf(flags, shell);
  const holder = existsSync(data) ? holderOf(data) : undefined;
  if (holder === undefined) {
    if (flags.data !== undefined && !existsSync(data))
      throw new UsageError(`there is no folder \`${data}\``, 'name the data folder of the cluster with --data');
    shell.print(flags, { stopped: false }, () => `no cluster runs in ${data}\n`);
    return;
  }
  process.kill(holder.pid, 'SIGTERM');
  const giveUpMs = systemEnv.clock.nowMs() + WAIT_MS;
  while (isAlive(holder)) {
    if (systemEnv.clock.nowMs() > giveUpMs)
      throw new CoppiceError('DEADLINE_EXCEEDED', `pid ${holder.pid} has not ended after ${WAIT_MS / 1_000} s`);
    await pause(systemEnv.clock, POLL_MS);
  }
  shell.print(
    flags,
    { stopped: true, pid: holder.pid },
    () => `the cluster in ${data} (pid ${holder.pid}) has ended\n`,
  );
}

/** The folder named, else that of the cluster which other commands would find. */
function folderOf(flags: Flags, shell: Shell): string {
  const named = flags.data ?? shell.vars['COPPICE_DATA'];
  if (named !== undefined && named !== '') return named;
  const running = [DEFAULTS.data, DEFAULTS.demoData].find((data) => existsSync(data) && holderOf(data) !== undefined);
  return running ?? DEFAULTS.data;
}

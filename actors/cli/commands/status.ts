/** `coppice status` and `coppice health`: what runs, and whether all of it serves. */
import type { Command } from 'commander';
import * as v from 'valibot';
import type { Coppice } from '../../../src/client/client.ts';
import { EXIT } from '../../exit-codes.ts';
import { clusterState } from '../cluster-state.ts';
import { addExamples, addTargetOptions } from '../options.ts';
import type { Shell } from '../shell.ts';
import { drawStatus } from '../status-table.ts';
import type { TargetFlags } from '../target.ts';

const Health = v.object({
  cluster_name: v.string(),
  status: v.picklist(['green', 'yellow', 'red']),
  number_of_leaves: v.number(),
  active_primary_shards: v.number(),
  active_shards: v.number(),
  unassigned_shards: v.number(),
});
const HEALTH_EXIT = { green: EXIT.done, yellow: EXIT.yellow, red: EXIT.red } as const;

/** Adds the commands. */
export function addStatusCommands(program: Command, shell: Shell): void {
  const status = program
    .command('status')
    .summary('show leaves, shards and copies')
    .description(
      'Shows the leaves, and for each index a table of leaves and shards with states, documents, sizes and lag.',
    );
  addExamples(addTargetOptions(status), [
    ['coppice status', ''],
    ['watch -n 1 coppice status', 'again each second'],
  ]);
  status.action(async (flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const state = await clusterState(coppice);
      const { status: colour } = await health(coppice);
      shell.print(flags, { ...state, status: colour }, () => drawStatus(state, colour, shell.terminal.stdout.width()));
    });
  });

  const command = program
    .command('health')
    .summary('tell whether all copies serve')
    .description(
      `Tells the health in one line. Exit code ${EXIT.done}: green, every copy serves; ${EXIT.yellow}: yellow, every shard does; ${EXIT.red}: red.`,
    );
  addExamples(addTargetOptions(command), [
    ['until coppice health; do sleep 1; done', 'waits until the cluster is green'],
  ]);
  command.action(async (flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await health(coppice);
      shell.exitCode = HEALTH_EXIT[answer.status];
      shell.print(flags, answer, () => {
        const { active_primary_shards: primaries, active_shards: active, unassigned_shards: missing } = answer;
        return `${answer.status}: ${answer.number_of_leaves} leaves, ${primaries} primaries, ${active} copies serving, ${missing} missing\n`;
      });
    });
  });
}

async function health(coppice: Coppice): Promise<v.InferOutput<typeof Health> & Readonly<Record<string, unknown>>> {
  const answer = await coppice.request('cluster-health', '_');
  const fields = typeof answer === 'object' && answer !== null ? answer : {};
  return { ...fields, ...v.parse(Health, answer) };
}

/** `coppice call GROUP ENDPOINT`: any endpoint of any actor group. */
import type { Command } from 'commander';
import { addExamples, addTargetOptions, jsonFileArgument } from '../options.ts';
import type { Shell } from '../shell.ts';
import type { TargetFlags } from '../target.ts';

/** Adds the command. */
export function addCallCommand(program: Command, shell: Shell): void {
  const command = program
    .command('call')
    .summary('call an endpoint of an actor group')
    .description('Calls an endpoint of an actor group and prints its answer as JSON.')
    .argument('<group>')
    .argument('<endpoint>', 'with or without its leading slash')
    .argument('[body]', 'JSON, a file of JSON, or - for stdin');
  addExamples(addTargetOptions(command), [
    [`coppice call counter add '{"key":"a","by":1}'`, ''],
    [`coppice call counter total`, ''],
  ]);
  command.action(async (group: string, endpoint: string, word: string | undefined, flags: TargetFlags) => {
    await shell.run(flags, async () => {
      const body = word === undefined ? undefined : await jsonFileArgument(word, 'body', shell.terminal.stdin);
      await shell.withClient(flags, async (coppice) => {
        const answer = await coppice.call(group, endpoint, body);
        shell.print(flags, answer ?? null, () => `${JSON.stringify(answer ?? null, undefined, 2)}\n`);
      });
    });
  });
}

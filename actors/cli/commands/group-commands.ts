/** `coppice group delete`: takes down an actor group, whether or not anyone hosts it still. */
import type { Command } from 'commander';
import { addExamples, addTargetOptions } from '../options.ts';
import type { Shell } from '../shell.ts';
import type { TargetFlags } from '../target.ts';

/** Adds the command. */
export function addGroupCommands(program: Command, shell: Shell): void {
  const group = program
    .command('group')
    .summary('delete actor groups')
    .description('Deletes actor groups. They are made by the services that serve them, and listed by `index list`.');
  const command = addTargetOptions(
    group
      .command('delete')
      .summary('delete a group with its state')
      .description('Deletes an actor group with its log and state, also when no service hosts it any more.'),
  );
  addExamples(command, [
    ['coppice group delete visits', 'a service that is still up makes it anew when it starts again'],
  ]);
  command.argument('<name>').action(async (name: string, flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.request('group-delete', name);
      shell.print(flags, answer, () => `group \`${name}\` deleted\n`);
    });
  });
}

/** `coppice analyze TEXT`: the tokens that a text is indexed as. */
import type { Command } from 'commander';
import * as v from 'valibot';
import { safeText } from '../marked-text.ts';
import { addExamples, addTargetOptions } from '../options.ts';
import type { Shell } from '../shell.ts';
import { drawTable } from '../table.ts';
import type { TargetFlags } from '../target.ts';

type Flags = TargetFlags & { readonly index?: string; readonly analyzer?: string; readonly field?: string };

const Answer = v.object({
  tokens: v.array(
    v.object({
      token: v.string(),
      position: v.number(),
      start_offset: v.number(),
      end_offset: v.number(),
      type: v.string(),
    }),
  ),
});

/** Adds the command. */
export function addAnalyzeCommand(program: Command, shell: Shell): void {
  const command = program
    .command('analyze')
    .summary('show the tokens of a text')
    .description('Shows the tokens that an analyzer makes of a text: what documents are found by.')
    .argument('<text...>')
    .option('--index <name>', 'take the analyzers and fields of this index')
    .option('--analyzer <name>', 'such as english; without it the default one')
    .option('--field <name>', 'the analyzer of this field');
  addExamples(addTargetOptions(command), [
    [`coppice analyze --analyzer english "The whales' songs"`, ''],
    ['coppice analyze --index books --field title Moby Dick', ''],
  ]);
  command.action(async (words: readonly string[], flags: Flags) => {
    const { index = '_', analyzer, field } = flags;
    const body = {
      text: words.join(' '),
      ...(analyzer === undefined ? {} : { analyzer }),
      ...(field === undefined ? {} : { field }),
    };
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.request('analyze', index, body);
      shell.print(flags, answer, () => drawTokens(v.parse(Answer, answer)));
    });
  });
}

function drawTokens({ tokens }: v.InferOutput<typeof Answer>): string {
  const rows = tokens.map((token) => [
    String(token.position),
    safeText(token.token),
    `${token.start_offset}–${token.end_offset}`,
    token.type,
  ]);
  return drawTable(
    [{ title: 'position', align: 'right' }, { title: 'token' }, { title: 'characters' }, { title: 'type' }],
    rows,
  );
}

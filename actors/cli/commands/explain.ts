/** `coppice explain INDEX ID WORDS`: how the score of a document comes about. */
import type { Command } from 'commander';
import * as v from 'valibot';
import { EXIT, UsageError } from '../../exit-codes.ts';
import { drawExplanation, ExplanationShape } from '../explanation.ts';
import { addExamples, addTargetOptions, jsonFileArgument } from '../options.ts';
import type { Shell } from '../shell.ts';
import type { TargetFlags } from '../target.ts';
import { queryOf } from './search.ts';

type Flags = TargetFlags & { readonly dfs?: boolean; readonly query?: string };

const Answer = v.object({ matched: v.boolean(), explanation: v.optional(ExplanationShape) });

/** Adds the command. */
export function addExplainCommand(program: Command, shell: Shell): void {
  const command = program
    .command('explain')
    .summary('show how a document scores')
    .description('Shows how the score of a document comes about, or why a search does not find it.')
    .argument('<index>')
    .argument('<id>')
    .argument('[words...]', 'what is looked for in all text fields')
    .option('--query <file|json>', 'a query as Elasticsearch has it, instead of words; - for stdin')
    .option('--dfs', 'score with the statistics of the whole index, not of the shard');
  addExamples(addTargetOptions(command), [
    ['coppice explain books 1 white whale', ''],
    [`coppice explain books 1 --query '{"match_phrase":{"title":"white whale"}}' --dfs`, ''],
  ]);
  command.action(async (index: string, id: string, words: readonly string[], flags: Flags) => {
    await shell.run(flags, async () => {
      const { query: given, dfs } = flags;
      if ((given === undefined) === (words.length === 0))
        throw new UsageError('a query is missing, or given twice', 'give words or --query');
      const query = given === undefined ? queryOf(words) : await jsonFileArgument(given, 'query', shell.terminal.stdin);
      const body = { id, query, ...(dfs === true ? { search_type: 'dfs_query_then_fetch' } : {}) };
      await shell.withClient(flags, async (coppice) => {
        const answer = await coppice.request('explain', index, body);
        const parsed = v.parse(Answer, answer);
        if (parsed.explanation === undefined) shell.exitCode = EXIT.failed;
        shell.print(flags, answer, () => draw(id, parsed));
      });
    });
  });
}

function draw(id: string, { matched, explanation }: v.InferOutput<typeof Answer>): string {
  if (explanation === undefined) return `there is no document ${id}\n`;
  return `${matched ? 'found' : 'not found'}\n${drawExplanation(explanation)}`;
}

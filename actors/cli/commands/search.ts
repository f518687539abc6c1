/** `coppice search INDEX WORDS`: all text fields by words, or the full language from a file. */
import type { Command } from 'commander';
import { UsageError } from '../../exit-codes.ts';
import { addExamples, addTargetOptions, jsonFileArgument, wholeNumber } from '../options.ts';
import { drawHits, HIGHLIGHT, parseSearchAnswer, searchSummary } from '../search-answer.ts';
import type { Shell } from '../shell.ts';
import type { TargetFlags } from '../target.ts';

type Flags = TargetFlags & {
  readonly size?: number;
  readonly from?: number;
  readonly dfs?: boolean;
  readonly body?: string;
};

const MAX_SIZE = 10_000;

/** Adds the command. */
export function addSearchCommand(program: Command, shell: Shell): void {
  const command = program
    .command('search')
    .summary('search an index')
    .description(
      'Searches all text fields for words, best hits first, matched words marked. --body takes the full query language.',
    )
    .argument('<index>')
    .argument('[words...]', 'what is looked for; without any, everything is found')
    .option('--size <n>', 'number of hits (default: 10)', wholeNumber(0, MAX_SIZE))
    .option('--from <n>', 'hits to pass over (default: 0)', wholeNumber(0, MAX_SIZE))
    .option('--dfs', 'score with the statistics of the whole index, not of each shard')
    .option('--body <file|json>', 'a search body as Elasticsearch has it; - for stdin');
  addExamples(addTargetOptions(command), [
    ['coppice search wordnet fear of heights', ''],
    ['coppice search books whale --size 3 --json', 'as JSON'],
    [`coppice search books --body '{"query":{"term":{"lang":"en"}}}'`, ''],
  ]);
  command.action(async (index: string, words: readonly string[], flags: Flags) => {
    await shell.run(flags, async () => {
      const body = await bodyOf(words, flags, shell);
      await shell.withClient(flags, async (coppice) => {
        const answer = await coppice.request('search', index, body);
        show(answer, flags, shell);
      });
    });
  });
}

async function bodyOf(
  words: readonly string[],
  flags: Flags,
  shell: Shell,
): Promise<Readonly<Record<string, unknown>>> {
  const { size, from, dfs, body: given, json } = flags;
  if (given !== undefined && words.length > 0)
    throw new UsageError('words and --body exclude each other', 'put the words into the body');
  const body =
    given === undefined
      ? { query: queryOf(words) }
      : await jsonFileArgument(given, 'search body', shell.terminal.stdin);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new UsageError('the search body is no JSON object');
  return {
    ...(json === true || given !== undefined ? {} : { highlight: HIGHLIGHT }),
    ...body,
    ...(size === undefined ? {} : { size }),
    ...(from === undefined ? {} : { from }),
    ...(dfs === true ? { search_type: 'dfs_query_then_fetch' } : {}),
  };
}

/** Words are looked for in every text field. */
export function queryOf(words: readonly string[]): unknown {
  return words.length === 0 ? { match_all: {} } : { multi_match: { query: words.join(' '), fields: ['*'] } };
}

function show(answer: unknown, flags: Flags, shell: Shell): void {
  if (flags.json === true) {
    shell.printJson(answer);
    return;
  }
  const { stdout } = shell.terminal;
  const found = parseSearchAnswer(answer);
  stdout.write(`${searchSummary(found)}\n`);
  stdout.write(drawHits(found.hits.hits, { width: stdout.width(), colour: stdout.colour, from: flags.from ?? 0 }));
  if (found._shards.failed > 0) shell.note('the answer is incomplete (see `coppice status`)');
}

/** `coppice index create|list|get|delete`. */
import type { Command } from 'commander';
import * as v from 'valibot';
import { UsageError } from '../../exit-codes.ts';
import { addExamples, addTargetOptions, jsonFileArgument, wholeNumber } from '../options.ts';
import { showBytes, showCount } from '../quantity.ts';
import type { Shell } from '../shell.ts';
import { drawTable } from '../table.ts';
import type { TargetFlags } from '../target.ts';

type CreateFlags = TargetFlags & {
  readonly shards?: number;
  readonly replicas?: number;
  readonly mappings?: string;
  readonly settings?: string;
};

const MAX_SHARDS = 1_024;
const MAX_REPLICAS = 9;
const Row = v.object({
  health: v.string(),
  index: v.string(),
  actor: v.string(),
  shards: v.number(),
  replicas: v.number(),
  docs: v.number(),
  bytes: v.number(),
});

/** Adds the commands. */
export function addIndexCommands(program: Command, shell: Shell): void {
  const index = program
    .command('index')
    .summary('create, list, describe and delete indices')
    .description('Creates, lists, describes and deletes indices.');
  addCreate(index, shell);
  addList(index, shell);
  addGet(index, shell);
  addDelete(index, shell);
}

function addCreate(index: Command, shell: Shell): void {
  const command = index
    .command('create')
    .summary('create an index')
    .description('Creates an index and waits until it takes documents.')
    .argument('<name>', 'lower-case letters, digits, `_`, `-` and dots')
    .option('--shards <n>', 'parts that the index is cut into (default: 1)', wholeNumber(1, MAX_SHARDS))
    .option('--replicas <n>', 'copies of each shard beside the primary (default: 1)', wholeNumber(0, MAX_REPLICAS))
    .option('--mappings <file|json>', 'types of its fields; others are found out from the documents')
    .option('--settings <file|json>', 'further settings, such as {"analysis":…}');
  addExamples(addTargetOptions(command), [
    ['coppice index create books --shards 3 --replicas 1', ''],
    [`coppice index create books --mappings '{"properties":{"year":{"type":"long"}}}'`, ''],
  ]);
  command.action(async (name: string, flags: CreateFlags) => {
    await shell.run(flags, async () => {
      const mappings =
        flags.mappings === undefined
          ? undefined
          : await jsonFileArgument(flags.mappings, 'mappings', shell.terminal.stdin);
      const given =
        flags.settings === undefined
          ? undefined
          : await jsonFileArgument(flags.settings, 'settings', shell.terminal.stdin);
      if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given)))
        throw new UsageError('the settings are no JSON object');
      const settings = {
        ...given,
        ...(flags.shards === undefined ? {} : { shards: flags.shards }),
        ...(flags.replicas === undefined ? {} : { replicas: flags.replicas }),
      };
      await shell.withClient(flags, async (coppice) => {
        const answer = await coppice.request('index-create', name, {
          settings,
          ...(mappings === undefined ? {} : { mappings }),
        });
        shell.print(flags, answer, () => `index \`${name}\` created\n`);
        if (isUnready(answer)) shell.note(`not every shard of \`${name}\` has a primary yet (see \`coppice status\`)`);
      });
    });
  });
}

function addList(index: Command, shell: Shell): void {
  const command = addTargetOptions(
    index.command('list').summary('list all indices and groups').description('Lists all indices and actor groups.'),
  );
  command.action(async (flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.request('indices', '_');
      shell.print(flags, answer, () => drawIndices(v.parse(v.array(Row), answer)));
    });
  });
}

function addGet(index: Command, shell: Shell): void {
  const command = addTargetOptions(
    index
      .command('get')
      .summary('show settings and mappings')
      .description('Shows the settings and mappings of an index.'),
  );
  command.argument('<name>').action(async (name: string, flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.request('index-get', name);
      shell.print(flags, answer, () => `${JSON.stringify(answer, undefined, 2)}\n`);
    });
  });
}

function addDelete(index: Command, shell: Shell): void {
  const command = addTargetOptions(
    index
      .command('delete')
      .summary('delete an index with its documents')
      .description('Deletes an index with all its documents.'),
  );
  command.argument('<name>').action(async (name: string, flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.request('index-delete', name);
      shell.print(flags, answer, () => `index \`${name}\` deleted\n`);
    });
  });
}

function drawIndices(rows: readonly v.InferOutput<typeof Row>[]): string {
  if (rows.length === 0) return 'no indices yet (create one with `coppice index create NAME`)\n';
  const columns = [
    { title: 'index' },
    { title: 'health' },
    { title: 'actor' },
    { title: 'shards', align: 'right' },
    { title: 'replicas', align: 'right' },
    { title: 'documents', align: 'right' },
    { title: 'size', align: 'right' },
  ] as const;
  return drawTable(
    columns,
    rows.map((row) => [
      row.index,
      row.health,
      row.actor,
      String(row.shards),
      String(row.replicas),
      showCount(row.docs),
      showBytes(row.bytes),
    ]),
  );
}

function isUnready(answer: unknown): boolean {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'shards_acknowledged' in answer &&
    answer.shards_acknowledged === false
  );
}

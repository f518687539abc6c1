/** `coppice skipped INDEX`: the writes that could not be applied, and were passed over. */
import type { Command } from 'commander';
import * as v from 'valibot';
import { EXIT } from '../../exit-codes.ts';
import { addExamples, addTargetOptions } from '../options.ts';
import type { Shell } from '../shell.ts';
import { drawTable } from '../table.ts';
import type { TargetFlags } from '../target.ts';

const Reason = v.object({ reason: v.string() });
const Skipped = v.object({
  _shards: v.object({
    failed: v.number(),
    failures: v.exactOptional(v.array(v.object({ shard: v.number(), reason: Reason }))),
  }),
  count: v.number(),
  operations: v.array(v.object({ shard: v.number(), record: v.number(), operation: v.number(), error: Reason })),
});

/** Adds the command. */
export function addSkippedCommand(program: Command, shell: Shell): void {
  const command = program
    .command('skipped')
    .summary('list the writes that were skipped')
    .description(
      'Lists the writes that failed to be applied on every copy and were passed over, by shard and log record. ' +
        'The last 64 of each shard are listed; all are counted.',
    )
    .argument('<index>', 'an index, or a group');
  addExamples(addTargetOptions(command), [['coppice skipped books', '']]);
  command.action(async (index: string, flags: TargetFlags) => {
    await shell.run(flags, async () => {
      await shell.withClient(flags, async (coppice) => {
        const answer = await coppice.request('skipped-operations', index);
        const skipped = v.parse(Skipped, answer);
        shell.print(flags, answer, () => drawSkipped(skipped, index));
        for (const { shard, reason } of skipped._shards.failures ?? []) {
          shell.exitCode = EXIT.failed;
          shell.terminal.stderr.write(`coppice: shard ${shard} does not tell: ${reason.reason}\n`);
        }
      });
    });
  });
}

function drawSkipped({ count, operations }: v.InferOutput<typeof Skipped>, index: string): string {
  if (count === 0) return `${index} has skipped no write\n`;
  const rows = operations.map(({ shard, record, operation, error }) => [
    String(shard),
    String(record),
    String(operation),
    error.reason.replaceAll(/\s+/g, ' '),
  ]);
  const table = drawTable(
    [
      { title: 'shard', align: 'right' },
      { title: 'record', align: 'right' },
      { title: 'operation', align: 'right' },
      { title: 'why' },
    ],
    rows,
  );
  return count > operations.length ? `${table}and ${count - operations.length} before\n` : table;
}

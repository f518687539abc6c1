/** `coppice why INDEX/SHARD`: what the copies of a shard went through, and why. */
import type { Command } from 'commander';
import * as v from 'valibot';
import { EXIT, UsageError } from '../../exit-codes.ts';
import { addExamples, addTargetOptions } from '../options.ts';
import type { Shell } from '../shell.ts';
import { drawTable } from '../table.ts';
import type { TargetFlags } from '../target.ts';

const Step = v.object({
  at: v.string(),
  leaf: v.string(),
  machine: v.string(),
  from: v.string(),
  to: v.string(),
  cause: v.string(),
  reason: v.exactOptional(v.string()),
  term: v.exactOptional(v.number()),
});
const History = v.object({
  _leaves: v.object({ failures: v.array(v.object({ leaf: v.string(), reason: v.object({ reason: v.string() }) })) }),
  transitions: v.array(Step),
});

/** Steps of copies, as `shard-history` tells them. */
type History = v.InferOutput<typeof History>;

/** Adds the command. */
export function addWhyCommand(program: Command, shell: Shell): void {
  const command = program
    .command('why')
    .summary('tell why the copies of a shard are where they are')
    .description(
      'Tells what the copies of a shard went through: time, leaf, from which state to which, and the cause. ' +
        'Leaves remember the last 200 steps of each copy while their process lives.',
    )
    .argument('<index/shard>', 'an index, or a group, and the number of a shard');
  addExamples(addTargetOptions(command), [
    ['coppice why books/0', 'the timeline of shard 0'],
    ['coppice why books/0 --json', 'the same, for programs'],
  ]);
  command.action(async (place: string, flags: TargetFlags) => {
    await shell.run(flags, async () => {
      const { index, shard } = parsePlace(place);
      await shell.withClient(flags, async (coppice) => {
        const answer = await coppice.request('shard-history', index, { shard });
        const history = v.parse(History, answer);
        shell.print(flags, answer, () => drawHistory(history, place));
        for (const { leaf, reason } of history._leaves.failures) {
          shell.exitCode = EXIT.failed;
          shell.terminal.stderr.write(`coppice: leaf ${leaf} does not tell: ${reason.reason}\n`);
        }
      });
    });
  });
}

/**
 * Reads `books/0`.
 *
 * @throws UsageError for anything else.
 */
export function parsePlace(place: string): { readonly index: string; readonly shard: number } {
  const [, index, digits] = /^([^/]+)\/(\d{1,9})$/.exec(place) ?? [];
  if (index !== undefined && digits !== undefined) return { index, shard: Number(digits) };
  throw new UsageError(
    `expected an index and the number of a shard, got \`${place}\``,
    'such as `coppice why books/0`; `coppice status` shows both',
  );
}

/** Draws the timeline, oldest step first. */
export function drawHistory({ transitions }: History, place: string): string {
  if (transitions.length === 0) return `no leaf remembers a copy of ${place}\n`;
  const rows = transitions.map(({ at, leaf, machine, from, to, cause, reason, term }) => [
    at,
    leaf,
    `${machine === 'copy' ? '' : `${machine}: `}${from} → ${to}`,
    `${cause}${term === undefined ? '' : ` (term ${term})`}${reason === undefined ? '' : `: ${oneLine(reason)}`}`,
  ]);
  return drawTable([{ title: 'time' }, { title: 'leaf' }, { title: 'step' }, { title: 'cause' }], rows);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** `coppice put`, `get` and `delete`: single documents. */
import type { Command } from 'commander';
import { EXIT, UsageError } from '../../exit-codes.ts';
import { addExamples, addTargetOptions, jsonArgument } from '../options.ts';
import type { Shell } from '../shell.ts';
import type { TargetFlags } from '../target.ts';

/** Adds the commands. */
export function addDocumentCommands(program: Command, shell: Shell): void {
  addPut(program, shell);
  addGet(program, shell);
  addDelete(program, shell);
}

function addPut(program: Command, shell: Shell): void {
  const command = program
    .command('put')
    .summary('write a document')
    .description('Writes a document. Without an id it gets a fresh one.')
    .usage('[options] <index> [id] <document>')
    .argument('<index>')
    .argument('<id-or-document>', 'id of the document, or the document itself')
    .argument('[document]', 'JSON; - for stdin');
  addExamples(addTargetOptions(command), [
    [`coppice put books 1 '{"title":"Moby Dick","year":1851}'`, 'with an id'],
    [`coppice put books '{"title":"Emma"}'`, 'without'],
    ['coppice put books 2 - < book.json', 'from a file'],
  ]);
  command.action(async (index: string, first: string, second: string | undefined, flags: TargetFlags) => {
    await shell.run(flags, async () => {
      const doc = await jsonArgument(second ?? first, 'the document', shell.terminal.stdin);
      if (typeof doc !== 'object' || doc === null || Array.isArray(doc))
        throw new UsageError('the document is no JSON object', `write '{"field":"value"}'`);
      await shell.withClient(flags, async (coppice) => {
        const answer = await coppice.request('index', index, { ...(second === undefined ? {} : { id: first }), doc });
        shell.print(
          flags,
          answer,
          () => `${field(answer, 'result')}: ${field(answer, '_id')} (version ${field(answer, '_version')})\n`,
        );
      });
    });
  });
}

function addGet(program: Command, shell: Shell): void {
  const command = program
    .command('get')
    .summary('read a document')
    .description('Reads a document. Exit code 1 if there is none.');
  addTargetOptions(command.argument('<index>').argument('<id>'));
  command.action(async (index: string, id: string, flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.request('get', index, { id });
      if (field(answer, 'found') === 'true') {
        shell.print(flags, answer, () => `${JSON.stringify(sourceOf(answer), undefined, 2)}\n`);
        return;
      }
      shell.exitCode = EXIT.failed;
      if (flags.json === true) shell.printJson(answer);
      else shell.note(`there is no document \`${id}\` in \`${index}\``);
    });
  });
}

function addDelete(program: Command, shell: Shell): void {
  const command = program
    .command('delete')
    .summary('delete a document')
    .description('Deletes a document. Exit code 1 if there is none.');
  addTargetOptions(command.argument('<index>').argument('<id>'));
  command.action(async (index: string, id: string, flags: TargetFlags) => {
    await shell.withClient(flags, async (coppice) => {
      const answer = await coppice.request('delete', index, { id });
      if (field(answer, 'result') === 'not_found') {
        shell.exitCode = EXIT.failed;
        if (flags.json === true) shell.printJson(answer);
        else shell.note(`there is no document \`${id}\` in \`${index}\``);
        return;
      }
      shell.print(flags, answer, () => `deleted: ${id}\n`);
    });
  });
}

/** A field of an answer as text; empty if it is absent. */
function field(answer: unknown, name: string): string {
  const value =
    typeof answer === 'object' && answer !== null
      ? new Map<string, unknown>(Object.entries(answer)).get(name)
      : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function sourceOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && '_source' in answer ? answer._source : {};
}

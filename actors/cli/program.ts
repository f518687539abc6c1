/** The command line as a whole: all commands, one way to report wrong usage. */
import { Command, CommanderError } from 'commander';
import { EXIT, EXIT_MEANINGS, UsageError } from '../exit-codes.ts';
import { addAnalyzeCommand } from './commands/analyze.ts';
import { addCallCommand } from './commands/call.ts';
import { addChaosCommand } from './commands/chaos.ts';
import { addDocumentCommands } from './commands/documents.ts';
import { addDownCommand } from './commands/down.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addGroupCommands } from './commands/group-commands.ts';
import { addIndexCommands } from './commands/index-commands.ts';
import { addLoadCommand } from './commands/load.ts';
import { addProcessCommands } from './commands/processes.ts';
import { addSearchCommand } from './commands/search.ts';
import { addSkippedCommand } from './commands/skipped.ts';
import { addSnapshotCommands } from './commands/snapshot.ts';
import { addStatusCommands } from './commands/status.ts';
import { addUpCommand } from './commands/up.ts';
import { addWhyCommand } from './commands/why.ts';
import { failureAnswer, failureLine } from './failure.ts';
import type { Shell } from './shell.ts';

const EXIT_CODES = EXIT_MEANINGS.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n');
const OVERVIEW = `
A first round:
  coppice up                                          in one terminal
  coppice index create books --shards 3               in another
  coppice put books 1 '{"title":"Moby Dick"}'
  coppice search books moby
  coppice status

Commands find the cluster by --nats or --data, else NATS_URL or COPPICE_DATA, else the
one that runs in .coppice (or .demo), else at nats://127.0.0.1:4222.

Exit codes:
${EXIT_CODES}`;

/** Builds the command line. */
export function buildProgram(shell: Shell, version: string): Command {
  const program = new Command('coppice')
    .description('A sharded, replicated search and actor cluster on NATS.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', OVERVIEW)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.terminal.stdout.write(text),
      // Told by `runProgram`, in one line.
      writeErr: () => {},
      getOutHelpWidth: () => shell.terminal.stdout.width(),
      getOutHasColors: () => shell.terminal.stdout.colour,
    });
  addUpCommand(program, shell);
  addDownCommand(program, shell);
  addIndexCommands(program, shell);
  addGroupCommands(program, shell);
  addLoadCommand(program, shell);
  addDocumentCommands(program, shell);
  addSearchCommand(program, shell);
  addExplainCommand(program, shell);
  addAnalyzeCommand(program, shell);
  addCallCommand(program, shell);
  addSnapshotCommands(program, shell);
  addStatusCommands(program, shell);
  addWhyCommand(program, shell);
  addSkippedCommand(program, shell);
  addProcessCommands(program, shell);
  addChaosCommand(program, shell);
  return program;
}

/** Runs a command line to its end; the exit code is the shell's. */
export async function runProgram(program: Command, args: readonly string[], shell: Shell): Promise<void> {
  if (args.length === 0) {
    program.outputHelp();
    return;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) reportUsage(program, error, args, shell);
  }
}

function reportUsage(program: Command, error: CommanderError, args: readonly string[], shell: Shell): void {
  const command = commandOf(program, args);
  shell.exitCode = EXIT.usage;
  if (error.code === 'commander.help') {
    // A command that has only sub-commands was called alone.
    shell.terminal.stderr.write(
      failureLine(new UsageError(`\`${pathOf(command)}\` needs a command`, `see \`${pathOf(command)} --help\``)),
    );
    return;
  }
  const usage = new UsageError(error.message.replace(/^error: /, ''), `see \`${pathOf(command)} --help\``);
  if (args.includes('--json')) shell.printJson(failureAnswer(usage));
  shell.terminal.stderr.write(failureLine(usage));
}

/** The command that the arguments name, as far as they do. */
function commandOf(program: Command, args: readonly string[]): Command {
  const [first, ...rest] = args;
  const next = program.commands.find((command) => command.name() === first);
  return next === undefined ? program : commandOf(next, rest);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Options that several commands share, and how values are read. */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDepotUrl } from '../../src/bus/depot-url.ts';
import { parseStreamReplicas } from '../../src/bus/nats/options.ts';
import { asCoppiceError } from '../../src/errors.ts';
import { isLogLevel, LOG_LEVELS } from '../config.ts';
import { UsageError } from '../exit-codes.ts';

/** Adds the options that say which cluster is meant, and `--json`. */
export function addTargetOptions(command: Command): Command {
  addConnectionOptions(command);
  return command
    .option(
      '--data <dir>',
      'data folder of a cluster started by `coppice up` (env COPPICE_DATA; else .coppice)',
      nonEmptyText,
    )
    .option('--json', 'print JSON only');
}

/** Adds the options that say how NATS is reached, and the name of the cluster. */
export function addConnectionOptions(command: Command): Command {
  const options = [
    ['--nats <urls>', 'NATS to use, several separated by commas (env NATS_URL)'],
    ['--user <name>', 'user of NATS (env NATS_USER)'],
    ['--password <word>', 'its password (env NATS_PASSWORD, which other users of the machine cannot see)'],
    ['--token <token>', 'token of NATS (env NATS_TOKEN)'],
    ['--creds <file>', 'credentials file, JWT and seed (env NATS_CREDS)'],
    ['--nkey <file>', 'file with an nkey seed (env NATS_NKEY)'],
    ['--tls-ca <file>', 'certificate of the authority that signed the server (env NATS_CA)'],
    ['--tls-cert <file>', 'own certificate (env NATS_CERT)'],
    ['--tls-key <file>', 'key of the own certificate (env NATS_KEY)'],
    ['--cluster <name>', 'name of the cluster (env COPPICE_CLUSTER; else coppice)'],
  ] as const;
  for (const [flags, description] of options)
    command.addOption(new Option(flags, description).argParser(nonEmptyText).helpGroup('Which cluster:'));
  return command;
}

/** Adds the option that says how often JetStream keeps what the cluster has in it. */
export function addStreamReplicasOption(command: Command): Command {
  return command.option(
    '--stream-replicas <n>',
    'copies that JetStream keeps of logs and registry: 1, or 3 in a NATS cluster (env COPPICE_STREAM_REPLICAS; else as they are)',
    streamReplicas,
  );
}

function streamReplicas(word: string): number {
  try {
    return parseStreamReplicas(word);
  } catch (error) {
    throw new InvalidArgumentError(asCoppiceError(error).message);
  }
}

/** Adds the options of logs. */
export function addLogOptions(command: Command): Command {
  return command
    .addOption(new Option('--log-level <level>', 'least level that is logged').choices([...LOG_LEVELS]).default('info'))
    .option('--pretty', 'also show the logs on stderr, as readable lines');
}

/** What the options of logs give. */
export type LogFlags = { readonly logLevel: string; readonly pretty?: boolean };

/** Reads what the options of logs gave. */
export function logConfigOf({ logLevel, pretty = false }: LogFlags): {
  level: (typeof LOG_LEVELS)[number];
  pretty: boolean;
} {
  return { level: isLogLevel(logLevel) ? logLevel : 'info', pretty };
}

/** Reads a text. An empty one is most often a variable of a script that is not set, and must not mean a default. */
export function nonEmptyText(word: string): string {
  if (word.trim() === '') throw new InvalidArgumentError('It is empty.');
  return word;
}

/** A reader of whole numbers within a range. */
export function wholeNumber(min: number, max: number): (word: string) => number {
  return (word) => {
    const value = Number(word);
    if (/^\d+$/.test(word) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** A reader of the setting that names a depot. */
export function depotUrl(word: string): string {
  try {
    parseDepotUrl(word);
  } catch (error) {
    throw new InvalidArgumentError(asCoppiceError(error).message);
  }
  return word;
}

/** Adds examples to a command's help. */
export function addExamples(command: Command, examples: readonly (readonly [call: string, does: string])[]): Command {
  const width = Math.max(...examples.map(([call]) => call.length));
  const lines = examples.map(([call, does]) => `  ${call.padEnd(width)}  ${does}`.trimEnd());
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/**
 * Reads JSON that was given as an argument, or `-` for stdin.
 *
 * @param what Names it in the message.
 * @throws UsageError if it is no JSON.
 */
export async function jsonArgument(word: string, what: string, stdin: Readable): Promise<unknown> {
  if (word === '-') return parseJson(await text(stdin), `${what} on stdin`);
  return parseJson(
    word,
    what,
    `quote it for the shell, such as '{"title":"Moby Dick"}', or give - and send it to stdin`,
  );
}

/** Reads JSON that was given as an argument, in a file, or `-` for stdin. */
export async function jsonFileArgument(word: string, what: string, stdin: Readable): Promise<unknown> {
  if (word === '-' || /^\s*[[{]/.test(word)) return jsonArgument(word, what, stdin);
  let json: string;
  try {
    json = await readFile(word, 'utf8');
  } catch (error) {
    throw new UsageError(
      `cannot read the ${what} from \`${word}\`: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return parseJson(json, `${what} in \`${word}\``);
}

/** Editors of some systems put a byte order mark before the text. */
function parseJson(json: string, what: string, hint?: string): unknown {
  try {
    return JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new UsageError(`${what} is no JSON: ${error instanceof Error ? error.message : String(error)}`, hint);
  }
}

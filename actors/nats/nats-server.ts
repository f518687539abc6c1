/** One nats-server child: started on loopback with its files in the data folder, ready when it says so, never left behind. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolderSync } from '../../src/make-folder.ts';
import { identityOf, isAlive, parseIdentity } from '../../src/process-identity.ts';
import { tellParent } from '../child-message.ts';
import { TIMES } from '../config.ts';
import { EXIT } from '../exit-codes.ts';

const READY_MS = 20_000;
const POLL_MS = 10;
const KILL_AFTER_MS = 5_000;

/** How the server is run. `port` -1 takes a free one. */
export type NatsServerOptions = {
  readonly server: string;
  readonly config: string;
  readonly data: string;
  readonly port: number;
};

type Ended = { readonly how: string };

/**
 * Runs the server until the parent asks or dies, or the server ends.
 *
 * @returns The exit code of this process.
 */
export async function mindNatsServer(options: NatsServerOptions): Promise<number> {
  // Listened for before there is a server that a signal could leave behind.
  const asked = askedToEnd();
  const folder = join(options.data, 'nats');
  makeFolderSync(join(options.data, 'logs'));
  makeFolderSync(folder);
  await endLeftover(folder);
  for (const file of readdirSync(folder)) if (file.endsWith('.ports')) rmSync(join(folder, file), { force: true });

  const server = startServer(options, folder);
  const ended = new Promise<Ended>((resolve) => {
    server.once('error', (error) => resolve({ how: error.message }));
    server.once('exit', (code, signal) => resolve({ how: signal ?? `exit code ${code}` }));
  });
  noteServer(folder, server);
  const url = await Promise.race([readUrl(folder, ended), ended, asked]);
  if (typeof url === 'string') tellParent({ type: 'ready', pid: server.pid ?? 0, url });
  const first = await Promise.race([ended, asked]);
  if (first !== 'asked') return failed(options, first);
  await endServer(server, ended);
  return EXIT.done;
}

function startServer(options: NatsServerOptions, folder: string): ChildProcess {
  const log = join(options.data, 'logs', 'nats-server.log');
  const args = ['-c', options.config, '-p', String(options.port), '-sd', folder, '--ports_file_dir', folder, '-l', log];
  const [program = options.server, ...rest] = endsWithParent([options.server, ...args]);
  return spawn(program, rest, { stdio: 'ignore' });
}

/** On Linux `setpriv` makes the kernel kill the server when this process dies, whatever the reason. */
function endsWithParent(command: readonly string[]): readonly string[] {
  if (process.platform !== 'linux') return command;
  const known = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return known ? ['setpriv', '--pdeathsig', 'KILL', ...command] : command;
}

async function askedToEnd(): Promise<'asked'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve('asked'));
    // The leaves lose their parent at the same moment, and get the time to say goodbye.
    process.once('disconnect', () => setTimeout(() => resolve('asked'), TIMES.orphanDrainMs));
    if (process.connected === false) resolve('asked');
  });
}

/** The server writes its address into a file when it takes connections. */
async function readUrl(folder: string, ended: Promise<Ended>): Promise<string | undefined> {
  let over = false;
  const stop = (): void => {
    over = true;
  };
  ended.then(stop, stop);
  for (const giveUpMs = performance.now() + READY_MS; !over && performance.now() < giveUpMs; await sleep(POLL_MS)) {
    const url = urlIn(folder);
    if (url !== undefined) return url;
  }
  return undefined;
}

function urlIn(folder: string): string | undefined {
  const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
  if (file === undefined) return undefined;
  try {
    const ports: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const urls =
      typeof ports === 'object' && ports !== null && 'nats' in ports && Array.isArray(ports.nats) ? ports.nats : [];
    return typeof urls[0] === 'string' ? urls[0] : undefined;
  } catch {
    // Not yet written to its end.
    return undefined;
  }
}

async function endServer(server: ChildProcess, ended: Promise<Ended>): Promise<void> {
  server.kill('SIGTERM');
  const tooLong = setTimeout(() => server.kill('SIGKILL'), KILL_AFTER_MS);
  await ended;
  clearTimeout(tooLong);
}

function failed(options: NatsServerOptions, { how }: Ended): number {
  const words = lastWords(join(options.data, 'logs', 'nats-server.log'));
  const message = words === '' ? `nats-server (${options.server}) ended: ${how}` : `nats-server: ${words}`;
  tellParent({ type: 'failed', message, exitCode: EXIT.unreachable });
  return EXIT.unreachable;
}

/** The last line of the log that is fatal, without its time and pid. */
function lastWords(log: string): string {
  try {
    const last = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    return /\[FTL\] (.*)/.exec(last)?.[1] ?? '';
  } catch {
    return '';
  }
}

/** A server of this folder that outlived its minder would hold port and files. */
async function endLeftover(folder: string): Promise<void> {
  const noted = readNote(folder);
  if (noted === undefined || !isAlive(noted)) return;
  process.kill(noted.pid, 'SIGKILL');
  for (const giveUpMs = performance.now() + KILL_AFTER_MS; isAlive(noted) && performance.now() < giveUpMs; )
    await sleep(POLL_MS);
}

function noteServer(folder: string, server: ChildProcess): void {
  if (server.pid !== undefined)
    writeFileSync(join(folder, 'server.json'), JSON.stringify(identityOf(server.pid) ?? {}));
}

function readNote(folder: string): ReturnType<typeof parseIdentity> {
  try {
    return parseIdentity(JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The peers of the engine, each started where it is available; what is missing is said, not failed on. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { luceneProgram } from './lucene.ts';
import { Peer, type PeerProgram } from './peer.ts';
import { projectFolder, say, selected } from './settings.ts';

export type PeerName = 'coppice' | 'lucene' | 'sqlite-fts5' | 'minisearch' | 'flexsearch' | 'orama';

/** Libraries of npm. They keep everything in memory. */
export const NPM_PEERS: readonly PeerName[] = ['minisearch', 'flexsearch', 'orama'];

const introduced = new Set<PeerName>();
const HEAP_MB = 12_000;

/** Starts the engine itself. */
export async function startCoppice(): Promise<Peer> {
  return Peer.start(nodeProgram('coppice'));
}

/** Starts a peer, or says why not and gives undefined. */
export async function startPeer(name: PeerName): Promise<Peer | undefined> {
  if (!selected('PEERS', name)) return undefined;
  const program = programOf(name);
  if (typeof program === 'string') {
    say(`${name} is left out: ${program}`);
    return undefined;
  }
  const peer = await Peer.start(program).catch((error: unknown) => {
    say(`${name} is left out: it does not start (${String(error).split('\n', 1)[0] ?? ''})`);
  });
  if (peer === undefined) return undefined;
  if (!introduced.has(name)) say(`${name} ${peer.hello.version}: ${peer.hello.access}`);
  introduced.add(name);
  return peer;
}

function programOf(name: PeerName): PeerProgram | string {
  if (name === 'lucene') return luceneProgram();
  if (name === 'sqlite-fts5') return pythonProgram();
  if (name === 'coppice') return nodeProgram(name);
  const failure = installPackages();
  return failure ?? nodeProgram(name);
}

function nodeProgram(name: string): PeerProgram {
  const compiled = import.meta.filename.endsWith('.js');
  const path = join(import.meta.dirname, 'peers', `${name}.${compiled ? 'js' : 'ts'}`);
  const loader = compiled ? [] : ['--import', 'tsx'];
  return { command: process.execPath, args: ['--expose-gc', `--max-old-space-size=${HEAP_MB}`, ...loader, path] };
}

function pythonProgram(): PeerProgram | string {
  const check = spawnSync('python3', [
    '-c',
    'import sqlite3; sqlite3.connect(":memory:").execute(CREATE)'.replace(
      'CREATE',
      '"create virtual table t using fts5(a)"',
    ),
  ]);
  if (check.status !== 0) return 'no Python with SQLite FTS5 was found';
  return { command: 'python3', args: [join(projectFolder, 'bench', 'engine', 'sqlite', 'fts5.py')] };
}

/** Installs the packages of npm's peers by their lock; in words what went wrong, or undefined. */
function installPackages(): string | undefined {
  const folder = join(projectFolder, 'bench', 'engine', 'peers');
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return undefined;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  return status === 0 ? undefined : `npm could not install it: ${(stderr ?? '').slice(-300)}`;
}

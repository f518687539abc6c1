/** Finds the newest Java, and builds the Lucene that suits it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PeerProgram } from './peer.ts';
import { javaPath, projectFolder, workFolder } from './settings.ts';

type Java = { readonly path: string; readonly version: number };
type Release = { readonly lucene: string; readonly leastJava: number; readonly flags: readonly string[] };

/** The newest first. From 21 on, Java lets Lucene 10 read through MemorySegment and decode with vectors. */
const RELEASES: readonly Release[] = [
  {
    lucene: '10.4.0',
    leastJava: 21,
    flags: ['--add-modules=jdk.incubator.vector', '--enable-native-access=ALL-UNNAMED'],
  },
  { lucene: '9.12.3', leastJava: 17, flags: [] },
];
const FOLDERS = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines'];

/** How to start Lucene's program, built if it is not; or in words why that cannot be. */
export function luceneProgram(): PeerProgram | string {
  const java = newestJava();
  if (java === undefined) return 'no Java was found';
  const release = RELEASES.find(({ leastJava }) => java.version >= leastJava);
  if (release === undefined) return `Java ${java.version} is older than 17`;
  const folder = workFolder(`lucene-${release.lucene}`);
  const failure = build(folder, java, release);
  if (failure !== undefined) return failure;
  const classPath = `${join(folder, 'lucene-peer-1.jar')}:${join(folder, 'lib', '*')}`;
  const flags = ['-Xms1g', '-Xmx4g', '-XX:+UseParallelGC', '-Djava.util.logging.config.file=none', ...release.flags];
  return { command: java.path, args: [...flags, '-cp', classPath, 'coppice.bench.Main'] };
}

function build(folder: string, java: Java, release: Release): string | undefined {
  const source = join(projectFolder, 'bench', 'engine', 'lucene');
  if (isNewer(join(folder, 'lucene-peer-1.jar'), source)) return undefined;
  const outcome = spawnSync(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      join(source, 'pom.xml'),
      `-Dbench.build=${folder}`,
      `-Dlucene.version=${release.lucene}`,
      `-Djava.release=${release.leastJava}`,
      'package',
    ],
    { encoding: 'utf8', env: { ...process.env, JAVA_HOME: dirname(dirname(java.path)) } },
  );
  if (outcome.error !== undefined) return `Maven could not be started (${outcome.error.message})`;
  if (outcome.status !== 0) return `Maven failed: ${outcome.stdout.slice(-500)}`;
  return undefined;
}

function isNewer(file: string, folder: string): boolean {
  if (!existsSync(file)) return false;
  const builtMs = statSync(file).mtimeMs;
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return sources.every((name) => statSync(join(folder, name)).mtimeMs < builtMs);
}

function newestJava(): Java | undefined {
  const home = process.env['JAVA_HOME'];
  const installed = FOLDERS.filter(existsSync).flatMap((folder) =>
    readdirSync(folder).flatMap((name) => [join(folder, name), join(folder, name, 'Contents', 'Home')]),
  );
  const candidates =
    javaPath === undefined
      ? [
          'java',
          ...(home === undefined ? installed : [home, ...installed]).map((folder) => join(folder, 'bin', 'java')),
        ]
      : [javaPath];
  return candidates
    .map((path) => ({ path, version: versionOf(path) }))
    .filter(({ version }) => version > 0)
    .toSorted((a, b) => b.version - a.version)[0];
}

/** The feature version, or 0 for what is no Java with a compiler. */
function versionOf(path: string): number {
  if (path !== 'java' && !existsSync(join(dirname(path), 'javac'))) return 0;
  const { stderr, status } = spawnSync(path, ['-version'], { encoding: 'utf8' });
  if (status !== 0) return 0;
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
}

/**
 * What the benches of the engine are told from outside, read once: how large to run, where corpora are and where files
 * may be left. Everything has a default.
 *
 * - `COPPICE_BENCH_SIZE`: `full` (default) or `small`, which ends in a few minutes.
 * - `COPPICE_BENCH_DATA`: folder with real corpora; without it only generated documents are measured.
 * - `COPPICE_BENCH_WORK`: folder for indexes and generated files; default `.tools/bench` of the project.
 * - `COPPICE_BENCH_PEERS`, `COPPICE_BENCH_CORPORA`, `COPPICE_BENCH_CLASSES`: names, by commas, to measure no others.
 * - `COPPICE_BENCH_JAVA`: the `java` to run Lucene with; default the newest found.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type Size = {
  readonly realDocs: number;
  readonly generatedDocs: number;
  /** Interleaved rounds, of which medians are taken. */
  readonly rounds: number;
  /** Passes over the tasks of a class in one round, of which the least time counts. */
  readonly passes: number;
  /** Least time of warming one peer up on all classes, so that compilers have done their work. */
  readonly warmUpMs: number;
  /** Tasks of one class. */
  readonly tasks: number;
  /** Documents that npm's libraries are given, at most. */
  readonly npmPeerDocs: number;
  /** Documents on which answers are compared, at most. */
  readonly agreementDocs: number;
  /** Tasks of one class, and time in one round, for peers other than Lucene. */
  readonly slowPeerTasks: number;
  readonly slowPeerBudgetMs: number;
  /** Bytes of the shard that is opened. */
  readonly shardBytes: number;
};

const SIZES: Readonly<Record<string, Size>> = {
  full: {
    realDocs: 200_000,
    generatedDocs: 1_000_000,
    rounds: 5,
    passes: 3,
    warmUpMs: 15_000,
    tasks: 100,
    npmPeerDocs: 200_000,
    agreementDocs: 200_000,
    slowPeerTasks: 20,
    slowPeerBudgetMs: 500,
    shardBytes: 2 ** 30,
  },
  small: {
    realDocs: 20_000,
    generatedDocs: 40_000,
    rounds: 3,
    passes: 3,
    warmUpMs: 5_000,
    tasks: 30,
    npmPeerDocs: 20_000,
    agreementDocs: 20_000,
    slowPeerTasks: 10,
    slowPeerBudgetMs: 300,
    shardBytes: 2 ** 25,
  },
};

const environment = process.env;

/** The project's folder, whether this runs compiled or from the sources. */
export const projectFolder = findProject(import.meta.dirname);

export const size: Size = sizeOf(environment['COPPICE_BENCH_SIZE'] ?? 'full');

/** The folder of real corpora, or undefined. */
export const dataFolder = environment['COPPICE_BENCH_DATA'];

export const javaPath = environment['COPPICE_BENCH_JAVA'];

/** A folder for files of the benches, made if it is not there. */
export function workFolder(...parts: readonly string[]): string {
  const folder = join(environment['COPPICE_BENCH_WORK'] ?? join(projectFolder, '.tools', 'bench'), ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Whether a name is to be measured. */
export function selected(what: 'PEERS' | 'CORPORA' | 'CLASSES', name: string): boolean {
  const names = environment[`COPPICE_BENCH_${what}`];
  return names === undefined || names.split(',').includes(name);
}

/** Says on the error stream what is left out, and why. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function sizeOf(name: string): Size {
  const found = SIZES[name];
  if (found === undefined)
    throw new Error(`COPPICE_BENCH_SIZE is \`${name}\`, not one of ${Object.keys(SIZES).join(', ')}`);
  return found;
}

function findProject(folder: string): string {
  if (existsSync(join(folder, 'package-lock.json')) && existsSync(join(folder, 'Makefile'))) return folder;
  return findProject(dirname(folder));
}

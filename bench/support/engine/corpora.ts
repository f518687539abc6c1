/** The corpora of the benches of the engine, as files of JSON Lines in the work folder, and their tasks. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { derivedTasks } from './derived-tasks.ts';
import { writeGeneratedCorpus } from './generated-corpus.ts';
import { GENERATED_CATEGORIES, generatedTasks } from './generated-tasks.ts';
import type { Task } from './protocol.ts';
import { REAL_CATEGORIES, realTasks } from './real-tasks.ts';
import { dataFolder, say, selected, size, workFolder } from './settings.ts';

export type Corpus = {
  readonly name: 'arxiv' | 'generated';
  readonly path: string;
  readonly docCount: number;
  readonly tasks: readonly Task[];
};

const PARTS = 4;
const PART_DOCS = 50_000;

/** Those that are at hand and selected; says which are not. */
export function corpora(): Corpus[] {
  return [realCorpus(), generatedCorpus()].filter((corpus) => corpus !== undefined);
}

/** arXiv records, or undefined where they are not found. */
export function realCorpus(): Corpus | undefined {
  if (!selected('CORPORA', 'arxiv')) return undefined;
  if (dataFolder === undefined || !existsSync(join(dataFolder, 'arxiv'))) {
    say('arXiv records are left out: COPPICE_BENCH_DATA names no folder that has them');
    return undefined;
  }
  const tasks = realTasks(dataFolder, size.tasks);
  const docCount = Math.min(size.realDocs, PARTS * PART_DOCS);
  return {
    name: 'arxiv',
    path: unpackedRecords(dataFolder, docCount),
    docCount,
    tasks: wanted([...tasks, ...derivedTasks(tasks, REAL_CATEGORIES)]),
  };
}

/** Generated documents, written once. */
export function generatedCorpus(): Corpus | undefined {
  if (!selected('CORPORA', 'generated')) return undefined;
  const docCount = size.generatedDocs;
  const path = join(workFolder('corpora'), `generated-${docCount}.jsonl`);
  if (!existsSync(path)) writeGeneratedCorpus(path, docCount);
  const tasks = generatedTasks(Math.ceil(size.tasks / 2));
  return { name: 'generated', path, docCount, tasks: wanted([...tasks, ...derivedTasks(tasks, GENERATED_CATEGORIES)]) };
}

/** Names of the classes of tasks, in order. */
export function classesOf(tasks: readonly Task[]): string[] {
  return [...new Set(tasks.map((task) => task.class))];
}

function wanted(tasks: readonly Task[]): Task[] {
  return tasks.filter((task) => selected('CLASSES', task.class));
}

function unpackedRecords(folder: string, docCount: number): string {
  const parts = Math.ceil(docCount / PART_DOCS);
  const path = join(workFolder('corpora'), `arxiv-${parts}.jsonl`);
  if (existsSync(path)) return path;
  const packed = Array.from({ length: parts }, (_, i) => readFileSync(join(folder, 'arxiv', `arxiv-0${i}.jsonl.br`)));
  writeFileSync(`${path}.part`, Buffer.concat(packed.map((bytes) => brotliDecompressSync(bytes))));
  renameSync(`${path}.part`, path);
  return path;
}

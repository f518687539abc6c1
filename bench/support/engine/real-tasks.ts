/** Tasks for real documents, read from the files beside the corpus. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { first, readLines } from './json-lines.ts';
import type { Task } from './protocol.ts';

/** A row of the file: the words of a query in a small notation, `a AND b`, `"a b"`, `abc*`, or `*` and a filter. */
type Row = {
  readonly task: string;
  readonly query: string;
  readonly filter?: { readonly created: { readonly gte: string; readonly lt: string } };
};

/** Categories that filters ask for. */
export const REAL_CATEGORIES = ['hep-ph', 'astro-ph', 'quant-ph', 'hep-th', 'cs.LG', 'math.AP', 'cs.CV', 'math.CO'];

/** Tasks of all classes, at most `count` of each. */
export function realTasks(folder: string, count: number): Task[] {
  const seen = new Map<string, number>();
  const tasks = [...readLines(join(folder, 'queries', 'arxiv-tasks.jsonl'))].map(taskOf);
  return [...tasks, ...questionTasks(folder)].filter((task) => {
    const before = seen.get(task.class) ?? 0;
    seen.set(task.class, before + 1);
    return before < count;
  });
}

function taskOf(line: string): Task {
  const { task: name, query, filter }: Row = JSON.parse(line);
  if (filter !== undefined) {
    const { gte, lt } = filter.created;
    return {
      class: name,
      kind: 'all',
      text: '',
      filter: { field: 'created', gte: Date.parse(gte), lt: Date.parse(lt) },
    };
  }
  if (name.startsWith('And')) return { class: name, kind: 'and', text: query.replaceAll(' AND ', ' ') };
  if (name.startsWith('Or')) return { class: name, kind: 'or', text: query.replaceAll(' OR ', ' ') };
  if (name.endsWith('Phrase')) return { class: name, kind: 'phrase', text: query.replaceAll('"', '') };
  if (name === 'Prefix') return { class: name, kind: 'prefix', text: query.slice(0, -1) };
  if (name.startsWith('Fuzzy')) return { class: name, kind: 'fuzzy', text: query, edits: Number(name.slice(-1)) };
  return { class: name, kind: 'or', text: query };
}

/** Questions that people asked, all words joined by OR. */
function questionTasks(folder: string): Task[] {
  const path = join(folder, 'queries', 'stackexchange-questions.jsonl.gz');
  if (!existsSync(path)) return [];
  const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n');
  return [...first(lines, 100)].map((line) => {
    const { text }: { readonly text: string } = JSON.parse(line);
    return { class: 'Question', kind: 'or', text };
  });
}

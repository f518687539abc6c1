/**
 * The engine under the benches, through its public interface: documents of the corpora go in, tasks are run on them.
 */
import { createEngine, type Engine, type EngineSearch, type Query, type Schema } from '../../../src/engine/index.ts';
import type { AnswerReport, CorpusDocument, IndexState, Mode, Task, TaskFilter } from './protocol.ts';

const SCHEMA: Schema = {
  title: 'text',
  text: 'text',
  primary: 'keyword',
  categories: 'keyword',
  num_authors: 'long',
  created: 'date',
};
const FIELD = 'text';

/** One shard. */
export class CoppiceShard {
  #engine: Engine = createEngine({ schema: SCHEMA });
  #ids: string[] = [];
  #seqNo = 0;

  /** Begins an empty index in a folder; what is there is removed. */
  begin(_folder: string): void {
    this.#engine.close();
    this.#engine = createEngine({ schema: SCHEMA });
    this.#ids = [];
    this.#seqNo = 0;
  }

  open(_folder: string): void {}

  put(source: CorpusDocument): void {
    const seqNo = ++this.#seqNo;
    this.#ids.push(source.id);
    const fields = {
      title: [source.title],
      text: [source.text],
      primary: [source.primary],
      categories: source.categories,
      num_authors: [source.num_authors],
      created: [Date.parse(source.created)],
    };
    this.#engine.put({ id: source.id, source, fields, version: 1, seqNo, primaryTerm: 1, position: seqNo });
  }

  commit(): void {}

  merge(): void {}

  /** Does some of the work that waits for idle time; tells whether there was any. */
  maintain(): boolean {
    return false;
  }

  /** Deletes each document whose place among those indexed `every` divides. */
  deleteEvery(every: number): void {
    for (let i = 0; i < this.#ids.length; i += every) this.#engine.delete(this.#ids[i]!);
  }

  state(): IndexState {
    const { docCount, sizeBytes } = this.#engine.stats();
    return { segments: 1, liveDocs: docCount, bytes: sizeBytes };
  }

  /** Runs a task; the number of hits that the answer tells. */
  run(task: Task, mode: Mode): number {
    if (mode === 'count') return this.#engine.count(queryOf(task));
    return this.#engine.search(searchOf(task, mode === 'top10count')).total;
  }

  answers(tasks: readonly Task[], limit: number): AnswerReport {
    const found = tasks.map((task) => this.#engine.search({ ...searchOf(task, true), limit }));
    return {
      hits: found.map(({ total }) => total),
      top: found.map(({ ordinals, scores }, i) =>
        Array.from(ordinals, (ordinal, rank) => {
          const score = tasks[i]?.sort === undefined ? scores[rank]! : 0;
          return [this.#engine.documentAt(ordinal).id, score] as const;
        }),
      ),
    };
  }

  close(): void {
    this.#engine.close();
  }
}

function searchOf(task: Task, trackTotal: boolean): EngineSearch {
  const search = { query: queryOf(task), limit: 10, trackTotal };
  return task.sort === undefined ? search : { ...search, sort: [task.sort] };
}

function queryOf(task: Task): Query {
  const words = wordsOf(task);
  return task.filter === undefined ? words : { kind: 'bool', must: [words], filter: [filterOf(task.filter)] };
}

function wordsOf({ kind, text, slop = 0, edits = 0 }: Task): Query {
  switch (kind) {
    case 'or':
    case 'and':
      return { kind: 'match', field: FIELD, text, operator: kind };
    case 'phrase':
      return { kind: 'phrase', field: FIELD, text, slop };
    case 'prefix':
      return { kind: 'prefix', field: FIELD, value: text };
    case 'fuzzy':
      return { kind: 'fuzzy', field: FIELD, value: text, fuzziness: edits === 1 ? 1 : 2 };
    case 'all':
      return { kind: 'matchAll' };
  }
}

function filterOf(filter: TaskFilter): Query {
  if (filter.field === 'primary') return { kind: 'term', field: filter.field, value: filter.value };
  return { kind: 'range', field: filter.field, bounds: { gte: filter.gte, lt: filter.lt } };
}

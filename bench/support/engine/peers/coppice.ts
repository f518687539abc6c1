/** The engine itself, through its public interface. */
import { performance } from 'node:perf_hooks';
import { createEngine, type Engine, type EngineSearch, type Query, type Schema } from '../../../../src/engine/index.ts';
import type {
  AnswerReport,
  CorpusDocument,
  IndexCommand,
  IndexState,
  Mode,
  OpenReport,
  Task,
  TaskFilter,
} from '../protocol.ts';
import { type PeerEngine, servePeer } from '../serve-peer.ts';

const SCHEMA: Schema = {
  title: 'text',
  text: 'text',
  primary: 'keyword',
  categories: 'keyword',
  num_authors: 'long',
  created: 'date',
};
const FIELD = 'text';

class CoppicePeer implements PeerEngine {
  readonly hello = { peer: 'coppice', version: 'this tree', access: `Node ${process.versions.node}` };
  #engine: Engine = createEngine({ schema: SCHEMA });
  #ids: string[] = [];

  begin(_command: IndexCommand): void {
    this.#engine.close();
    this.#engine = createEngine({ schema: SCHEMA });
    this.#ids = [];
  }

  add(documents: readonly CorpusDocument[]): void {
    for (const source of documents) {
      const seqNo = this.#ids.push(source.id);
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
  }

  commit(): void {}

  merge(): void {}

  deleteEvery(every: number): void {
    for (let i = 0; i < this.#ids.length; i += every) this.#engine.delete(this.#ids[i]!);
  }

  open(_folder: string): OpenReport {
    const startMs = performance.now();
    return { ...this.state(), wallMs: performance.now() - startMs, firstMs: performance.now() - startMs };
  }

  state(): IndexState {
    const { docCount, sizeBytes } = this.#engine.stats();
    return { segments: 1, liveDocs: docCount, bytes: sizeBytes };
  }

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

await servePeer(new CoppicePeer());

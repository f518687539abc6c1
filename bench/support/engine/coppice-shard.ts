/**
 * The engine under the benches, through its public interface: documents of the corpora go in, tasks are run on them.
 */
import { mkdirSync, rmSync } from 'node:fs';
import {
  type EngineSearch,
  openEngine,
  openFileStore,
  type Query,
  type Schema,
  type ShardEngine,
} from '../../../src/engine/index.ts';
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

/** Room for about half as many documents as Lucene's 64 MB, which do not hold sources. */
const HEAD_BYTES = 128 * 2 ** 20;

/** Least time of a piece of upkeep, after which it asks whether to go on. */
const UPKEEP_MS = 1;

/** One shard, in a folder. */
export class CoppiceShard {
  readonly #headBytes: number | undefined;
  #opened: ShardEngine | undefined;
  #ids: string[] = [];
  #seqNo = 0;

  /** @param options `headBytes` of the engine. Default: that of the benches; undefined: the engine's own. */
  constructor(options: { readonly headBytes: number | undefined } = { headBytes: HEAD_BYTES }) {
    this.#headBytes = options.headBytes;
  }

  /** Begins an empty index in a folder; what is there is removed. */
  begin(folder: string): void {
    this.close();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.open(folder);
    this.#ids = [];
    this.#seqNo = 0;
  }

  open(folder: string): void {
    const head = this.#headBytes === undefined ? {} : { headBytes: this.#headBytes };
    this.#opened = openEngine({ store: openFileStore(folder), schema: SCHEMA, ...head });
  }

  /** @param sourceJson The document as JSON, which is stored as it is. */
  put(source: CorpusDocument, sourceJson?: string): void {
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
    const { id } = source;
    const stored = sourceJson === undefined ? { source } : { source: undefined, sourceJson };
    this.#engine.put({ id, ...stored, fields, version: 1, seqNo, primaryTerm: 1, position: seqNo });
  }

  commit(): void {
    this.#engine.commit();
  }

  /** Merges to one segment. */
  merge(): void {
    this.#engine.forceMerge();
    this.#engine.commit();
  }

  /** Does some of the work that waits for idle time; tells whether there is more. */
  maintain(): boolean {
    const endMs = performance.now() + UPKEEP_MS;
    return this.#engine.maintain(() => performance.now() >= endMs);
  }

  /** Deletes each document whose place among those indexed `every` divides. */
  deleteEvery(every: number): void {
    for (let i = 0; i < this.#ids.length; i += every) this.#engine.delete(this.#ids[i]!);
  }

  state(): IndexState {
    const { docCount, fileBytes, segmentCount } = this.#engine.stats();
    return { segments: segmentCount, liveDocs: docCount, bytes: fileBytes };
  }

  /** Bytes of segments in memory; 0 if no index is open. */
  sharedBytes(): number {
    return this.#opened?.stats().segmentBytes ?? 0;
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
    this.#opened?.close();
    this.#opened = undefined;
  }

  get #engine(): ShardEngine {
    if (this.#opened === undefined) throw new Error('no index is open');
    return this.#opened;
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

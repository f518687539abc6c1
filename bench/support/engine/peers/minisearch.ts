/** MiniSearch: BM25+ in memory, on the heap. It ranks all matches of each search; a filter is a function. */
import type { CorpusDocument, IndexState, Mode, Task } from '../protocol.ts';
import { type PeerEngine, servePeer } from '../serve-peer.ts';
import { loadPackage, termsOf } from './npm-package.ts';

type SearchOptions = {
  readonly fields: readonly string[];
  readonly combineWith: 'AND' | 'OR';
  readonly prefix: boolean;
  readonly fuzzy: number | false;
  readonly filter?: (result: Stored) => boolean;
};
type Stored = { readonly primary: string; readonly createdMs: number };
type MiniSearchIndex = {
  readonly documentCount: number;
  add(document: object): void;
  search(query: string, options: SearchOptions): readonly unknown[];
};
type MiniSearchClass = new (options: object) => MiniSearchIndex;

const { exports: MiniSearch, version } = loadPackage<MiniSearchClass>('minisearch');
const OPTIONS = {
  fields: ['title', 'text'],
  storeFields: ['primary', 'createdMs'],
  tokenize: termsOf,
  processTerm: (term: string): string => term,
};

class MiniSearchPeer implements PeerEngine {
  readonly hello = {
    peer: 'minisearch',
    version,
    access: `Node ${process.versions.node}`,
    offers: ['or', 'and', 'prefix', 'fuzzy', 'filter'] as const,
  };
  #index: MiniSearchIndex = new MiniSearch(OPTIONS);

  begin(): void {
    this.#index = new MiniSearch(OPTIONS);
  }

  add(documents: readonly CorpusDocument[]): void {
    for (const { id, title, text, primary, created } of documents) {
      this.#index.add({ id, title, text, primary, createdMs: Date.parse(created) });
    }
  }

  commit(): void {}

  state(): IndexState {
    return { segments: 1, liveDocs: this.#index.documentCount, bytes: 0 };
  }

  run(task: Task, mode: Mode): number {
    const found = this.#index.search(task.text, optionsOf(task));
    return mode === 'top10' ? found.slice(0, 10).length : found.length;
  }
}

function optionsOf({ kind, edits = 1, filter }: Task): SearchOptions {
  const options: SearchOptions = {
    fields: ['text'],
    combineWith: kind === 'and' ? 'AND' : 'OR',
    prefix: kind === 'prefix',
    fuzzy: kind === 'fuzzy' ? edits : false,
  };
  if (filter === undefined) return options;
  if (filter.field === 'primary') return { ...options, filter: ({ primary }) => primary === filter.value };
  return { ...options, filter: ({ createdMs }) => createdMs >= filter.gte && createdMs < filter.lt };
}

await servePeer(new MiniSearchPeer());

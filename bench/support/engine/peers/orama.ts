/** Orama: BM25 in memory, on the heap. Words of a query match as prefixes, too: that is how it searches by default. */
import type { CorpusDocument, IndexState, Mode, Task } from '../protocol.ts';
import { type PeerEngine, servePeer } from '../serve-peer.ts';
import { loadPackage, termsOf } from './npm-package.ts';

type OramaResult = { readonly count: number };
type OramaModule = {
  create(options: object): object;
  insert(database: object, document: object): unknown;
  search(database: object, parameters: object): OramaResult | Promise<OramaResult>;
};

const { exports: orama, version } = loadPackage<OramaModule>('@orama/orama');
const OPTIONS = {
  schema: { title: 'string', text: 'string', primary: 'enum', num_authors: 'number', created: 'number' },
  components: { tokenizer: { language: 'english', normalizationCache: new Map(), tokenize: termsOf } },
};

class OramaPeer implements PeerEngine {
  readonly hello = {
    peer: 'orama',
    version,
    access: `Node ${process.versions.node}`,
    offers: ['or', 'and', 'prefix', 'fuzzy', 'filter', 'sort'] as const,
  };
  #database = orama.create(OPTIONS);
  #docCount = 0;

  begin(): void {
    this.#database = orama.create(OPTIONS);
    this.#docCount = 0;
  }

  add(documents: readonly CorpusDocument[]): void {
    for (const { id, title, text, primary, num_authors, created } of documents) {
      orama.insert(this.#database, { id, title, text, primary, num_authors, created: Date.parse(created) });
      this.#docCount++;
    }
  }

  commit(): void {}

  state(): IndexState {
    return { segments: 1, liveDocs: this.#docCount, bytes: 0 };
  }

  run(task: Task, _mode: Mode): number {
    const result = orama.search(this.#database, parametersOf(task));
    if (result instanceof Promise) throw new Error('Orama answered later, so that its time cannot be taken');
    return result.count;
  }
}

function parametersOf({ kind, text, edits = 0, filter, sort }: Task): object {
  return {
    term: text,
    properties: ['text'],
    limit: 10,
    threshold: kind === 'and' ? 0 : 1,
    ...(kind === 'fuzzy' ? { tolerance: edits } : {}),
    ...(sort === undefined ? {} : { sortBy: { property: sort.field, order: sort.order.toUpperCase() } }),
    ...(filter === undefined ? {} : { where: whereOf(filter) }),
  };
}

function whereOf(filter: NonNullable<Task['filter']>): object {
  if (filter.field === 'primary') return { primary: { eq: filter.value } };
  return { created: { between: [filter.gte, filter.lt - 1] } };
}

await servePeer(new OramaPeer());

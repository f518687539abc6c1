/** FlexSearch: in memory, on the heap. It ranks by the place of words in the text, not by BM25; only `text` is indexed. */
import type { CorpusDocument, IndexState, Task } from '../protocol.ts';
import { type PeerEngine, servePeer } from '../serve-peer.ts';
import { loadPackage, termsOf } from './npm-package.ts';

type FlexSearchIndex = {
  add(id: number, text: string): void;
  search(query: string, options: { readonly limit: number; readonly suggest: boolean }): readonly unknown[];
};
type FlexSearchModule = { readonly Index: new (options: object) => FlexSearchIndex };

const { exports: module, version } = loadPackage<FlexSearchModule>('flexsearch');
const OPTIONS = { tokenize: 'strict', encode: termsOf };

class FlexSearchPeer implements PeerEngine {
  readonly hello = {
    peer: 'flexsearch',
    version,
    access: `Node ${process.versions.node}`,
    offers: ['or', 'and'] as const,
  };
  #index: FlexSearchIndex = new module.Index(OPTIONS);
  #docCount = 0;

  begin(): void {
    this.#index = new module.Index(OPTIONS);
    this.#docCount = 0;
  }

  add(documents: readonly CorpusDocument[]): void {
    for (const { text } of documents) this.#index.add(this.#docCount++, text);
  }

  commit(): void {}

  state(): IndexState {
    return { segments: 1, liveDocs: this.#docCount, bytes: 0 };
  }

  /** `suggest` keeps documents that lack some of the words: the nearest to OR that there is. */
  run({ kind, text }: Task): number {
    return this.#index.search(text, { limit: 10, suggest: kind === 'or' }).length;
  }
}

await servePeer(new FlexSearchPeer());

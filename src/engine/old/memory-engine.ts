/**
 * The engine in memory: joins the index, the query compiler and the collector behind the `Engine` interface. A search
 * compiles its query to matchers, walks them window by window, and keeps the best hits.
 */

import { createAnalyzers } from '../analysis/analyzers.ts';
import type {
  Engine,
  EngineDocument,
  EngineHighlighter,
  EngineHits,
  EngineOptions,
  EngineSearch,
  QueryStatistics,
  Schema,
  StoredDocument,
} from '../engine.ts';
import { Highlighter } from '../highlight/highlighter.ts';
import type { Query } from '../query/query.ts';
import type { SoughtTerms } from '../query/sought-terms.ts';
import type { Bm25Parameters } from '../score/bm25.ts';
import { BestHits } from './collect/best-hits.ts';
import { byScore, hitOrder } from './collect/hit-order.ts';
import { MemoryIndex } from './memory/memory-index.ts';
import { compile } from './query/compile.ts';
import { collectMatches, countMatches } from './query/execute.ts';
import { highlightTerms, queryStatistics } from './query/query-terms.ts';

/** Makes an empty index. */
export function createEngine(options: EngineOptions = {}): Engine {
  return new MemoryEngine(options);
}

class MemoryEngine implements Engine {
  readonly #parameters: Bm25Parameters;
  readonly #analyzers = createAnalyzers();
  #index = new MemoryIndex();

  constructor({ schema = {}, k1 = 1.2, b = 0.75 }: EngineOptions) {
    this.#parameters = { k1, b };
    this.#index.addFields(schema);
  }

  get schema(): Schema {
    return Object.fromEntries(this.#index.types);
  }

  addFields(schema: Schema): void {
    this.#index.addFields(schema);
  }

  put(document: EngineDocument): void {
    this.#index.put(document);
  }

  delete(id: string): boolean {
    return this.#index.delete(id);
  }

  get(id: string): StoredDocument | undefined {
    const ordinal = this.#index.documents.ordinalOf(id);
    return ordinal === undefined ? undefined : this.#index.documents.read(ordinal);
  }

  documentAt(ordinal: number): StoredDocument {
    return this.#index.documents.read(ordinal);
  }

  search({ query, limit, sort, statistics }: EngineSearch): EngineHits {
    const [index, parameters] = [this.#index, this.#parameters];
    const { documents } = index;
    const orders = sort?.map((key) => hitOrder(key, index)) ?? [byScore];
    const { positionsRise } = documents;
    const best = new BestHits({ limit, orders, position: (ordinal) => documents.position(ordinal), positionsRise });
    const matcher = compile(query, { index, parameters, statistics, scoring: true });
    const total = collectMatches(matcher, documents, best);
    const { ordinals, scores } = best.drain();
    const positions = Float64Array.from(ordinals, (ordinal) => documents.position(ordinal));
    const hits = {
      total,
      maxScore: total === 0 ? 0 : best.maxScore,
      ordinals,
      scores,
      positions,
      isLowerBound: false,
      timedOut: false,
    };
    if (sort === undefined) return hits;
    const sortValues = Array.from(ordinals, (ordinal, i) => orders.map((order) => order.value(ordinal, scores[i]!)));
    return { ...hits, sortValues };
  }

  count(query: Query): number {
    const matcher = compile(query, { index: this.#index, parameters: this.#parameters, scoring: false });
    return countMatches(matcher, this.#index.documents);
  }

  explain(): undefined {
    return undefined;
  }

  statisticsOf(query: Query): QueryStatistics {
    return queryStatistics(query, this.#index);
  }

  highlighter(query: Query): EngineHighlighter {
    const sought = [...highlightTerms(query, this.#index)].map(([field, terms]): [string, SoughtTerms[]] => [
      field,
      [...terms].map((term) => ({ kind: 'term', term })),
    ]);
    const highlighter = new Highlighter(new Map(sought));
    return {
      highlight: ({ field, texts }, options) => {
        const analyzer = this.#analyzers.get(this.#index.types.get(field) === 'text' ? 'standard' : 'keyword');
        return highlighter.highlight({ field, texts, analyzer }, options);
      },
    };
  }

  termsOf(query: Query): ReadonlyMap<string, ReadonlySet<string>> {
    return highlightTerms(query, this.#index);
  }

  stats(): { readonly docCount: number; readonly sizeBytes: number } {
    return { docCount: this.#index.documents.liveCount, sizeBytes: this.#index.sizeBytes };
  }

  close(): void {
    this.#index = new MemoryIndex();
  }
}

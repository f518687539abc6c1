/** A shard of parts put together by hand: heads and segments as a test wants them, searched without an engine around. */

import type { Analyzer, Analyzers } from '../../src/engine/analysis/analyzer.ts';
import { createAnalyzers } from '../../src/engine/analysis/analyzers.ts';
import type { EngineDocument, EngineHits, EngineSearch, FieldOptions, Schema } from '../../src/engine/engine.ts';
import { Head } from '../../src/engine/head/head.ts';
import type { SearchKernel } from '../../src/engine/kernel/plan.ts';
import { createRegionPool } from '../../src/engine/memory/region-pool.ts';
import type { IndexPart } from '../../src/engine/part/index-part.ts';
import type { ShardView } from '../../src/engine/part/shard-view.ts';
import { FilterCache } from '../../src/engine/query/filter-cache.ts';
import { searchParts } from '../../src/engine/query/search-parts.ts';
import { openSegment, type Segment } from '../../src/engine/segment/segment.ts';
import { createMemoryStore } from '../../src/engine/store/memory-store.ts';
import { flushHead } from '../../src/engine/writer/flush-head.ts';

import type { OracleHit } from './oracle.ts';
import { oraclePlaces } from './oracle-words.ts';

export const regions = createRegionPool();
const store = createMemoryStore();
const builtIn = createAnalyzers();
const twins: Analyzer = {
  name: 'twins',
  analyze(text, sink) {
    const { places, size } = oraclePlaces(text, 'twins');
    for (const { place, words } of places) for (const word of words) sink(word, place, 0, 0);
    return size;
  },
  normalize: (term) => term.toLowerCase(),
};
export const analyzers: Analyzers = {
  names: [...builtIn.names, 'twins'],
  get: (name) => (name === 'twins' ? twins : builtIn.get(name)),
};

let segmentCount = 0;

/** Documents in parts; the last part is a head. */
export class PartsShard {
  readonly cache = new FilterCache();
  kernel: SearchKernel | undefined;
  readonly #fields: ReadonlyMap<string, FieldOptions>;
  readonly #parts: (Head | Segment)[] = [];

  constructor(schema: Schema, kernel?: SearchKernel) {
    this.kernel = kernel;
    this.#fields = new Map(
      Object.entries(schema).map(([name, options]) => [
        name,
        typeof options === 'string' ? { type: options } : options,
      ]),
    );
    this.cut();
  }

  get parts(): readonly IndexPart[] {
    return this.#parts;
  }

  get view(): ShardView {
    const parameters = { k1: 1.2, b: 0.75 };
    return {
      parts: this.#parts,
      fields: this.#fields,
      analyzers,
      parameters,
      kernel: this.kernel,
      regions,
      nowMs: undefined,
    };
  }

  /** Begins a new head. */
  cut(): void {
    this.#parts.push(new Head({ fields: this.#fields, analyzers }));
  }

  /** Turns the last head into a segment and begins a new one. */
  flush(): void {
    const head = this.#parts.pop();
    if (!(head instanceof Head)) throw new Error('the last part is no head');
    const name = `segment-${++segmentCount}`;
    const slices = flushHead(head, { store, name, parameters: { k1: 1.2, b: 0.75 } });
    while (slices.next().done !== true);
    this.#parts.push(openSegment({ store, name, regions, number: segmentCount }));
    this.cut();
  }

  put(document: EngineDocument): void {
    const head = this.#parts.at(-1);
    if (!(head instanceof Head)) throw new Error('the last part is no head');
    head.put(document, () => this.delete(document.id));
  }

  delete(id: string): boolean {
    for (const part of this.#parts) {
      const ordinal = part.documents.find(id);
      if (ordinal < 0) continue;
      part.delete(ordinal);
      return true;
    }
    return false;
  }

  search(request: EngineSearch): EngineHits {
    return searchParts(this.view, request, this.cache);
  }

  hits(request: EngineSearch): OracleHit[] {
    const { ordinals, scores, positions } = this.search(request);
    return Array.from(ordinals, (ordinal, i) => ({
      id: this.idOf(ordinal),
      score: scores[i]!,
      position: positions[i]!,
    }));
  }

  idOf(ordinal: number): string {
    let base = 0;
    for (const { documents, endOrdinal } of this.#parts) {
      if (ordinal < base + endOrdinal) return documents.id(ordinal - base);
      base += endOrdinal;
    }
    throw new Error(`no document ${ordinal}`);
  }

  close(): void {
    this.cache.close();
    for (const part of this.#parts) if (!(part instanceof Head)) part.close();
  }
}

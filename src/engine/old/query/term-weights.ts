/** Weights of terms under the statistics in force: the whole index's where given, else the shard's own. */
import type { FieldStatistics, QueryStatistics } from '../../engine.ts';
import { type Bm25Parameters, inverseDocumentFrequency, inverseLengthFactors } from '../../score/bm25.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import type { TermScoring } from './postings-matcher.ts';
import { termKey } from './query-terms.ts';

const NOTHING: FieldStatistics = { docCount: 0, totalTokens: 0 };

/** What term weights are worked out from. */
export type TermWeightsOptions = {
  readonly index: MemoryIndex;
  readonly parameters: Bm25Parameters;
  readonly statistics: QueryStatistics | undefined;
};

/** Gives each term of one query its scoring; length factors are worked out once per field. */
export class TermWeights {
  readonly #index: MemoryIndex;
  readonly #parameters: Bm25Parameters;
  readonly #statistics: QueryStatistics | undefined;
  readonly #factors = new Map<string, Float32Array>();

  constructor({ index, parameters, statistics }: TermWeightsOptions) {
    this.#index = index;
    this.#parameters = parameters;
    this.#statistics = statistics;
  }

  /** How a term of a text or keyword field scores. */
  scoring(field: string, term: string, boost: number): TermScoring {
    const { docCount } = this.#fieldStatistics(field);
    const idf = inverseDocumentFrequency(this.#docFrequency(field, term), docCount);
    return {
      weight: Math.fround(boost * idf),
      norms: this.#index.inverted(field)?.norms,
      factors: this.#factorsOf(field),
    };
  }

  #factorsOf(field: string): Float32Array {
    const known = this.#factors.get(field);
    if (known !== undefined) return known;
    const factors = inverseLengthFactors(this.#fieldStatistics(field), this.#parameters);
    this.#factors.set(field, factors);
    return factors;
  }

  #fieldStatistics(field: string): FieldStatistics {
    const given = this.#statistics?.fields;
    if (given !== undefined && Object.hasOwn(given, field)) return given[field]!;
    return this.#index.inverted(field)?.statistics ?? NOTHING;
  }

  #docFrequency(field: string, term: string): number {
    return (
      this.#statistics?.docFrequencies[termKey(field, term)] ?? this.#index.inverted(field)?.docFrequency(term) ?? 0
    );
  }
}

/**
 * Terms of one search: where each is found in every part, and how it scores under the statistics in force, which are
 * the whole index's where the request gives them, else those of all parts together.
 */
import type { FieldOptions, FieldStatistics, QueryStatistics } from '../engine.ts';
import type { InvertedField } from '../part/index-part.ts';
import type { ShardView } from '../part/shard-view.ts';
import { inverseDocumentFrequency } from '../score/bm25.ts';
import { lengthFactors } from '../score/length-factors.ts';

/** A text or keyword field of a search. */
export type SearchField = {
  readonly name: string;
  readonly options: FieldOptions;
  /** By part. */
  readonly inverted: readonly (InvertedField | undefined)[];
  readonly statistics: FieldStatistics;
};

/** A term that some part has. */
export type SearchTerm = {
  readonly field: SearchField;
  readonly term: string;
  /** Its number by part; -1 where it is not. */
  readonly numbers: readonly number[];
};

/** What the score of a term is worked out from. */
export type TermWeight = {
  /** Boost times inverse document frequency. */
  readonly weight: number;
  /** Inverse length factors by length code; the same array for the same statistics. */
  readonly factors: Float32Array;
  readonly boost: number;
  /** Inverse document frequency; of a phrase the sum over its terms. */
  readonly idf: number;
  /** What it was worked out from; 0 for a phrase. */
  readonly docFrequency: number;
};

/** Key of a term in `QueryStatistics.docFrequencies`. */
export function termKey(field: string, term: string): string {
  return `${field}\u0000${term}`;
}

/** Looks terms up and weighs them, for one search. */
export class SearchTerms {
  readonly view: ShardView;
  readonly given: QueryStatistics | undefined;
  readonly #fields = new Map<string, SearchField | undefined>();
  /** Terms that the answer depends on; undefined if nobody wants to know. */
  readonly #used: Set<SearchTerm> | undefined;

  /** @param options `collects`: whether to remember the terms that the answer depends on. */
  constructor(view: ShardView, given: QueryStatistics | undefined, options: { readonly collects?: boolean } = {}) {
    this.view = view;
    this.given = given;
    this.#used = options.collects === true ? new Set() : undefined;
  }

  /** Fields that were looked up. */
  get usedFields(): readonly SearchField[] {
    return [...this.#fields.values()].filter((field) => field !== undefined);
  }

  /** Terms that the answer depends on, if they were to be remembered. */
  get usedTerms(): Iterable<SearchTerm> {
    return this.#used ?? [];
  }

  /** Notes that terms were chosen among others by what the index has. */
  noteChosen(field: SearchField, words: readonly string[]): void {
    if (this.#used === undefined) return;
    for (const word of words) {
      const found = this.term(field, word);
      if (found !== undefined) this.#used.add(found);
    }
  }

  /** A text or keyword field; undefined if the schema has none of this name. */
  field(name: string): SearchField | undefined {
    if (this.#fields.has(name)) return this.#fields.get(name);
    const field = this.#makeField(name);
    this.#fields.set(name, field);
    return field;
  }

  /** A term; undefined if no part has it. */
  term(field: SearchField, term: string): SearchTerm | undefined {
    const { inverted } = field;
    const numbers: number[] = [];
    let isFound = false;
    for (let part = 0; part < inverted.length; part++) {
      const number = inverted[part]?.lookup(term) ?? -1;
      if (number >= 0) isFound = true;
      numbers.push(number);
    }
    return isFound ? { field, term, numbers } : undefined;
  }

  /** Documents that have a term. */
  docFrequency(found: SearchTerm): number {
    this.#used?.add(found);
    return this.givenFrequency(found.field, found.term) ?? localDocFrequency(found);
  }

  /** Documents of the whole index that have a term; undefined where the request does not tell. */
  givenFrequency(field: SearchField, term: string): number | undefined {
    return this.given === undefined ? undefined : this.given.docFrequencies[termKey(field.name, term)];
  }

  /** What the whole index has of a field; undefined where the request does not tell. */
  givenStatistics(name: string): FieldStatistics | undefined {
    const given = this.given?.fields;
    return given !== undefined && Object.hasOwn(given, name) ? given[name] : undefined;
  }

  /** The inverse document frequency of a term of `field` that `docFrequency` documents have. */
  idf(field: SearchField, docFrequency: number): number {
    return inverseDocumentFrequency(docFrequency, field.statistics.docCount);
  }

  /** How a term scores that `docFrequency` documents have. */
  weight(field: SearchField, boost: number, docFrequency: number): TermWeight {
    return { ...this.phraseWeight(field, boost, this.idf(field, docFrequency)), docFrequency };
  }

  /** How a phrase scores whose terms' inverse document frequencies add up to `idf`. */
  phraseWeight(field: SearchField, boost: number, idf: number): TermWeight {
    const factors = lengthFactors(field.statistics, this.view.parameters);
    return { weight: Math.fround(boost * idf), factors, boost, idf, docFrequency: 0 };
  }

  #makeField(name: string): SearchField | undefined {
    const options = this.view.fields.get(name);
    if (options === undefined || (options.type !== 'text' && options.type !== 'keyword')) return undefined;
    const inverted = this.view.parts.map((part) => part.inverted(name));
    const statistics = this.givenStatistics(name) ?? localFieldStatistics(inverted);
    return { name, options, inverted, statistics };
  }
}

/** Live documents with a term in the parts of the view. */
export function localDocFrequency(found: SearchTerm): number {
  let sum = 0;
  for (let part = 0; part < found.numbers.length; part++) sum += localDocFrequencyIn(found, part);
  return sum;
}

/** Live documents with a term in one part. */
export function localDocFrequencyIn({ field: { inverted }, numbers }: SearchTerm, part: number): number {
  return numbers[part]! < 0 ? 0 : inverted[part]!.liveDocFrequency(numbers[part]!);
}

/** What the parts of the view have of a field. */
export function localFieldStatistics(inverted: readonly (InvertedField | undefined)[]): FieldStatistics {
  let docCount = 0;
  let totalTokens = 0;
  for (const part of inverted) {
    if (part === undefined) continue;
    docCount += part.docCount;
    totalTokens += part.totalTokens;
  }
  return { docCount, totalTokens };
}

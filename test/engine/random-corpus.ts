/** Random documents, queries and sorts from a seed, over a small vocabulary so that ties and overlaps are common. */
import type { EngineDocument, FieldValue, Query, Schema, SortKey } from '../../src/engine/index.ts';
import { Seeded } from '../support/seeded.ts';

export const SCHEMA: Schema = {
  title: 'text',
  body: 'text',
  tag: 'keyword',
  year: 'long',
  price: 'double',
  open: 'boolean',
  at: 'date',
};

const WORDS = ['ash', 'beech', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'maple', 'oak', 'pine', 'rowan', 'yew'];
const TAGS = ['red', 'green', 'blue', 'Black', ''];
const MINIMA = [1, 2, '-1', '50%', '-30%', '75%', 0, 3];

export class RandomCorpus {
  readonly #chance: Seeded;
  #position = 0;

  constructor(seed: number) {
    this.#chance = new Seeded(seed);
  }

  next(): number {
    return this.#chance.next();
  }

  below(limit: number): number {
    return this.#chance.below(limit);
  }

  pick<T>(from: readonly T[]): T {
    return this.#chance.pick(from);
  }

  document(id: string): EngineDocument {
    const fields: Record<string, FieldValue[]> = {};
    const maybe = (field: string, chance: number, most: number, make: () => FieldValue): void => {
      if (this.next() < chance) fields[field] = this.#list(1 + this.below(most), make);
    };
    maybe('title', 0.9, 2, () => this.#text(this.below(6)));
    maybe('body', 0.7, 1, () => this.#text(this.below(this.next() < 0.1 ? 200 : 30)));
    maybe('tag', 0.8, 3, () => this.pick(TAGS));
    maybe('year', 0.8, 2, () => 1990 + this.below(10));
    maybe('price', 0.5, 1, () => this.below(8) / 4 - 1);
    maybe('open', 0.6, 1, () => this.next() < 0.5);
    maybe('at', 0.5, 1, () => this.below(5) * 86_400_000);
    const position = ++this.#position;
    return { id, source: { id, fields }, fields, version: 1, seqNo: position, primaryTerm: 1, position };
  }

  query(depth = 2): Query {
    const query = this.next() < 0.4 || depth === 0 ? this.#leaf() : this.#compound(depth - 1);
    return this.next() < 0.3 ? { ...query, boost: this.pick([0, 0.3, 2, 5.7]) } : query;
  }

  sort(): SortKey[] {
    return this.#list(1 + this.below(3), () => {
      const key: SortKey = {
        field: this.pick(['_score', '_doc', 'tag', 'year', 'price', 'open', 'at', 'unknown']),
        order: this.pick(['asc', 'desc']),
      };
      return this.next() < 0.3 ? { ...key, missing: this.pick(['_first', '_last']) } : key;
    });
  }

  #leaf(): Query {
    const field = this.pick(['title', 'body']);
    const text = this.#text(1 + this.below(4));
    switch (this.below(13)) {
      case 0:
        return { kind: 'match', field, text, operator: 'and' };
      case 1:
        return { kind: 'match', field, text, minimumShouldMatch: this.pick(MINIMA) };
      case 2:
        return { kind: 'term', field, value: this.pick(WORDS) };
      case 3:
        return { kind: 'term', field: 'tag', value: this.pick(TAGS) };
      case 4:
        return this.pick<Query>([
          { kind: 'term', field: 'year', value: 1990 + this.below(10) },
          { kind: 'term', field: 'open', value: this.next() < 0.5 },
        ]);
      case 5:
        return this.pick<Query>([
          { kind: 'terms', field: 'tag', values: ['red', 'blue'] },
          { kind: 'terms', field: 'year', values: [1991, 1995] },
        ]);
      case 6:
        return {
          kind: 'range',
          field: 'year',
          bounds: this.pick([{ gte: 1992, lt: 1995 }, { gt: 1996 }, { lte: 1991 }, { gt: 1992, lt: 1994 }]),
        };
      case 7:
        return this.pick<Query>([
          { kind: 'range', field: 'tag', bounds: { gte: 'b', lt: 'h' } },
          { kind: 'range', field: 'price', bounds: { gt: -0.5, lte: 0.5 } },
        ]);
      case 8:
        return { kind: 'exists', field: this.pick(Object.keys(SCHEMA)) };
      case 9:
        return this.pick<Query>([
          { kind: 'matchAll' },
          { kind: 'matchNone' },
          { kind: 'ids', ids: ['3', '14', '15', 'none'] },
        ]);
      case 10:
        return { kind: 'match', field: 'unknown', text };
      default:
        return { kind: 'match', field, text };
    }
  }

  #compound(depth: number): Query {
    const some = (most: number): Query[] => this.#list(this.below(most + 1), () => this.query(depth));
    if (this.next() < 0.15) return { kind: 'constantScore', filter: this.query(depth) };
    if (this.next() < 0.2) return { kind: 'disMax', queries: some(3), tieBreaker: this.pick([0, 0.25, 1]) };
    const clauses: Query = {
      kind: 'bool',
      must: some(2),
      should: some(3),
      filter: some(1),
      mustNot: this.next() < 0.3 ? some(1) : [],
    };
    return this.next() < 0.3 ? { ...clauses, minimumShouldMatch: this.pick(MINIMA) } : clauses;
  }

  #text(length: number): string {
    return this.#list(length, () => WORDS[Math.floor(this.next() ** 2 * WORDS.length)]!).join(' ');
  }

  #list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}

/** Random documents, queries and sorts from a seed, over a small vocabulary so that ties and overlaps are common. */
import type { EngineDocument, Schema, SortKey } from '../../src/engine/engine.ts';
import type { FieldValue, Query, ScoreFunction } from '../../src/engine/query/query.ts';
import { Seeded } from '../support/seeded.ts';

export const SCHEMA: Schema = {
  title: 'text',
  body: 'text',
  lean: { type: 'text', analyzer: 'stop' },
  tag: 'keyword',
  year: 'long',
  price: 'double',
  open: 'boolean',
  at: 'date',
};

const TEXT_FIELDS = ['title', 'title', 'body', 'lean'];
const WORDS = [
  'ash',
  'beech',
  'cedar',
  'elm',
  'fir',
  'hazel',
  'larch',
  'maple',
  'oak',
  'pine',
  'rowan',
  'yew',
  'the',
  'of',
  'oaks',
  'ashe',
  'map',
];
const TAGS = ['red', 'green', 'blue', 'Black', ''];
const MINIMA = [1, 2, '-1', '50%', '-30%', '75%', 0, 3, '2<75%', '1<-1 3<50%'];

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
    maybe('lean', 0.5, 2, () => this.#text(this.below(12)));
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
      const moded =
        this.next() < 0.3 && key.field === 'year'
          ? { ...key, mode: this.pick(['min', 'max', 'sum', 'avg', 'median'] as const) }
          : key;
      return this.next() < 0.3 ? { ...moded, missing: this.pick(['_first', '_last']) } : moded;
    });
  }

  #leaf(): Query {
    const field = this.pick(TEXT_FIELDS);
    const text = this.#text(1 + this.below(4));
    switch (this.below(10)) {
      case 0:
        return { kind: 'match', field, text, operator: 'and' };
      case 1:
        return { kind: 'match', field, text, minimumShouldMatch: this.pick(MINIMA) };
      case 2:
        return this.#exact();
      case 3:
        return this.#range();
      case 4:
        return this.pick<Query>([
          { kind: 'exists', field: this.pick(Object.keys(SCHEMA)) },
          { kind: 'matchAll' },
          { kind: 'matchNone' },
          { kind: 'ids', ids: ['3', '14', '15', 'none'] },
          { kind: 'match', field: 'unknown', text },
        ]);
      case 5:
        return this.#pattern(field);
      case 6:
        return this.#phrase(field);
      case 7:
        return this.#fuzzy(field, text);
      case 8:
        return this.#special(field, text);
      default:
        return { kind: 'match', field, text };
    }
  }

  #exact(): Query {
    return this.pick<Query>([
      { kind: 'term', field: this.pick(TEXT_FIELDS), value: this.#word() },
      { kind: 'term', field: 'tag', value: this.pick(TAGS) },
      { kind: 'term', field: this.pick(['tag', 'title']), value: this.pick(['BLACK', 'Oak']), caseInsensitive: true },
      { kind: 'term', field: 'year', value: 1990 + this.below(10) },
      { kind: 'term', field: 'open', value: this.next() < 0.5 },
      { kind: 'terms', field: 'tag', values: ['red', 'blue'] },
      { kind: 'terms', field: 'title', values: [this.#word(), this.#word(), 'none'] },
      { kind: 'terms', field: 'year', values: [1991, 1995] },
      { kind: 'match', field: 'tag', text: this.pick(TAGS) },
      { kind: 'match', field: 'year', text: '1995' },
    ]);
  }

  #range(): Query {
    return this.pick<Query>([
      {
        kind: 'range',
        field: 'year',
        bounds: this.pick([{ gte: 1992, lt: 1995 }, { gt: 1996 }, { lte: 1991 }, { gt: 1992, lt: 1994 }]),
      },
      { kind: 'range', field: 'tag', bounds: { gte: 'b', lt: 'h' } },
      { kind: 'range', field: 'tag', bounds: { gt: 'blue' } },
      { kind: 'range', field: 'title', bounds: { gt: 'c', lte: 'hazel' } },
      { kind: 'range', field: 'price', bounds: { gt: -0.5, lte: 0.5 } },
      { kind: 'range', field: 'at', bounds: { gte: 86_400_000 } },
    ]);
  }

  #pattern(text: string): Query {
    const field = this.pick([text, 'tag']);
    return this.pick<Query>([
      { kind: 'prefix', field, value: this.pick(['b', 'la', 'r', 'oak', 'zz', 'Bl']) },
      { kind: 'prefix', field: 'tag', value: 'BL', caseInsensitive: true },
      { kind: 'wildcard', field, pattern: this.pick(['*e*', 'b*', '?a*', 'yew', 'm??le', '*']) },
      { kind: 'wildcard', field: 'tag', pattern: '*L*', caseInsensitive: true },
      { kind: 'regexp', field, pattern: this.pick(['(ash|elm)', '[a-f].*', '.*e{1,2}.*', 'r[eo].+', '']) },
    ]);
  }

  #phrase(field: string): Query {
    const text = this.#text(1 + this.below(4));
    const phrase = { kind: 'phrase', field, text } as const;
    const chance = this.next();
    if (chance < 0.3) return { ...phrase, text: this.#text(2), slop: 1 + this.below(4) };
    if (chance < 0.5) return { ...phrase, text: `${text} ${this.pick(['b', 'l', 'h', 'ro'])}`, lastIsPrefix: true };
    return chance < 0.6 ? { ...phrase, analyzer: 'twins' } : phrase;
  }

  #fuzzy(field: string, text: string): Query {
    const options = {
      fuzziness: this.pick([1, 2, { low: 3, high: 6 }] as const),
      ...(this.next() < 0.3 ? { prefixLength: this.below(3) } : {}),
      ...(this.next() < 0.3 ? { maxExpansions: 1 + this.below(3) } : {}),
      ...(this.next() < 0.3 ? { transpositions: false } : {}),
    };
    const typo = this.#typo(this.#word());
    return this.pick<Query>([
      { kind: 'fuzzy', field, value: typo, ...options },
      { kind: 'fuzzy', field: 'tag', value: this.#typo('green'), ...options },
      { kind: 'match', field, text: `${typo} ${text}`, fuzzy: options },
    ]);
  }

  #typo(word: string): string {
    const at = this.below(word.length);
    const swapped = `${word.slice(0, at)}${word.slice(at + 1, at + 2)}${word.slice(at, at + 1)}${word.slice(at + 2)}`;
    return this.pick([word, swapped, `${word}s`, word.slice(1), `${word.slice(0, at)}x${word.slice(at + 1)}`]);
  }

  #special(field: string, text: string): Query {
    return this.pick<Query>([
      { kind: 'match', field, text: `${text} ${this.pick(['b', 'ma', 'zz'])}`, lastIsPrefix: true },
      { kind: 'match', field, text, analyzer: 'twins' },
      { kind: 'match', field, text: ' ', zeroTerms: this.pick(['none', 'all']) },
      { kind: 'match', field, text: 'the', analyzer: 'stop', zeroTerms: 'all' },
      {
        kind: 'crossFields',
        fields: [{ field: 'title', boost: this.pick([1, 2]) }, { field: 'body' }, { field: 'lean' }, { field: 'tag' }],
        text,
        operator: this.pick(['or', 'and']),
        tieBreaker: this.pick([0, 0.3]),
      },
    ]);
  }

  #compound(depth: number): Query {
    const some = (most: number): Query[] => this.#list(this.below(most + 1), () => this.query(depth));
    const chance = this.next();
    if (chance < 0.12) return { kind: 'constantScore', filter: this.query(depth) };
    if (chance < 0.25) return { kind: 'disMax', queries: some(3), tieBreaker: this.pick([0, 0.25, 1]) };
    if (chance < 0.32)
      return { kind: 'boosting', positive: this.query(depth), negative: this.query(depth), negativeBoost: 0.2 };
    if (chance < 0.42) return this.#functionScore(depth);
    const clauses: Query = {
      kind: 'bool',
      must: some(2),
      should: some(3),
      filter: some(1),
      mustNot: this.next() < 0.3 ? some(1) : [],
    };
    return this.next() < 0.3 ? { ...clauses, minimumShouldMatch: this.pick(MINIMA) } : clauses;
  }

  #functionScore(depth: number): Query {
    const functions = this.#list(this.below(3), (): ScoreFunction => {
      const each = this.pick<ScoreFunction>([
        { kind: 'weight', weight: 3 },
        { kind: 'fieldValueFactor', field: 'year', factor: 0.5, modifier: 'log1p', missing: 1 },
        { kind: 'fieldValueFactor', field: 'open', modifier: 'sqrt', missing: 2 },
        { kind: 'decay', shape: 'gauss', field: 'price', origin: 0, scale: 0.5 },
        { kind: 'decay', shape: 'exp', field: 'year', origin: 1993, scale: 2, offset: 1, multiValueMode: 'avg' },
        { kind: 'decay', shape: 'linear', field: 'year', origin: 1993, scale: 2, decay: 0.3, multiValueMode: 'max' },
      ]);
      const weighted = this.next() < 0.3 ? { ...each, weight: 1.5 } : each;
      return this.next() < 0.4 ? { ...weighted, filter: this.query(0) } : weighted;
    });
    const joining = {
      scoreMode: this.pick(['multiply', 'sum', 'avg', 'first', 'max', 'min'] as const),
      boostMode: this.pick(['multiply', 'replace', 'sum', 'avg', 'max', 'min'] as const),
    };
    const bounds = this.next() < 0.2 ? { maxBoost: 2 } : {};
    return { kind: 'functionScore', query: this.query(depth), functions, ...joining, ...bounds };
  }

  #word(): string {
    return WORDS[Math.floor(this.next() ** 2 * WORDS.length)]!;
  }

  #text(length: number): string {
    return this.#list(length, () => this.#word()).join(' ');
  }

  #list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}

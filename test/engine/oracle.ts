/**
 * A second opinion: answers queries by looking at every document, without an index. Slow, and written apart from the
 * engine but for the rounding of lengths; texts are words of ASCII letters parted by blanks.
 */
import type {
  EngineDocument,
  EngineSearch,
  FieldType,
  FieldValue,
  Query,
  Schema,
  SortKey,
} from '../../src/engine/index.ts';
import { decodeLength, encodeLength } from '../../src/engine/score/norms.ts';

export type OracleHit = { readonly id: string; readonly score: number; readonly position: number };

type Statistics = { readonly docCount: number; readonly docFrequency: number; readonly average: number };

const { fround } = Math;
const words = (text: string): string[] =>
  text
    .toLowerCase()
    .split(' ')
    .filter((word) => word !== '');

export class Oracle {
  readonly documents = new Map<string, EngineDocument>();
  readonly #schema: Schema;
  readonly #tokensOf = new WeakMap<EngineDocument, Map<string, readonly string[]>>();
  readonly #counted = new Map<string, Statistics>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  search({ query, limit, sort = [{ field: '_score', order: 'desc' }] }: EngineSearch): {
    total: number;
    hits: OracleHit[];
  } {
    this.#counted.clear();
    const matches = [...this.documents.values()].flatMap((document) => {
      const score = this.#score(query, document, 1);
      return score === undefined ? [] : [{ document, score }];
    });
    const sorted = matches.toSorted((a, b) => {
      for (const key of sort) {
        const result = compareValues(this.#sortValue(key, a), this.#sortValue(key, b), key);
        if (result !== 0) return result;
      }
      return a.document.position - b.document.position;
    });
    const hits = sorted
      .slice(0, limit)
      .map(({ document, score }) => ({ id: document.id, score, position: document.position }));
    return { total: matches.length, hits };
  }

  #sortValue(
    { field, order }: SortKey,
    { document, score }: { document: EngineDocument; score: number },
  ): FieldValue | undefined {
    if (field === '_score') return score;
    if (field === '_doc') return document.position;
    return (document.fields[field] ?? []).toSorted((a, b) => (a < b ? -1 : 1)).at(order === 'asc' ? 0 : -1);
  }

  /** Score of a document, or undefined if it does not match. */
  #score(query: Query, document: EngineDocument, outer: number): number | undefined {
    const boost = fround(outer * (query.boost ?? 1));
    const constantIf = (matches: boolean): number | undefined => (matches ? boost : undefined);
    switch (query.kind) {
      case 'matchAll':
        return boost;
      case 'matchNone':
        return undefined;
      case 'ids':
        return constantIf(query.ids.includes(document.id));
      case 'exists':
        return constantIf((document.fields[query.field]?.length ?? 0) > 0);
      case 'constantScore':
        return constantIf(this.#score(query.filter, document, 1) !== undefined);
      case 'range':
        return constantIf(this.#values(document, query.field).some((value) => isWithin(value, query.bounds)));
      case 'terms':
        return constantIf(this.#values(document, query.field).some((value) => query.values.includes(value)));
      case 'term':
        return this.#termScore(query.field, query.value, document, boost);
      case 'match': {
        const terms = this.#schema[query.field] === 'text' ? words(query.text) : [query.text];
        const scores = terms.map((term) => this.#termScore(query.field, term, document, boost));
        if (terms.length === 1) return scores[0];
        const found = scores.filter((score) => score !== undefined);
        const wanted =
          query.operator === 'and' ? terms.length : Math.max(1, minimum(terms.length, query.minimumShouldMatch) ?? 1);
        return found.length === 0 || found.length < wanted ? undefined : sum(found);
      }
      case 'disMax': {
        const scores = query.queries.flatMap((inner) => this.#score(inner, document, boost) ?? []);
        if (scores.length === 0) return undefined;
        const best = Math.max(...scores);
        const others = scores.reduce((total, score) => total + score, 0) - best;
        return fround(best + (query.tieBreaker ?? 0) * others);
      }
      case 'bool': {
        const { must = [], should = [], filter = [], mustNot = [] } = query;
        const score = (inner: Query): number | undefined => this.#score(inner, document, boost);
        if ([...must, ...should, ...filter, ...mustNot].length === 0) return boost;
        if ([...must, ...filter].some((inner) => score(inner) === undefined)) return undefined;
        if (mustNot.some((inner) => score(inner) !== undefined)) return undefined;
        const optional = should.flatMap((inner) => score(inner) ?? []);
        const least = should.length > 0 && must.length + filter.length === 0 ? 1 : 0;
        if (optional.length < Math.max(least, minimum(should.length, query.minimumShouldMatch) ?? 0)) return undefined;
        return sum([...must.flatMap((inner) => score(inner) ?? []), ...optional]);
      }
      default:
        throw new Error(`the oracle knows no ${query.kind}`);
    }
  }

  /** Tokens of a text field; distinct values of a keyword field; else the values. */
  #values(document: EngineDocument, field: string): readonly FieldValue[] {
    const values = document.fields[field] ?? [];
    if (this.#schema[field] === 'text') return this.#tokens(document, field);
    return this.#schema[field] === 'keyword' ? [...new Set(values)] : values;
  }

  #tokens(document: EngineDocument, field: string): readonly string[] {
    const byField = this.#tokensOf.get(document) ?? new Map<string, readonly string[]>();
    this.#tokensOf.set(document, byField);
    const tokens = byField.get(field) ?? (document.fields[field] ?? []).flatMap((value) => words(String(value)));
    byField.set(field, tokens);
    return tokens;
  }

  #termScore(field: string, value: FieldValue, document: EngineDocument, boost: number): number | undefined {
    const values = this.#values(document, field);
    const frequency = values.filter((other) => other === value).length;
    if (frequency === 0) return undefined;
    const options = this.#schema[field]!;
    const type: FieldType = typeof options === 'string' ? options : options.type;
    if (type !== 'text' && type !== 'keyword') return boost;
    const { docCount, docFrequency, average } = this.#statistics(field, value);
    const idf = fround(Math.log(1 + (docCount - docFrequency + 0.5) / (docFrequency + 0.5)));
    const length = type === 'keyword' ? 1 : decodeLength(encodeLength(values.length));
    const [k1, b] = [fround(1.2), fround(0.75)];
    const factor = fround(1 / fround(k1 * fround(fround(1 - b) + fround(fround(b * length) / average))));
    const weight = fround(boost * idf);
    return fround(weight - fround(weight / fround(1 + fround(frequency * factor))));
  }

  /** Counted over all documents, once per search. */
  #statistics(field: string, value: FieldValue): Statistics {
    const key = JSON.stringify([field, value]);
    const known = this.#counted.get(key);
    if (known !== undefined) return known;
    const lists = [...this.documents.values()]
      .map((document) => this.#values(document, field))
      .filter((list) => list.length > 0);
    const docFrequency = lists.filter((list) => list.includes(value)).length;
    const average = fround(lists.reduce((total, list) => total + list.length, 0) / lists.length);
    const counted = { docCount: lists.length, docFrequency, average };
    this.#counted.set(key, counted);
    return counted;
  }
}

function sum(scores: readonly number[]): number {
  return fround(scores.reduce((total, score) => total + score, 0));
}

function minimum(count: number, wanted: string | number | undefined): number | undefined {
  if (wanted === undefined) return undefined;
  const text = String(wanted);
  const value = text.endsWith('%') ? Math.trunc((count * Number.parseInt(text, 10)) / 100) : Number(text);
  return Math.max(0, value < 0 ? count + value : value);
}

function isWithin(
  value: FieldValue,
  { gte, gt, lte, lt }: { gte?: FieldValue; gt?: FieldValue; lte?: FieldValue; lt?: FieldValue },
): boolean {
  if (gte !== undefined && value < gte) return false;
  if (gt !== undefined && value <= gt) return false;
  if (lte !== undefined && value > lte) return false;
  return lt === undefined || value < lt;
}

function compareValues(a: FieldValue | undefined, b: FieldValue | undefined, { order, missing }: SortKey): number {
  if (a === b) return 0;
  if (a === undefined) return missing === '_first' ? -1 : 1;
  if (b === undefined) return missing === '_first' ? 1 : -1;
  return a < b === (order === 'asc') ? -1 : 1;
}

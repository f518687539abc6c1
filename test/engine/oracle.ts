/**
 * A second opinion: answers queries by looking at every document, without an index. Slow, and written apart from the
 * engine but for the rounding of lengths; texts are words of ASCII letters parted by blanks.
 */
import type { EngineDocument, EngineSearch, FieldType, Schema, SortKey } from '../../src/engine/engine.ts';
import type { FieldValue, FuzzyOptions, Query, RangeBounds } from '../../src/engine/query/query.ts';
import { decodeLength, encodeLength } from '../../src/engine/score/norms.ts';
import { functionScore } from './oracle-functions.ts';

/** A hit; a score that is not known (of sloppy phrases) is NaN. */
export type OracleHit = { readonly id: string; readonly score: number; readonly position: number };

/** A word and its place in a field, over all values. */
type PlacedWord = { readonly word: string; readonly place: number };
/** One place of a query's text. */
export type QueryPlace = { readonly place: number; readonly words: readonly string[] };

type Counts = { readonly docCount: number; readonly average: number; readonly totalTokens: number };
type QueryOf<K extends Query['kind']> = Extract<Query, { kind: K }>;
type MaybeScore = number | undefined;

const { fround } = Math;
const GAP = 100;
/** What the analyzer `stop` drops, as far as these tests use it. */
const STOP_WORDS = ['the', 'of'];
/** What the analyzer `twins` of the tests puts beside words. */
export const TWINS: Readonly<Record<string, string>> = { oak: 'pine', fir: 'fur' };

/** The places of a text under an analyzer, and how many it takes up. */
export function oraclePlaces(text: string, analyzer: string): { places: QueryPlace[]; size: number } {
  const words = text.split(' ').filter((word) => word !== '');
  const places = words.flatMap((raw, place) => {
    const word = raw.toLowerCase();
    if (analyzer === 'stop' && STOP_WORDS.includes(word)) return [];
    const twin = analyzer === 'twins' ? TWINS[word] : undefined;
    return [{ place, words: twin === undefined ? [word] : [word, twin] }];
  });
  return { places, size: words.length };
}

export class Oracle {
  readonly #documents = new Map<string, EngineDocument>();
  readonly #schema: Schema;
  readonly #wordsOf = new WeakMap<EngineDocument, Map<string, readonly PlacedWord[]>>();
  #counts = new Map<string, Counts>();
  #frequencies = new Map<string, number>();
  #vocabulary = new Map<string, string[]>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  put(document: EngineDocument): void {
    this.#documents.set(document.id, document);
    this.#forget();
  }

  delete(id: string): boolean {
    this.#forget();
    return this.#documents.delete(id);
  }

  /** All matches, in order. */
  search({ query, sort, searchAfter, minScore, postFilter }: EngineSearch): OracleHit[] {
    const keys = sort ?? [{ field: '_score', order: 'desc' }];
    return [...this.#documents.values()]
      .flatMap((document) => {
        const score = this.score(query, document, 1);
        if (score === undefined || (minScore !== undefined && score < minScore)) return [];
        if (postFilter !== undefined && this.score(postFilter, document, 1) === undefined) return [];
        return [{ document, score }];
      })
      .filter((hit) => {
        if (searchAfter === undefined) return true;
        return (
          compareByKeys(
            keys,
            keys.map((key) => this.#sortValue(key, hit)),
            searchAfter,
          ) > 0
        );
      })
      .sort((a, b) => {
        const values = (hit: { document: EngineDocument; score: number }): (FieldValue | null)[] =>
          keys.map((key) => this.#sortValue(key, hit));
        return compareByKeys(keys, values(a), values(b)) || a.document.position - b.document.position;
      })
      .map(({ document, score }) => ({ id: document.id, score, position: document.position }));
  }

  #forget(): void {
    this.#counts = new Map();
    this.#frequencies = new Map();
    this.#vocabulary = new Map();
  }

  /** Score of a document, or undefined if it does not match. */
  score(query: Query, document: EngineDocument, outer: number): MaybeScore {
    const boost = fround(outer * (query.boost ?? 1));
    const constantIf = (matches: boolean): MaybeScore => (matches ? boost : undefined);
    switch (query.kind) {
      case 'matchAll':
        return boost;
      case 'matchNone':
        return undefined;
      case 'ids':
        return constantIf(query.ids.includes(document.id));
      case 'exists':
        return constantIf(this.#values(document, query.field).length > 0);
      case 'constantScore':
        return constantIf(this.score(query.filter, document, 1) !== undefined);
      case 'range':
        return constantIf(this.#values(document, query.field).some((value) => isWithin(value, query.bounds)));
      case 'terms':
        return constantIf(this.#values(document, query.field).some((value) => query.values.includes(value)));
      case 'term':
        if (query.caseInsensitive === true)
          return constantIf(this.#strings(document, query.field).some((value) => isSame(value, query.value)));
        return this.#termScore(query.field, query.value, document, boost);
      case 'prefix':
      case 'wildcard':
      case 'regexp': {
        const pattern = patternOf(query);
        return constantIf(this.#strings(document, query.field).some((value) => pattern.test(value)));
      }
      case 'fuzzy':
        return this.#fuzzyScore(query.field, query.value, query, document, boost);
      case 'match':
        return this.#matchScore(query, document, boost);
      case 'crossFields':
        return this.#crossFieldsScore(query, document, boost);
      case 'phrase':
        return this.#phraseScore(query, document, boost);
      case 'disMax':
        return disMax(
          query.queries.map((inner) => this.score(inner, document, boost)),
          query.tieBreaker,
        );
      case 'boosting': {
        const score = this.score(query.positive, document, boost);
        if (score === undefined || this.score(query.negative, document, 1) === undefined) return score;
        return fround(score * fround(query.negativeBoost));
      }
      case 'functionScore': {
        const score = this.score(query.query, document, boost);
        if (score === undefined) return undefined;
        const holds = (inner: Query | undefined): boolean =>
          inner === undefined || this.score(inner, document, 1) !== undefined;
        const result = functionScore(query, { score, document, holds });
        return query.minScore !== undefined && result < query.minScore ? undefined : result;
      }
      case 'bool':
        return this.#boolScore(query, document, boost);
    }
  }

  #boolScore(query: QueryOf<'bool'>, document: EngineDocument, boost: number): MaybeScore {
    const { must = [], should = [], filter = [], mustNot = [] } = query;
    const score = (inner: Query): MaybeScore => this.score(inner, document, boost);
    const holds = (inner: Query): boolean => this.score(inner, document, 1) !== undefined;
    if ([...must, ...should, ...filter, ...mustNot].length === 0) return boost;
    if (must.some((inner) => score(inner) === undefined)) return undefined;
    if (!filter.every(holds) || mustNot.some(holds)) return undefined;
    const optional = should.flatMap((inner) => score(inner) ?? []);
    const least = should.length > 0 && must.length + filter.length === 0 ? 1 : 0;
    if (optional.length < Math.max(least, minimum(should.length, query.minimumShouldMatch) ?? 0)) return undefined;
    return sum([...must.flatMap((inner) => score(inner) ?? []), ...optional]);
  }

  #sortValue(
    { field, order, mode, missing }: SortKey,
    { document, score }: { document: EngineDocument; score: number },
  ): FieldValue | null {
    if (field === '_score') return score;
    if (field === '_doc') return document.position;
    const values = (document.fields[field] ?? []).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const stands = missing === '_first' || missing === '_last' ? null : (missing ?? null);
    if (values.length === 0) return stands;
    const chosen = mode ?? (order === 'asc' ? 'min' : 'max');
    if (chosen === 'min') return values[0] ?? null;
    if (chosen === 'max') return values.at(-1) ?? null;
    const numbers = values.map(Number);
    const total = numbers.reduce((left, right) => left + right, 0);
    if (chosen === 'sum') return total;
    if (chosen === 'avg') return total / numbers.length;
    const middle = (numbers.length - 1) / 2;
    return ((numbers[Math.floor(middle)] ?? 0) + (numbers[Math.ceil(middle)] ?? 0)) / 2;
  }

  #matchScore(query: QueryOf<'match'>, document: EngineDocument, boost: number): MaybeScore {
    const { field, text, fuzzy } = query;
    if (this.#type(field) !== 'text') return this.#termScore(field, this.#parsed(field, text), document, boost);
    const { places } = oraclePlaces(text, query.analyzer ?? this.#analyzer(field));
    if (places.length === 0) return query.zeroTerms === 'all' ? boost : undefined;
    const scores = places.map(({ words }, i): MaybeScore => {
      if (query.lastIsPrefix === true && i === places.length - 1) {
        const found = this.#strings(document, field).some((value) => words.some((word) => value.startsWith(word)));
        return found ? boost : undefined;
      }
      if (fuzzy === undefined) return this.#anyWordScore(field, words, document, boost);
      return sumOfAny(words.map((word) => this.#fuzzyScore(field, word, fuzzy, document, boost)));
    });
    return joined(scores, query);
  }

  #crossFieldsScore(query: QueryOf<'crossFields'>, document: EngineDocument, boost: number): MaybeScore {
    const groups = new Map<string | undefined, (typeof query.fields)[number][]>();
    for (const entry of query.fields) {
      const isText = this.#type(entry.field) === 'text';
      const key = isText ? (query.analyzer ?? this.#analyzer(entry.field)) : this.#type(entry.field);
      groups.set(key, [...(groups.get(key) ?? []), entry]);
    }
    const scores = [...groups].flatMap(([analyzer, fields]): MaybeScore[] => {
      if (analyzer === undefined) return [];
      const places =
        analyzer === 'keyword' ? [{ place: 0, words: [query.text] }] : oraclePlaces(query.text, analyzer).places;
      if (places.length === 0) return [query.zeroTerms === 'all' ? boost : undefined];
      const clauses = places.map(({ words }) =>
        sumOfAny(words.map((word) => this.#blendedScore(query, fields, { word, document, boost }))),
      );
      return [joined(clauses, query)];
    });
    return disMax(scores, query.tieBreaker);
  }

  #blendedScore(
    query: QueryOf<'crossFields'>,
    fields: readonly { readonly field: string; readonly boost?: number }[],
    { word, document, boost }: { word: string; document: EngineDocument; boost: number },
  ): MaybeScore {
    const known = fields
      .map((entry) => ({ ...entry, frequency: this.#docFrequency(entry.field, word) }))
      .filter(({ frequency }) => frequency > 0)
      .sort((a, b) => b.frequency - a.frequency);
    const most = Math.min(...known.map(({ field }) => this.#count(field).totalTokens));
    let blended = known[0]?.frequency ?? 0;
    const scores = known.map(({ field, boost: fieldBoost = 1, frequency }, i) => {
      if (i > 0 && frequency < (known[i - 1]?.frequency ?? 0)) blended++;
      const own = fround(boost * fieldBoost);
      return this.#termScore(field, word, document, own, Math.min(most, blended));
    });
    return disMax(scores, query.tieBreaker);
  }

  #phraseScore(query: QueryOf<'phrase'>, document: EngineDocument, boost: number): MaybeScore {
    const { field, text, slop = 0 } = query;
    if (this.#type(field) !== 'text') return this.#termScore(field, this.#parsed(field, text), document, boost);
    const { places } = oraclePlaces(text, query.analyzer ?? this.#analyzer(field));
    const last = places.at(-1);
    if (last === undefined) return query.zeroTerms === 'all' ? boost : undefined;
    if (query.lastIsPrefix === true) {
      const starts = this.#words(field).filter((word) => last.words.some((start) => word.startsWith(start)));
      places.splice(-1, 1, { ...last, words: starts.sort(byBytes).slice(0, query.maxExpansions ?? 50) });
    }
    if (places.length === 1) {
      const words = places[0]?.words ?? [];
      if (query.lastIsPrefix !== true) return this.#anyWordScore(field, words, document, boost);
      return sumOfAny(words.map((word) => this.#termScore(field, word, document, boost)));
    }
    const found = places.map(({ place, words }) =>
      this.#placed(document, field).flatMap((entry) => (words.includes(entry.word) ? [entry.place - place] : [])),
    );
    const starts = found.map((list) => [...new Set(list)]);
    const words = places.flatMap((place) => place.words).filter((word) => this.#docFrequency(field, word) > 0);
    const idf = fround(words.reduce((total, word) => total + this.#idf(field, this.#docFrequency(field, word)), 0));
    if (slop > 0) return isNear(starts, places, slop) ? Number.NaN : undefined;
    const frequency = (starts[0] ?? []).filter((start) => starts.every((list) => list.includes(start))).length;
    return frequency === 0 ? undefined : this.#bm25(field, document, fround(boost * idf), frequency);
  }

  /** Words that stand for each other: the greatest document frequency, the sum of frequencies. */
  #anyWordScore(field: string, words: readonly string[], document: EngineDocument, boost: number): MaybeScore {
    const frequency = this.#strings(document, field).filter((word) => words.includes(word)).length;
    if (frequency === 0) return undefined;
    const docFrequency = Math.max(...words.map((word) => this.#docFrequency(field, word)));
    return this.#bm25(field, document, fround(boost * this.#idf(field, docFrequency)), frequency);
  }

  #fuzzyScore(
    field: string,
    value: string,
    options: FuzzyOptions,
    document: EngineDocument,
    boost: number,
  ): MaybeScore {
    const chosen = this.#closeWords(field, value, options);
    const docFrequency = Math.max(...chosen.map(({ word }) => this.#docFrequency(field, word)));
    return sumOfAny(
      chosen.map(({ word, share }) => this.#termScore(field, word, document, fround(boost * share), docFrequency)),
    );
  }

  #closeWords(field: string, value: string, options: FuzzyOptions): { word: string; share: number }[] {
    const { fuzziness, prefixLength = 0, maxExpansions = 50, transpositions = true } = options;
    const auto = (low: number, high: number): number => (value.length < low ? 0 : value.length < high ? 1 : 2);
    const allowed = typeof fuzziness === 'number' ? fuzziness : auto(fuzziness.low, fuzziness.high);
    return this.#words(field)
      .flatMap((word) => {
        if (prefixLength >= value.length && word !== value) return [];
        if (word.slice(0, prefixLength) !== value.slice(0, prefixLength)) return [];
        const edits = distance(value.slice(prefixLength), word.slice(prefixLength), transpositions);
        if (edits > allowed) return [];
        const share = edits === 0 ? 1 : Math.max(0, fround(1 - fround(edits / Math.min(word.length, value.length))));
        return [{ word, share }];
      })
      .sort((a, b) => b.share - a.share || byBytes(a.word, b.word))
      .slice(0, maxExpansions);
  }

  /** Words of a text field; distinct values of a keyword field; else the values. */
  #values(document: EngineDocument, field: string): readonly FieldValue[] {
    const values = document.fields[field] ?? [];
    if (this.#type(field) === 'text') return this.#strings(document, field);
    return this.#type(field) === 'keyword' ? [...new Set(values)] : values;
  }

  #strings(document: EngineDocument, field: string): readonly string[] {
    if (this.#type(field) === 'text') return this.#placed(document, field).map(({ word }) => word);
    return this.#type(field) === 'keyword' ? [...new Set(document.fields[field] ?? [])].map(String) : [];
  }

  #placed(document: EngineDocument, field: string): readonly PlacedWord[] {
    const byField = this.#wordsOf.get(document) ?? new Map<string, readonly PlacedWord[]>();
    this.#wordsOf.set(document, byField);
    const known = byField.get(field);
    if (known !== undefined) return known;
    let base = 0;
    const placed = (document.fields[field] ?? []).flatMap((value) => {
      const { places, size } = oraclePlaces(String(value), this.#analyzer(field));
      const own = places.map(({ place, words }) => ({ word: words[0] ?? '', place: base + place }));
      base += size + GAP;
      return own;
    });
    byField.set(field, placed);
    return placed;
  }

  #termScore(
    field: string,
    value: FieldValue,
    document: EngineDocument,
    boost: number,
    docFrequency?: number,
  ): MaybeScore {
    const frequency = this.#values(document, field).filter((other) => other === value).length;
    if (frequency === 0) return undefined;
    const type = this.#type(field);
    if (type !== 'text' && type !== 'keyword') return boost;
    const idf = this.#idf(field, docFrequency ?? this.#docFrequency(field, String(value)));
    return this.#bm25(field, document, fround(boost * idf), frequency);
  }

  #bm25(field: string, document: EngineDocument, weight: number, frequency: number): number {
    const length =
      this.#type(field) === 'keyword' ? 1 : decodeLength(encodeLength(this.#strings(document, field).length));
    const [k1, b] = [fround(1.2), fround(0.75)];
    const share = fround(fround(b * length) / this.#count(field).average);
    const factor = fround(1 / fround(k1 * fround(fround(1 - b) + share)));
    return fround(weight - fround(weight / fround(1 + fround(frequency * factor))));
  }

  #idf(field: string, docFrequency: number): number {
    const docCount = Math.max(docFrequency, this.#count(field).docCount);
    return fround(Math.log(1 + (docCount - docFrequency + 0.5) / (docFrequency + 0.5)));
  }

  /** Counted over all documents, once until they change. */
  #count(field: string): Counts {
    const known = this.#counts.get(field);
    if (known !== undefined) return known;
    const lengths = [...this.#documents.values()]
      .map((document) => this.#strings(document, field).length)
      .filter((length) => length > 0);
    const totalTokens = lengths.reduce((total, length) => total + length, 0);
    const counted = { docCount: lengths.length, totalTokens, average: fround(totalTokens / lengths.length) };
    this.#counts.set(field, counted);
    return counted;
  }

  #docFrequency(field: string, word: string): number {
    const key = `${field} ${word}`;
    const known = this.#frequencies.get(key);
    if (known !== undefined) return known;
    const having = [...this.#documents.values()].filter((document) => this.#strings(document, field).includes(word));
    this.#frequencies.set(key, having.length);
    return having.length;
  }

  /** Words that occur in a field. */
  #words(field: string): string[] {
    const known = this.#vocabulary.get(field);
    if (known !== undefined) return [...known];
    const words = [...new Set([...this.#documents.values()].flatMap((document) => this.#strings(document, field)))];
    this.#vocabulary.set(field, words);
    return [...words];
  }

  #type(field: string): FieldType | undefined {
    const options = this.#schema[field];
    return typeof options === 'string' ? options : options?.type;
  }

  #analyzer(field: string): string {
    const options = this.#schema[field];
    return typeof options === 'object' ? (options.analyzer ?? 'standard') : 'standard';
  }

  #parsed(field: string, text: string): FieldValue {
    const type = this.#type(field);
    if (type === 'keyword' || type === undefined) return text;
    return type === 'boolean' ? text === 'true' : Number(text);
  }
}

function joined(
  scores: readonly MaybeScore[],
  { operator, minimumShouldMatch }: { readonly operator?: string; readonly minimumShouldMatch?: string | number },
): MaybeScore {
  if (scores.length === 1) return scores[0];
  const found = scores.filter((score) => score !== undefined);
  const wanted = operator === 'and' ? scores.length : Math.max(1, minimum(scores.length, minimumShouldMatch) ?? 1);
  return found.length === 0 || found.length < wanted ? undefined : sum(found);
}

function sumOfAny(scores: readonly MaybeScore[]): MaybeScore {
  const found = scores.filter((score) => score !== undefined);
  return found.length === 0 ? undefined : sum(found);
}

function sum(scores: readonly number[]): number {
  return fround(scores.reduce((total, score) => total + score, 0));
}

function disMax(scores: readonly MaybeScore[], tieBreaker = 0): MaybeScore {
  const found = scores.filter((score) => score !== undefined);
  if (found.length === 0) return undefined;
  const best = Math.max(...found);
  return fround(best + tieBreaker * (found.reduce((total, score) => total + score, 0) - best));
}

function minimum(count: number, wanted: string | number | undefined): number | undefined {
  if (wanted === undefined) return undefined;
  const text = String(wanted);
  if (text.includes('<')) {
    const conditions = text.split(' ').map((part) => part.split('<'));
    const holding = conditions.filter(([bound]) => count > Number(bound)).at(-1);
    return holding === undefined ? count : minimum(count, holding[1]);
  }
  const value = text.endsWith('%') ? Math.trunc((count * Number.parseInt(text, 10)) / 100) : Number(text);
  return Math.max(0, value < 0 ? count + value : value);
}

function isWithin(value: FieldValue, { gte, gt, lte, lt }: RangeBounds): boolean {
  if (gte !== undefined && value < gte) return false;
  if (gt !== undefined && value <= gt) return false;
  if (lte !== undefined && value > lte) return false;
  return lt === undefined || value < lt;
}

function isSame(a: string, b: FieldValue): boolean {
  return a.toLowerCase() === String(b).toLowerCase();
}

function patternOf(query: QueryOf<'prefix'> | QueryOf<'wildcard'> | QueryOf<'regexp'>): RegExp {
  const flags = query.caseInsensitive === true ? 'isu' : 'su';
  if (query.kind === 'regexp') return new RegExp(`^(?:${query.pattern})$`, flags);
  if (query.kind === 'prefix') return new RegExp(`^${query.value}`, flags);
  return new RegExp(`^${query.pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags);
}

/** Edits between two words; neighbours that change places are one edit, and are not edited further. */
function distance(a: string, b: string, transpositions: boolean): number {
  const edits = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = i * 64 + j;
    const known = table.get(key);
    if (known !== undefined) return known;
    const isSwap = transpositions && i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    const best = Math.min(
      edits(i - 1, j) + 1,
      edits(i, j - 1) + 1,
      edits(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
      isSwap ? edits(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
    );
    table.set(key, best);
    return best;
  };
  const table = new Map<number, number>();
  return edits(a.length, b.length);
}

/** Whether words stand near enough: starts of places differ by `slop` at most, no two places on one position. */
function isNear(starts: readonly (readonly number[])[], places: readonly QueryPlace[], slop: number): boolean {
  const search = (at: number, taken: readonly number[]): boolean => {
    if (at === starts.length) return Math.max(...taken) - Math.min(...taken) <= slop;
    return (starts[at] ?? []).some((start) => {
      const position = start + (places[at]?.place ?? 0);
      if (taken.some((other, i) => other + (places[i]?.place ?? 0) === position)) return false;
      return search(at + 1, [...taken, start]);
    });
  };
  return search(0, []);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function compareByKeys(
  keys: readonly SortKey[],
  a: readonly (FieldValue | null)[],
  b: readonly (FieldValue | null)[],
): number {
  for (const [i, { order, missing }] of keys.entries()) {
    const [left, right] = [a[i] ?? null, b[i] ?? null];
    if (left === right) continue;
    if (left === null) return missing === '_first' ? -1 : 1;
    if (right === null) return missing === '_first' ? 1 : -1;
    return left < right === (order === 'asc') ? -1 : 1;
  }
  return 0;
}

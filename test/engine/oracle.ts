/**
 * A second opinion: answers queries by looking at every document, without an index. Slow, and written apart from the
 * engine but for the rounding of lengths; texts are words of ASCII letters parted by blanks.
 */
import type { EngineDocument, EngineSearch, Schema, SortKey } from '../../src/engine/engine.ts';
import type { FieldValue, FuzzyOptions, Query } from '../../src/engine/query/query.ts';
import { functionScore } from './oracle-functions.ts';
import { compareByKeys, disMax, joined, type MaybeScore, minimum, sum, sumOfAny } from './oracle-scores.ts';
import { OracleTexts } from './oracle-texts.ts';
import { byBytes, distance, isNear, isSame, isWithin, oraclePlaces, patternOf } from './oracle-words.ts';

/** A hit; a score that is not known (of sloppy phrases) is NaN. */
export type OracleHit = { readonly id: string; readonly score: number; readonly position: number };

type QueryOf<K extends Query['kind']> = Extract<Query, { kind: K }>;

const { fround } = Math;
export class Oracle {
  readonly #texts: OracleTexts;

  constructor(schema: Schema) {
    this.#texts = new OracleTexts(schema);
  }

  put(document: EngineDocument): void {
    this.#texts.put(document);
  }

  delete(id: string): boolean {
    return this.#texts.delete(id);
  }

  /** All matches, in order. */
  search({ query, sort, searchAfter, minScore, postFilter }: EngineSearch): OracleHit[] {
    const keys = sort ?? [{ field: '_score', order: 'desc' }];
    return [...this.#texts.documents]
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
        return constantIf(this.#texts.values(document, query.field).length > 0);
      case 'constantScore':
        return constantIf(this.score(query.filter, document, 1) !== undefined);
      case 'range':
        return constantIf(this.#texts.values(document, query.field).some((value) => isWithin(value, query.bounds)));
      case 'terms':
        return constantIf(this.#texts.values(document, query.field).some((value) => query.values.includes(value)));
      case 'term':
        if (query.caseInsensitive === true)
          return constantIf(this.#texts.strings(document, query.field).some((value) => isSame(value, query.value)));
        return this.#termScore(query.field, query.value, document, boost);
      case 'prefix':
      case 'wildcard':
      case 'regexp': {
        const pattern = patternOf(query);
        return constantIf(this.#texts.strings(document, query.field).some((value) => pattern.test(value)));
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
    if (this.#texts.type(field) !== 'text')
      return this.#termScore(field, this.#texts.parsed(field, text), document, boost);
    const { places } = oraclePlaces(text, query.analyzer ?? this.#texts.analyzer(field));
    if (places.length === 0) return query.zeroTerms === 'all' ? boost : undefined;
    const scores = places.map(({ words }, i): MaybeScore => {
      if (query.lastIsPrefix === true && i === places.length - 1) {
        const found = this.#texts
          .strings(document, field)
          .some((value) => words.some((word) => value.startsWith(word)));
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
      const isText = this.#texts.type(entry.field) === 'text';
      const key = isText ? (query.analyzer ?? this.#texts.analyzer(entry.field)) : this.#texts.type(entry.field);
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
      .map((entry) => ({ ...entry, frequency: this.#texts.docFrequency(entry.field, word) }))
      .filter(({ frequency }) => frequency > 0)
      .sort((a, b) => b.frequency - a.frequency);
    const most = Math.min(...known.map(({ field }) => this.#texts.count(field).totalTokens));
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
    if (this.#texts.type(field) !== 'text')
      return this.#termScore(field, this.#texts.parsed(field, text), document, boost);
    const { places } = oraclePlaces(text, query.analyzer ?? this.#texts.analyzer(field));
    const last = places.at(-1);
    if (last === undefined) return query.zeroTerms === 'all' ? boost : undefined;
    if (query.lastIsPrefix === true) {
      const starts = this.#texts.words(field).filter((word) => last.words.some((start) => word.startsWith(start)));
      places.splice(-1, 1, { ...last, words: starts.sort(byBytes).slice(0, query.maxExpansions ?? 50) });
    }
    if (places.length === 1) {
      const words = places[0]?.words ?? [];
      if (query.lastIsPrefix !== true) return this.#anyWordScore(field, words, document, boost);
      return sumOfAny(words.map((word) => this.#termScore(field, word, document, boost)));
    }
    const found = places.map(({ place, words }) =>
      this.#texts.placed(document, field).flatMap((entry) => (words.includes(entry.word) ? [entry.place - place] : [])),
    );
    const starts = found.map((list) => [...new Set(list)]);
    const words = places.flatMap((place) => place.words).filter((word) => this.#texts.docFrequency(field, word) > 0);
    const idf = fround(
      words.reduce((total, word) => total + this.#texts.idf(field, this.#texts.docFrequency(field, word)), 0),
    );
    if (slop > 0) return isNear(starts, places, slop) ? Number.NaN : undefined;
    const frequency = (starts[0] ?? []).filter((start) => starts.every((list) => list.includes(start))).length;
    return frequency === 0 ? undefined : this.#texts.bm25(field, document, fround(boost * idf), frequency);
  }

  /** Words that stand for each other: the greatest document frequency, the sum of frequencies. */
  #anyWordScore(field: string, words: readonly string[], document: EngineDocument, boost: number): MaybeScore {
    const frequency = this.#texts.strings(document, field).filter((word) => words.includes(word)).length;
    if (frequency === 0) return undefined;
    const docFrequency = Math.max(...words.map((word) => this.#texts.docFrequency(field, word)));
    return this.#texts.bm25(field, document, fround(boost * this.#texts.idf(field, docFrequency)), frequency);
  }

  #fuzzyScore(
    field: string,
    value: string,
    options: FuzzyOptions,
    document: EngineDocument,
    boost: number,
  ): MaybeScore {
    const chosen = this.#closeWords(field, value, options);
    const docFrequency = Math.max(...chosen.map(({ word }) => this.#texts.docFrequency(field, word)));
    return sumOfAny(
      chosen.map(({ word, share }) => this.#termScore(field, word, document, fround(boost * share), docFrequency)),
    );
  }

  #closeWords(field: string, value: string, options: FuzzyOptions): { word: string; share: number }[] {
    const { fuzziness, prefixLength = 0, maxExpansions = 50, transpositions = true } = options;
    const auto = (low: number, high: number): number => (value.length < low ? 0 : value.length < high ? 1 : 2);
    const allowed = typeof fuzziness === 'number' ? fuzziness : auto(fuzziness.low, fuzziness.high);
    return this.#texts
      .words(field)
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

  #termScore(
    field: string,
    value: FieldValue,
    document: EngineDocument,
    boost: number,
    docFrequency?: number,
  ): MaybeScore {
    const frequency = this.#texts.values(document, field).filter((other) => other === value).length;
    if (frequency === 0) return undefined;
    const type = this.#texts.type(field);
    if (type !== 'text' && type !== 'keyword') return boost;
    const idf = this.#texts.idf(field, docFrequency ?? this.#texts.docFrequency(field, String(value)));
    return this.#texts.bm25(field, document, fround(boost * idf), frequency);
  }
}

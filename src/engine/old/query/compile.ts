/**
 * Compiles a query tree to matchers for one index. Boosts multiply down to the leaves, as in Lucene, and only parts
 * whose scores are wanted work them out.
 */

import { analyze } from '../../analysis/analyze.ts';
import type { QueryStatistics } from '../../engine.ts';
import type { FieldValue, MinimumShouldMatch, Query } from '../../query/query.ts';
import type { Bm25Parameters } from '../../score/bm25.ts';
import { columnValue, parseValue, termValue } from '../memory/field-values.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import { AnyTermMatcher } from './any-term-matcher.ts';
import { BoolMatcher } from './bool-matcher.ts';
import { DisMaxMatcher } from './dis-max-matcher.ts';
import { fieldExists, numbersEqual, numbersWithin, termsWithin } from './field-scans.ts';
import type { Matcher } from './matcher.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import { PostingsMatcher } from './postings-matcher.ts';
import { AllMatcher, AnyMatcher, ConstantMatcher, NoneMatcher } from './set-matchers.ts';
import { TermWeights } from './term-weights.ts';

/** What a query is compiled against. */
export type CompileOptions = {
  readonly index: MemoryIndex;
  readonly parameters: Bm25Parameters;
  readonly statistics?: QueryStatistics | undefined;
  /** Whether scores are wanted. */
  readonly scoring: boolean;
};

type QueryOf<K extends Query['kind']> = Extract<Query, { kind: K }>;
/** Boost of a clause with those above it; undefined where no scores are wanted. */
type Boost = number | undefined;

/** Compiles a query; throws CoppiceError `BAD_REQUEST` on a value that is not of its field's type. */
export function compile(query: Query, { index, parameters, statistics, scoring }: CompileOptions): Matcher {
  const weights = new TermWeights({ index, parameters, statistics });
  return new Compiler(index, weights).compile(query, scoring ? 1 : undefined);
}

class Compiler {
  readonly #index: MemoryIndex;
  readonly #weights: TermWeights;

  constructor(index: MemoryIndex, weights: TermWeights) {
    this.#index = index;
    this.#weights = weights;
  }

  compile(query: Query, outer: Boost): Matcher {
    const boost = outer === undefined ? undefined : Math.fround(outer * (query.boost ?? 1));
    switch (query.kind) {
      case 'matchAll':
        return constant(new AllMatcher(), boost);
      case 'matchNone':
        return new NoneMatcher();
      case 'match':
        return this.#match(query, boost);
      case 'term':
        return this.#term(query.field, query.value, boost);
      case 'terms':
        return constant(this.#terms(query), boost);
      case 'range':
        return constant(this.#range(query), boost);
      case 'exists':
        return constant(fieldExists(this.#index, query.field), boost);
      case 'ids':
        return constant(this.#ids(query.ids), boost);
      case 'constantScore':
        return constant(this.compile(query.filter, undefined), boost);
      case 'disMax':
        return this.#disMax(query, boost);
      case 'bool':
        return this.#bool(query, boost);
      default:
        throw new Error(`no ${query.kind} yet`);
    }
  }

  #match({ field, text, operator, minimumShouldMatch: minimum }: QueryOf<'match'>, boost: Boost): Matcher {
    const type = this.#index.types.get(field);
    if (type === undefined) return new NoneMatcher();
    if (type === 'keyword') return this.#term(field, text, boost);
    if (type !== 'text') return this.#term(field, parseValue(field, type, text), boost);
    const matchers = analyze(text).map(({ term }) => this.#posted(field, term, boost));
    if (matchers.length < 2) return matchers[0] ?? new NoneMatcher();
    const wanted = operator === 'and' ? matchers.length : optionalCount(matchers.length, minimum, 1);
    if (wanted > matchers.length) return new NoneMatcher();
    if (wanted === 1) return anyTerm(matchers, boost);
    if (wanted < matchers.length) return combined({ should: matchers, minimumShould: wanted }, boost);
    return combined({ must: matchers, minimumShould: 0 }, boost);
  }

  #term(field: string, value: FieldValue, boost: Boost): Matcher {
    const type = this.#index.types.get(field);
    if (type === undefined) return new NoneMatcher();
    if (type === 'text' || type === 'keyword') return this.#posted(field, termValue(field, type, value), boost);
    return constant(numbersEqual(this.#index, field, [columnValue(field, type, value)]), boost);
  }

  #terms({ field, values }: QueryOf<'terms'>): Matcher {
    const type = this.#index.types.get(field);
    if (type === undefined) return new NoneMatcher();
    if (type !== 'text' && type !== 'keyword') {
      return numbersEqual(
        this.#index,
        field,
        values.map((value) => columnValue(field, type, value)),
      );
    }
    return new AnyMatcher(values.map((value) => this.#posted(field, termValue(field, type, value), undefined)));
  }

  #range({ field, bounds }: QueryOf<'range'>): Matcher {
    const type = this.#index.types.get(field);
    if (type === undefined) return new NoneMatcher();
    if (type === 'text' || type === 'keyword') return termsWithin(this.#index, field, bounds);
    return numbersWithin(this.#index, field, bounds);
  }

  #ids(ids: readonly string[]): Matcher {
    const found = ids.flatMap((id) => this.#index.documents.ordinalOf(id) ?? []);
    const ordinals = Uint32Array.from(new Set(found)).sort();
    return new PostingsMatcher({ ordinals, frequencies: new Uint16Array(0) });
  }

  #posted(field: string, term: string, boost: Boost): Matcher {
    const list = this.#index.inverted(field)?.postings(term);
    if (list === undefined) return new NoneMatcher();
    return boost === undefined
      ? new PostingsMatcher(list)
      : new PostingsMatcher(list, this.#weights.scoring(field, term, boost));
  }

  #disMax({ queries, tieBreaker }: QueryOf<'disMax'>, boost: Boost): Matcher {
    const matchers = queries.map((query) => this.compile(query, boost));
    return boost === undefined ? new AnyMatcher(matchers) : new DisMaxMatcher(matchers, tieBreaker ?? 0);
  }

  #bool(query: QueryOf<'bool'>, boost: Boost): Matcher {
    const { must = [], should = [], filter = [], mustNot = [] } = query;
    if (must.length + should.length + filter.length + mustNot.length === 0) return constant(new AllMatcher(), boost);
    const needsShould = must.length + filter.length === 0 && should.length > 0;
    const minimum = optionalCount(should.length, query.minimumShouldMatch, needsShould ? 1 : 0);
    if (minimum > should.length) return new NoneMatcher();
    const scored = (query: Query): Matcher => this.compile(query, boost);
    const unscored = (query: Query): Matcher => this.compile(query, undefined);
    const clauses = {
      must: must.map(scored),
      should: should.map(scored),
      filter: filter.map(unscored),
      mustNot: mustNot.map(unscored),
    };
    return combined({ ...clauses, minimumShould: minimum }, boost);
  }
}

/** Clauses that must match: what is wanted, but at least `least`. */
function optionalCount(clauseCount: number, wanted: MinimumShouldMatch | undefined, least: number): number {
  return wanted === undefined ? least : Math.max(least, minimumShouldMatch(clauseCount, wanted));
}

function anyTerm(matchers: readonly Matcher[], boost: Boost): Matcher {
  if (boost === undefined) return new AnyMatcher(matchers);
  return new AnyTermMatcher(matchers.filter((matcher) => matcher instanceof PostingsMatcher));
}

type Clauses = {
  must?: readonly Matcher[];
  should?: readonly Matcher[];
  filter?: readonly Matcher[];
  mustNot?: readonly Matcher[];
};

function combined(
  { must = [], should = [], filter = [], mustNot = [], minimumShould }: Clauses & { minimumShould: number },
  boost: Boost,
): Matcher {
  return new BoolMatcher({ must, should, filter, mustNot, minimumShould }, boost !== undefined);
}

function constant(matcher: Matcher, boost: Boost): Matcher {
  return boost === undefined ? matcher : new ConstantMatcher(matcher, boost);
}

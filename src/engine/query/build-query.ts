/**
 * Builds the nodes of a query: the first step of every search. Values are checked against the types of their fields,
 * texts analysed, boosts multiplied down to the leaves.
 */
import { CoppiceError } from '../../errors.ts';
import { prefixAutomaton } from '../automata/prefix-automaton.ts';
import { rangeAutomaton } from '../automata/range-automaton.ts';
import { regexpAutomaton } from '../automata/regexp-automaton.ts';
import { wildcardAutomaton } from '../automata/wildcard-automaton.ts';
import { MAX_SCORE_FACTOR } from '../score/score-functions.ts';
import { searchAnalyzer } from './analyzed-text.ts';
import { boolNode } from './bool-node.ts';
import { type Boost, BuildContext } from './build-context.ts';
import { buildCrossFields, buildFuzzy, buildMatch, disMaxNode } from './build-match.ts';
import { buildPhrase } from './build-phrase.ts';
import { checkFunction } from './check-functions.ts';
import { columnValue, numberBounds, parseValue, termValue } from './field-values.ts';
import { filterKey } from './filter-key.ts';
import { innerQueries } from './inner-queries.ts';
import { minimumShouldMatch } from './minimum-should-match.ts';
import type { FieldValue, Query, RangeBounds } from './query.ts';
import type { QueryLimits } from './query-limits.ts';
import { ALL, constantNode, NONE, type QueryNode } from './query-node.ts';
import type { SearchTerms } from './search-terms.ts';
import { boundedRun, prefixRun } from './term-span.ts';

type QueryOf<K extends Query['kind']> = Extract<Query, { kind: K }>;

/** What a query is built for. */
export type BuildOptions = {
  readonly terms: SearchTerms;
  readonly limits: QueryLimits;
  /** Whether scores are wanted. */
  readonly isScoring: boolean;
};

/**
 * Builds a query.
 *
 * @throws CoppiceError `BAD_REQUEST` for a value that is not of its field's type, `LIMIT_EXCEEDED` beyond a limit.
 */
export function buildQuery(query: Query, { terms, limits, isScoring }: BuildOptions): QueryNode {
  const builder = new QueryBuilder(new BuildContext(terms, limits));
  return builder.build(query, isScoring ? 1 : undefined);
}

class QueryBuilder {
  readonly #context: BuildContext;
  #depth = 0;
  /** Whether what is being built is inside a filter that is kept whole. */
  #isInFilter = false;

  constructor(context: BuildContext) {
    this.#context = context;
  }

  build(query: Query, outer: Boost): QueryNode {
    this.#context.limits.checkDepth(++this.#depth);
    const boost = outer === undefined ? undefined : Math.fround(outer * (query.boost ?? 1));
    if (boost !== undefined && !(boost >= 0 && boost <= MAX_SCORE_FACTOR))
      throw new CoppiceError('BAD_REQUEST', `boosts multiply to ${boost}; from 0 to ${MAX_SCORE_FACTOR} is allowed`);
    const node = this.#build(query, boost);
    this.#depth--;
    return node;
  }

  /** A query without scores, which may be kept as a bitmap. */
  buildFilter(query: Query): QueryNode {
    if (this.#isInFilter) return this.build(query, undefined);
    this.#isInFilter = true;
    const node = this.build(query, undefined);
    this.#isInFilter = false;
    const isTrivial = node.kind === 'all' || node.kind === 'none' || node.kind === 'ids' || node.kind === 'filter';
    return isTrivial || !isStable(query) ? node : { kind: 'filter', child: node, key: filterKey(query) };
  }

  #build(query: Query, boost: Boost): QueryNode {
    switch (query.kind) {
      case 'matchAll':
        this.#context.limits.addClauses(1);
        return constantNode(ALL, boost);
      case 'matchNone':
        return NONE;
      case 'match':
        return this.#match(query, boost);
      case 'crossFields':
        return buildCrossFields(this.#context, query, boost);
      case 'phrase':
        return this.#phrase(query, boost);
      case 'term':
        return this.#term(query, boost);
      case 'terms':
        return constantNode(this.#terms(query), boost);
      case 'range':
        return constantNode(this.#range(query.field, query.bounds), boost);
      case 'exists':
        return constantNode(this.#exists(query.field), boost);
      case 'ids':
        this.#context.limits.addClauses(1);
        return constantNode({ kind: 'ids', ids: query.ids }, boost);
      case 'prefix':
      case 'wildcard':
      case 'regexp':
        return constantNode(this.#pattern(query), boost);
      case 'fuzzy':
        return this.#fuzzy(query, boost);
      case 'constantScore':
        return constantNode(this.buildFilter(query.filter), boost);
      case 'disMax':
        return disMaxNode(
          query.queries.map((inner) => this.build(inner, boost)),
          query.tieBreaker ?? 0,
          boost,
        );
      case 'boosting':
        return this.#boosting(query, boost);
      case 'functionScore':
        return this.#functionScore(query, boost);
      case 'bool':
        return this.#bool(query, boost);
    }
  }

  #match(query: QueryOf<'match'>, boost: Boost): QueryNode {
    const type = this.#context.options(query.field)?.type;
    if (type === 'text') return buildMatch(this.#context, query, boost);
    return this.#exact(query.field, query.text, boost);
  }

  #phrase(query: QueryOf<'phrase'>, boost: Boost): QueryNode {
    const type = this.#context.options(query.field)?.type;
    if (type === 'text') return buildPhrase(this.#context, query, boost);
    return this.#exact(query.field, query.text, boost);
  }

  /** A text that is not analysed: one value. */
  #exact(field: string, text: string, boost: Boost): QueryNode {
    const type = this.#context.options(field)?.type;
    if (type === undefined) return NONE;
    return this.#value(field, type === 'keyword' || type === 'text' ? text : parseValue(field, type, text), boost);
  }

  #term({ field, value, caseInsensitive }: QueryOf<'term'>, boost: Boost): QueryNode {
    const type = this.#context.options(field)?.type;
    if (caseInsensitive !== true || (type !== 'text' && type !== 'keyword')) return this.#value(field, value, boost);
    const pattern = termValue(field, type, value).replace(/[*?\\]/g, '\\$&');
    const automaton = wildcardAutomaton(pattern, { caseInsensitive: true });
    return constantNode(this.#context.accepted(this.#context.searchField(field), automaton), boost);
  }

  #value(field: string, value: FieldValue, boost: Boost): QueryNode {
    const type = this.#context.options(field)?.type;
    if (type === undefined) return NONE;
    if (type === 'text' || type === 'keyword')
      return this.#context.term(this.#context.searchField(field), termValue(field, type, value), boost);
    this.#context.limits.addClauses(1);
    const number = columnValue(field, type, value);
    return constantNode({ kind: 'range', field, from: number, to: number }, boost);
  }

  #terms({ field, values }: QueryOf<'terms'>): QueryNode {
    this.#context.limits.addClauses(1);
    const type = this.#context.options(field)?.type;
    if (type === undefined) return NONE;
    if (type === 'text' || type === 'keyword') {
      const words = values.map((value) => termValue(field, type, value));
      return this.#context.anyTerm(this.#context.searchField(field), words);
    }
    const numbers = new Set(values.map((value) => columnValue(field, type, value)));
    if (numbers.size === 0) return NONE;
    return { kind: 'numbers', field, values: Float64Array.from(numbers).sort() };
  }

  #range(field: string, bounds: RangeBounds): QueryNode {
    const type = this.#context.options(field)?.type;
    if (type === undefined) return NONE;
    if (type === 'text' || type === 'keyword') return this.#termRange(field, type, bounds);
    this.#context.limits.addClauses(1);
    const { from, to } = numberBounds(field, type, bounds);
    return from <= to ? { kind: 'range', field, from, to } : NONE;
  }

  #termRange(field: string, type: 'text' | 'keyword', bounds: RangeBounds): QueryNode {
    const normalize = this.#normalizer(field);
    const term = (value: FieldValue | undefined): string | undefined =>
      value === undefined ? undefined : normalize(termValue(field, type, value));
    const { gte, gt, lte, lt } = bounds;
    const [from, above, to, below] = [term(gte), term(gt), term(lte), term(lt)];
    const within = {
      ...(from === undefined ? {} : { gte: from }),
      ...(above === undefined ? {} : { gt: above }),
      ...(to === undefined ? {} : { lte: to }),
      ...(below === undefined ? {} : { lt: below }),
    };
    const searchField = this.#context.searchField(field);
    return this.#context.accepted(searchField, rangeAutomaton(within), boundedRun(within));
  }

  #exists(field: string): QueryNode {
    this.#context.limits.addClauses(1);
    return this.#context.options(field) === undefined ? NONE : { kind: 'exists', field };
  }

  #pattern(query: QueryOf<'prefix'> | QueryOf<'wildcard'> | QueryOf<'regexp'>): QueryNode {
    const type = this.#context.options(query.field)?.type;
    if (type !== 'text' && type !== 'keyword') return NONE;
    const field = this.#context.searchField(query.field);
    const automaton = this.#automaton(query);
    if (query.kind !== 'prefix' || query.caseInsensitive === true) return this.#context.accepted(field, automaton);
    return this.#context.accepted(field, automaton, prefixRun(this.#normalizer(query.field)(query.value)));
  }

  #automaton(query: QueryOf<'prefix'> | QueryOf<'wildcard'> | QueryOf<'regexp'>): ReturnType<typeof prefixAutomaton> {
    return patternAutomaton(query, this.#normalizer(query.field));
  }

  #fuzzy(query: QueryOf<'fuzzy'>, boost: Boost): QueryNode {
    const type = this.#context.options(query.field)?.type;
    if (type !== 'text' && type !== 'keyword') return this.#exact(query.field, query.value, boost);
    const value = this.#normalizer(query.field)(query.value);
    return buildFuzzy(this.#context, this.#context.searchField(query.field), { value, fuzzy: query, boost });
  }

  /** What the field's analyzer does to single terms; keywords are left alone. */
  #normalizer(field: string): (term: string) => string {
    const options = this.#context.options(field);
    if (options?.type !== 'text') return (term) => term;
    const analyzer = searchAnalyzer(this.#context.view, options, undefined);
    return (term) => analyzer.normalize(term);
  }

  #boosting({ positive, negative, negativeBoost }: QueryOf<'boosting'>, boost: Boost): QueryNode {
    const node = this.build(positive, boost);
    if (boost === undefined || node.kind === 'none') return node;
    return { kind: 'boosting', positive: node, negative: this.buildFilter(negative), factor: negativeBoost };
  }

  #functionScore(query: QueryOf<'functionScore'>, boost: Boost): QueryNode {
    const { minScore, boostMode = 'multiply', scoreMode = 'multiply', maxBoost = 3.4028234663852886e38 } = query;
    for (const scoreFunction of query.functions) checkFunction(this.#context.view, scoreFunction);
    if (boost === undefined && minScore === undefined) return this.build(query.query, undefined);
    const child = this.build(query.query, boost ?? query.boost ?? 1);
    if (child.kind === 'none') return NONE;
    const functions = query.functions.map((scoreFunction) => ({
      filter: scoreFunction.filter === undefined ? undefined : this.buildFilter(scoreFunction.filter),
      function: scoreFunction,
    }));
    return { kind: 'functionScore', child, functions, scoreMode, boostMode, maxBoost, minScore };
  }

  #bool(query: QueryOf<'bool'>, boost: Boost): QueryNode {
    const { must = [], should = [], filter = [], mustNot = [] } = query;
    if (must.length + should.length + filter.length + mustNot.length === 0) return constantNode(ALL, boost);
    const least = must.length + filter.length === 0 && should.length > 0 ? 1 : 0;
    const wanted = query.minimumShouldMatch;
    const minimum = wanted === undefined ? least : Math.max(least, minimumShouldMatch(should.length, wanted));
    const isScoring = boost !== undefined;
    const scored = (inner: Query): QueryNode => this.build(inner, boost);
    const unscored = (inner: Query): QueryNode => this.buildFilter(inner);
    const clauses = {
      must: must.map(scored),
      should: should.map(scored),
      filter: filter.map(unscored),
      mustNot: mustNot.map(unscored),
      minimum,
    };
    return boolNode(clauses, isScoring);
  }
}

/** The automaton of a pattern. `normalize` is applied to what is literal in a prefix or wildcard pattern. */
export function patternAutomaton(
  query: QueryOf<'prefix'> | QueryOf<'wildcard'> | QueryOf<'regexp'>,
  normalize: (term: string) => string,
): ReturnType<typeof prefixAutomaton> {
  const { caseInsensitive = false } = query;
  if (query.kind === 'prefix') return prefixAutomaton(normalize(query.value), { caseInsensitive });
  if (query.kind === 'wildcard')
    return wildcardAutomaton(normalizeLiterals(query.pattern, normalize), { caseInsensitive });
  const { maxStates } = query;
  return regexpAutomaton(query.pattern, { caseInsensitive, ...(maxStates === undefined ? {} : { maxStates }) });
}

/** Normalizes the runs of a wildcard pattern between `*`, `?` and escaped characters. */
function normalizeLiterals(pattern: string, normalize: (term: string) => string): string {
  return pattern
    .split(/(\\.|[*?])/su)
    .map((piece, i) => (i % 2 === 1 ? piece : normalize(piece)))
    .join('');
}

/** Whether what a query matches in a part depends on the part alone, so that it may be remembered. */
function isStable(query: Query): boolean {
  if (query.kind === 'fuzzy' || query.kind === 'functionScore') return false;
  if (query.kind === 'match' && query.fuzzy !== undefined) return false;
  if (query.kind === 'phrase' && query.lastIsPrefix === true) return false;
  return innerQueries(query).every(isStable);
}

/**
 * Lucene's query syntax (org.apache.lucene.queryparser.classic, with Elasticsearch's additions). The grammar is in
 * `docs/queries.md`. As in Lucene, `AND` makes both its neighbours required, `OR` does so to none, and there is no
 * precedence between them: brackets are the way to say more.
 */
import type { FuzzyOptions, MinimumShouldMatch } from '../../engine/query/query.ts';
import { asNumber, compact, pathError } from '../shape.ts';
import { hasWildcard } from '../wildcard.ts';
import { checkRegexp } from './parse-field-query.ts';
import type { FieldNode, NodeBounds, QueryNode, WeightedField } from './query-node.ts';
import { QUERY_LIMITS } from './query-node.ts';
import { type Clause, joinClauses } from './query-string-clauses.ts';
import { QueryStringReader } from './query-string-reader.ts';

/** How a query string is read. */
export type QueryStringOptions = {
  /** Where the text stands in the body, for messages. */
  readonly path: string;
  /** Fields of words that name none; empty for all. */
  readonly fields: readonly WeightedField[];
  readonly operator: 'or' | 'and';
  readonly type: 'best_fields' | 'most_fields' | 'cross_fields';
  readonly tieBreaker?: number;
  readonly analyzer?: string;
  readonly phraseSlop?: number;
  /** What `~` means without a number. */
  readonly fuzzy: FuzzyOptions;
  readonly minimumShouldMatch?: MinimumShouldMatch;
  readonly lenient?: boolean;
  readonly allowLeadingWildcard: boolean;
  readonly maxStates?: number;
  readonly timeZone?: string;
};

/** Limits that hold for the whole body: called once for every clause; levels that are left. */
export type QueryStringNesting = { readonly addClause: () => void; readonly levels: number };

/** Levels that one group takes in the query tree: a combination, and a query of several fields in it. */
const LEVELS_PER_GROUP = 2;

/** Reads one query string. */
export class QueryStringParser {
  readonly #reader: QueryStringReader;
  readonly #options: QueryStringOptions;
  readonly #nesting: QueryStringNesting;
  #depth = 0;

  constructor(text: string, options: QueryStringOptions, nesting: QueryStringNesting) {
    this.#reader = new QueryStringReader(text, options.path);
    this.#options = options;
    this.#nesting = nesting;
  }

  /**
   * Reads the whole text; an empty one finds nothing.
   *
   * @throws CoppiceError `PARSING_FAILED` that names the place.
   */
  parse(): QueryNode {
    const node = this.#query(this.#options.fields, this.#options.minimumShouldMatch);
    if (!this.#reader.isAtEnd()) throw this.#reader.unexpected();
    return node;
  }

  /** Reads clauses up to the end or a closing bracket. */
  #query(fields: readonly WeightedField[], minimumShouldMatch?: MinimumShouldMatch): QueryNode {
    const reader = this.#reader;
    const clauses: Clause[] = [];
    if (++this.#depth * LEVELS_PER_GROUP > this.#nesting.levels)
      throw pathError(
        this.#options.path,
        `groups nest deeper than ${QUERY_LIMITS.depth} levels`,
        `at most ${QUERY_LIMITS.depth} levels`,
      );
    while (!reader.isAtEnd() && !reader.isAt(')')) {
      const conjunction = reader.conjunction();
      if (conjunction !== undefined && clauses.length === 0) throw reader.error(`unexpected [${conjunction}]`);
      const modifier = reader.modifier();
      if (reader.isAtEnd() || reader.isAt(')')) throw reader.unexpected();
      clauses.push({ conjunction, modifier, ...this.#clause(fields) });
    }
    this.#depth--;
    const { operator } = this.#options;
    return joinClauses(this.#withRuns(clauses, fields), { operator, minimumShouldMatch });
  }

  #clause(outer: readonly WeightedField[]): { node: QueryNode; word?: string } {
    const reader = this.#reader;
    this.#nesting.addClause();
    const field = reader.field();
    const fields = field === undefined ? outer : [{ pattern: field }];
    if (!reader.take('(')) return this.#term(fields, field);
    const node = this.#query(fields);
    if (!reader.take(')')) throw reader.error('[)] is missing');
    return { node: withBoost(node, this.#boost()) };
  }

  #term(fields: readonly WeightedField[], field: string | undefined): { node: QueryNode; word?: string } {
    const reader = this.#reader;
    if (reader.isAt('"')) return { node: this.#phrase(fields) };
    if (reader.isAt('/')) return { node: this.#regexp(fields) };
    if (reader.isAt('[') || reader.isAt('{')) {
      const bounds = reader.range();
      return { node: withBoost(this.#range(fields, bounds), this.#boost()) };
    }
    const { text, raw, hasWildcards } = reader.word();
    if (field === '_exists_') return { node: { kind: 'exists', field: text } };
    if (raw === '*') return { node: withBoost(this.#anything(fields, field), this.#boost()) };
    if (hasWildcards) return { node: withBoost(this.#wildcard(fields, raw), this.#boost()) };
    const comparison = /^(>=|<=|>|<)(.+)$/su.exec(text);
    if (comparison !== null) {
      const bounds = boundsOf(comparison[1] ?? '', comparison[2] ?? '');
      return { node: withBoost(this.#range(fields, bounds), this.#boost()) };
    }
    const fuzzy = this.#fuzziness();
    const boost = this.#boost();
    const node = withBoost(this.#words(fields, text, fuzzy), boost);
    return fuzzy === undefined && boost === undefined && field === undefined ? { node, word: text } : { node };
  }

  /** `*` alone is everything; of a field, what has the field. */
  #anything(fields: readonly WeightedField[], field: string | undefined): QueryNode {
    if (field === undefined || field === '*') return { kind: 'matchAll' };
    return this.#inFields(fields, { kind: 'exists', field: '' });
  }

  #words(fields: readonly WeightedField[], value: string, fuzzy?: FuzzyOptions): QueryNode {
    const { operator, analyzer, lenient, tieBreaker, type } = this.#options;
    const options = compact({ operator, analyzer, lenient, fuzzy });
    const single = singleFieldOf(fields);
    if (single !== undefined) return compact({ kind: 'match' as const, value, ...options, ...single });
    const ofType = fuzzy === undefined ? type : 'best_fields';
    return compact({ kind: 'multiMatch' as const, fields, value, type: ofType, tieBreaker, ...options });
  }

  #phrase(fields: readonly WeightedField[]): QueryNode {
    const value = this.#reader.quoted();
    const slop = this.#slop() ?? this.#options.phraseSlop;
    const { analyzer, lenient, tieBreaker } = this.#options;
    const options = compact({ slop, analyzer, lenient });
    const single = singleFieldOf(fields);
    const node: QueryNode =
      single === undefined
        ? compact({ kind: 'multiMatch' as const, fields, value, type: 'phrase' as const, tieBreaker, ...options })
        : compact({ kind: 'phrase' as const, value, ...options, ...single });
    return withBoost(node, this.#boost());
  }

  #regexp(fields: readonly WeightedField[]): QueryNode {
    const value = this.#reader.regexp();
    checkRegexp(value, this.#options.path);
    const { maxStates } = this.#options;
    const node = this.#inFields(fields, compact({ kind: 'regexp' as const, field: '', value, maxStates }));
    return withBoost(node, this.#boost());
  }

  #wildcard(fields: readonly WeightedField[], raw: string): QueryNode {
    if (!this.#options.allowLeadingWildcard && /^[*?]/.test(raw))
      throw this.#reader.error(`[${raw.slice(0, 60)}] begins with a wildcard, which [allow_leading_wildcard] forbids`);
    return this.#inFields(fields, { kind: 'wildcard', field: '', value: raw });
  }

  #range(fields: readonly WeightedField[], bounds: NodeBounds): QueryNode {
    const { timeZone } = this.#options;
    return this.#inFields(fields, compact({ kind: 'range' as const, field: '', bounds, timeZone }));
  }

  #inFields(fields: readonly WeightedField[], query: FieldNode): QueryNode {
    const single = singleFieldOf(fields);
    const { lenient, tieBreaker } = this.#options;
    if (single !== undefined && lenient !== true) return { ...query, ...single };
    return compact({ kind: 'anyField' as const, fields, query, tieBreaker, lenient });
  }

  /** `~` after a word. */
  #fuzziness(): FuzzyOptions | undefined {
    const reader = this.#reader;
    if (!reader.takeNow('~')) return undefined;
    const digits = reader.numberNow();
    if (digits === '') return this.#options.fuzzy;
    const fuzziness = asNumber(digits);
    if (fuzziness !== 0 && fuzziness !== 1 && fuzziness !== 2)
      throw reader.error(`expected 0, 1 or 2 edits after [~], got [${digits.slice(0, 20)}]`);
    return { ...this.#options.fuzzy, fuzziness };
  }

  /** `~` after a phrase. */
  #slop(): number | undefined {
    const reader = this.#reader;
    if (!reader.takeNow('~')) return undefined;
    const digits = reader.numberNow();
    const slop = Number(digits);
    if (digits !== '' && Number.isInteger(slop) && slop <= QUERY_LIMITS.slop) return slop;
    throw reader.error(`expected a whole number after [~], got [${digits.slice(0, 20)}]`);
  }

  #boost(): number | undefined {
    const reader = this.#reader;
    if (!reader.takeNow('^')) return undefined;
    const digits = reader.numberNow();
    const boost = asNumber(digits);
    if (boost === undefined || boost > 1e30)
      throw reader.error(`expected a number after [^], got [${digits.slice(0, 20)}]`);
    return boost;
  }

  /**
   * Joins words that stand next to each other without an operator, where several fields are searched: a field is then
   * scored for all of them together, as with `multi_match`.
   */
  #withRuns(clauses: readonly Clause[], fields: readonly WeightedField[]): readonly Clause[] {
    if (singleFieldOf(fields) !== undefined) return clauses;
    const joined: Clause[] = [];
    for (let at = 0; at < clauses.length; at++) {
      const clause = clauses[at];
      if (clause === undefined) break;
      let end = at;
      while (isInRun(clauses, end)) end++;
      if (end - at < 2) joined.push(clause);
      else {
        const words = clauses.slice(at, end).map(({ word }) => word ?? '');
        joined.push({ conjunction: undefined, modifier: undefined, node: this.#words(fields, words.join(' ')) });
        at = end - 1;
      }
    }
    return joined;
  }
}

/** Whether a clause is a plain word, with no operator before or after it. */
function isInRun(clauses: readonly Clause[], at: number): boolean {
  const clause = clauses[at];
  if (clause?.word === undefined || clause.modifier !== undefined || clause.conjunction !== undefined) return false;
  return clauses[at + 1]?.conjunction === undefined;
}

/** The field and its boost, if there is one only and it is no pattern. */
function singleFieldOf(fields: readonly WeightedField[]): { field: string; boost?: number } | undefined {
  const [only, ...others] = fields;
  if (only === undefined || others.length > 0 || hasWildcard(only.pattern)) return undefined;
  return compact({ field: only.pattern, boost: only.boost });
}

function boundsOf(operator: string, bound: string): NodeBounds {
  if (operator === '>=') return { gte: bound };
  if (operator === '>') return { gt: bound };
  return operator === '<=' ? { lte: bound } : { lt: bound };
}

function withBoost(node: QueryNode, boost: number | undefined): QueryNode {
  return boost === undefined ? node : { ...node, boost: (node.boost ?? 1) * boost };
}

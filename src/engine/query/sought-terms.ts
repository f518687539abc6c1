/** What a query looks for in the texts of fields, for highlighting. Clauses that exclude are left out. */
import type { Automaton } from '../automata/automaton.ts';
import { prefixAutomaton } from '../automata/prefix-automaton.ts';
import { wildcardAutomaton } from '../automata/wildcard-automaton.ts';
import type { ShardView } from '../part/shard-view.ts';
import { analyzePlaces, searchAnalyzer, type TextPlace } from './analyzed-text.ts';
import { BuildContext } from './build-context.ts';
import { phrasePlaces } from './build-phrase.ts';
import { patternAutomaton } from './build-query.ts';
import { allowedDistance, fuzzyAutomaton } from './expand-terms.ts';
import { innerQueries } from './inner-queries.ts';
import type { FieldValue, FuzzyOptions, Query } from './query.ts';
import { QueryLimits } from './query-limits.ts';
import { SearchTerms } from './search-terms.ts';

/** Something that a query looks for in one field. */
export type SoughtTerms =
  | { readonly kind: 'term'; readonly term: string }
  /** Terms by place, holes of dropped words included in the places, which rise. */
  | {
      readonly kind: 'phrase';
      readonly places: readonly { readonly place: number; readonly terms: readonly string[] }[];
      readonly slop: number;
    }
  | { readonly kind: 'automaton'; readonly automaton: Automaton };

type QueryOf<K extends Query['kind']> = Extract<Query, { kind: K }>;

/** The analysed terms a query looks for, by field; what patterns stand for is left out. */
export function termsOfQuery(view: ShardView, query: Query): ReadonlyMap<string, ReadonlySet<string>> {
  const byField = new Map<string, Set<string>>();
  for (const [field, list] of phrasesOfQuery(view, query)) {
    const terms = new Set<string>();
    for (const sought of list) {
      if (sought.kind === 'term') terms.add(sought.term);
      if (sought.kind === 'phrase') for (const place of sought.places) for (const term of place.terms) terms.add(term);
    }
    if (terms.size > 0) byField.set(field, terms);
  }
  return byField;
}

/** What a query looks for, by field: terms, phrases and patterns. Fields are those of the schema with terms. */
export function phrasesOfQuery(view: ShardView, query: Query): ReadonlyMap<string, readonly SoughtTerms[]> {
  const seeker = new Seeker(new BuildContext(new SearchTerms(view, undefined), new QueryLimits()));
  seeker.add(query);
  return seeker.byField;
}

class Seeker {
  readonly byField = new Map<string, SoughtTerms[]>();
  readonly #context: BuildContext;
  #depth = 0;

  constructor(context: BuildContext) {
    this.#context = context;
  }

  add(query: Query): void {
    this.#context.limits.checkDepth(++this.#depth);
    this.#add(query);
    this.#depth--;
  }

  #add(query: Query): void {
    if (query.kind === 'match') this.#addMatch(query);
    else if (query.kind === 'phrase') this.#addPhrase(query);
    else if (query.kind === 'crossFields') this.#addCrossFields(query);
    else if (query.kind === 'term') this.#addTerm(query);
    else if (query.kind === 'terms') for (const value of query.values) this.#addValue(query.field, value);
    else if (query.kind === 'fuzzy') this.#addFuzzy(query.field, this.#normalized(query.field, query.value), query);
    else if (query.kind === 'prefix' || query.kind === 'wildcard' || query.kind === 'regexp') {
      const normalize = (term: string): string => this.#normalized(query.field, term);
      if (this.#isKnown(query.field)) this.#addAutomaton(query.field, patternAutomaton(query, normalize));
    } else if (query.kind === 'boosting') this.add(query.positive);
    else if (query.kind === 'functionScore') this.add(query.query);
    else if (query.kind === 'bool') {
      for (const list of [query.must, query.should, query.filter]) for (const inner of list ?? []) this.add(inner);
    } else for (const inner of innerQueries(query)) this.add(inner);
  }

  #addMatch({ field, text, analyzer, fuzzy, lastIsPrefix }: QueryOf<'match'>): void {
    if (!this.#isText(field)) return this.#addValue(field, text);
    const places = this.#places(field, text, analyzer);
    for (const [i, { terms }] of places.entries()) {
      const isPrefix = lastIsPrefix === true && i === places.length - 1;
      for (const term of terms) {
        if (isPrefix) this.#addAutomaton(field, prefixAutomaton(term));
        else if (fuzzy !== undefined) this.#addFuzzy(field, term, fuzzy);
        else this.#push(field, { kind: 'term', term });
      }
    }
  }

  #addPhrase(query: QueryOf<'phrase'>): void {
    const { field, text, analyzer, slop = 0 } = query;
    if (!this.#isText(field)) return this.#addValue(field, text);
    const plain = this.#places(field, text, analyzer);
    const [first] = plain;
    if (first === undefined) return;
    if (plain.length > 1) {
      const places = phrasePlaces(this.#context, query);
      return this.#push(field, { kind: 'phrase', places, slop });
    }
    for (const term of first.terms) {
      if (query.lastIsPrefix === true) this.#addAutomaton(field, prefixAutomaton(term));
      else this.#push(field, { kind: 'term', term });
    }
  }

  #addCrossFields({ fields, text, analyzer }: QueryOf<'crossFields'>): void {
    for (const { field } of fields) {
      if (!this.#isText(field)) this.#addValue(field, text);
      else
        for (const { terms } of this.#places(field, text, analyzer))
          for (const term of terms) this.#push(field, { kind: 'term', term });
    }
  }

  #addTerm({ field, value, caseInsensitive }: QueryOf<'term'>): void {
    if (caseInsensitive !== true || !this.#isKnown(field)) return this.#addValue(field, value);
    const pattern = String(value).replace(/[*?\\]/g, '\\$&');
    this.#addAutomaton(field, wildcardAutomaton(pattern, { caseInsensitive: true }));
  }

  #addFuzzy(field: string, term: string, options: FuzzyOptions): void {
    if (!this.#isKnown(field)) return;
    if (allowedDistance(term, options.fuzziness) === 0) this.#push(field, { kind: 'term', term });
    else this.#addAutomaton(field, fuzzyAutomaton(term, options));
  }

  #addValue(field: string, value: FieldValue): void {
    if (this.#isKnown(field)) this.#push(field, { kind: 'term', term: String(value) });
  }

  #addAutomaton(field: string, automaton: Automaton): void {
    this.#push(field, { kind: 'automaton', automaton });
  }

  #push(field: string, sought: SoughtTerms): void {
    const list = this.byField.get(field) ?? [];
    this.byField.set(field, list);
    list.push(sought);
  }

  #places(field: string, text: string, analyzer: string | undefined): readonly TextPlace[] {
    const { options } = this.#context.searchField(field);
    return analyzePlaces(searchAnalyzer(this.#context.view, options, analyzer), text);
  }

  #normalized(field: string, term: string): string {
    const options = this.#context.options(field);
    return options?.type === 'text' ? searchAnalyzer(this.#context.view, options, undefined).normalize(term) : term;
  }

  #isText(field: string): boolean {
    return this.#context.options(field)?.type === 'text';
  }

  /** Whether a field has terms. */
  #isKnown(field: string): boolean {
    return this.#context.terms.field(field) !== undefined;
  }
}

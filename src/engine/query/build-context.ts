/** What the builders of query nodes share: the view, the terms, the limits, and the nodes that several of them make. */
import type { Automaton } from '../automata/automaton.ts';
import type { FieldOptions } from '../engine.ts';
import type { ShardView } from '../part/shard-view.ts';
import type { QueryLimits } from './query-limits.ts';
import { NONE, type QueryNode } from './query-node.ts';
import type { SearchField, SearchTerm, SearchTerms } from './search-terms.ts';
import { spanOf, type TermRun } from './term-span.ts';

/** Boost of a clause with those above it; undefined where no scores are wanted. */
export type Boost = number | undefined;

/** Builds the leaves of one search. */
export class BuildContext {
  readonly terms: SearchTerms;
  readonly limits: QueryLimits;

  constructor(terms: SearchTerms, limits: QueryLimits) {
    this.terms = terms;
    this.limits = limits;
  }

  get view(): ShardView {
    return this.terms.view;
  }

  options(field: string): FieldOptions | undefined {
    return this.view.fields.get(field);
  }

  /** A text or keyword field. The schema must have it. */
  searchField(name: string): SearchField {
    const field = this.terms.field(name);
    if (field === undefined) throw new Error(`field \`${name}\` has no terms`);
    return field;
  }

  /** Documents with a term. */
  term(field: SearchField, term: string, boost: Boost): QueryNode {
    this.limits.addClauses(1);
    const found = this.terms.term(field, term);
    return found === undefined ? NONE : this.foundTerm(found, boost);
  }

  /** Documents with a term that was looked up; `docFrequency` overrides its own. */
  foundTerm(found: SearchTerm, boost: Boost, docFrequency?: number): QueryNode {
    if (boost === undefined) return { kind: 'term', term: found, weight: undefined };
    const known = docFrequency ?? this.terms.docFrequency(found);
    return { kind: 'term', term: found, weight: this.terms.weight(found.field, boost, known) };
  }

  /** Documents with any of some terms, which count as one: its document frequency is the greatest of theirs. */
  synonyms(field: SearchField, words: readonly string[], boost: Boost): QueryNode {
    if (words.length === 1) return this.term(field, words[0]!, boost);
    this.limits.addClauses(words.length);
    const found = words.flatMap((word) => this.terms.term(field, word) ?? []);
    if (found.length === 0) return NONE;
    if (boost === undefined) return termSet(field, (part) => numbersIn(found, part));
    const docFrequency = Math.max(...found.map((term) => this.terms.docFrequency(term)));
    return { kind: 'synonyms', terms: found, weight: this.terms.weight(field, boost, docFrequency) };
  }

  /** Documents with any of some terms, without scores. */
  anyTerm(field: SearchField, words: Iterable<string>): QueryNode {
    const found = [...new Set(words)].flatMap((word) => this.terms.term(field, word) ?? []);
    this.limits.addBytes(found.length * 64, 'the terms of a list');
    if (found.length === 0) return NONE;
    if (found.length === 1) return { kind: 'term', term: found[0]!, weight: undefined };
    return termSet(field, (part) => numbersIn(found, part));
  }

  /**
   * Documents with a term that an automaton accepts, without scores.
   *
   * @param run The same terms, if they follow each other in order.
   */
  accepted(field: SearchField, automaton: Automaton, run?: TermRun): QueryNode {
    this.limits.addClauses(1);
    return termSet(field, (part) => {
      const inverted = field.inverted[part];
      if (inverted === undefined) return [];
      const numbers: number[] = [];
      if (run !== undefined && inverted.isSorted) {
        const { from, to } = spanOf(inverted, run);
        for (let number = from; number < to; number++) numbers.push(number);
      } else {
        inverted.accepted(automaton, (number) => {
          numbers.push(number);
          return true;
        });
      }
      this.limits.addBytes(numbers.length * 8, 'the terms of a pattern');
      return numbers;
    });
  }
}

function termSet(field: SearchField, collect: (part: number) => readonly number[]): QueryNode {
  const known: (readonly number[] | undefined)[] = [];
  return { kind: 'termSet', field, numbersOf: (part) => (known[part] ??= collect(part)) };
}

function numbersIn(found: readonly SearchTerm[], part: number): readonly number[] {
  return found.flatMap(({ numbers }) => (numbers[part]! < 0 ? [] : [numbers[part]!]));
}

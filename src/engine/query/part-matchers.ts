/** Turns the nodes of a query into matchers over one part. */
import { type IndexPart, type InvertedField, NO_MORE, WINDOW } from '../part/index-part.ts';
import { functionOn } from '../score/score-functions.ts';
import { BoolMatcher } from './bool-matcher.ts';
import { ColumnRangeMatcher, fieldExists, hasAnyOf, ScanMatcher } from './column-matchers.ts';
import { FunctionScoreMatcher } from './function-score-matcher.ts';
import type { Matcher } from './matcher.ts';
import { PhraseMatcher } from './phrase-matcher.ts';
import {
  AnyTermMatcher,
  PostingsMatcher,
  SynonymMatcher,
  type TermScoring,
  TermSetMatcher,
} from './postings-matcher.ts';
import type { BoolNode, FunctionScoreNode, PhraseNode, QueryNode, TermNode, TermSetNode } from './query-node.ts';
import { BoostingMatcher, DisMaxMatcher } from './score-matchers.ts';
import type { SearchTerm, TermWeight } from './search-terms.ts';
import {
  AllMatcher,
  AnyMatcher,
  BitmapMatcher,
  ConstantMatcher,
  NoneMatcher,
  OrdinalsMatcher,
} from './set-matchers.ts';
import type { WindowBuffers } from './window-buffers.ts';

type NodeOf<K extends QueryNode['kind']> = Extract<QueryNode, { kind: K }>;

/** Gives the bitmap of a filter in a part if it is known or worth making. */
export type FilterSource = (node: NodeOf<'filter'>, part: number) => Uint32Array | undefined;

/** With more terms than this, a set of terms is made a bitmap at once. */
const MAX_CURSORS = 512;

const NOTHING = new NoneMatcher();

/** Makes matchers for one part. */
export class PartMatchers {
  readonly #part: IndexPart;
  readonly #index: number;
  readonly #buffers: WindowBuffers;
  readonly #filters: FilterSource | undefined;

  /** @param index Which part of the view it is. */
  constructor(
    part: IndexPart,
    index: number,
    { buffers, filters }: { readonly buffers: WindowBuffers; readonly filters?: FilterSource | undefined },
  ) {
    this.#part = part;
    this.#index = index;
    this.#buffers = buffers;
    this.#filters = filters;
  }

  /** A matcher over the part. */
  make(node: QueryNode): Matcher {
    const buffers = this.#buffers;
    switch (node.kind) {
      case 'all':
        return new AllMatcher(this.#part.endOrdinal);
      case 'none':
        return NOTHING;
      case 'term':
        return this.#term(node) ?? NOTHING;
      case 'synonyms':
        return this.#synonyms(node);
      case 'phrase':
        return this.#phrase(node);
      case 'termSet':
        return this.#termSet(node);
      case 'numbers':
        return this.#numbers(node);
      case 'range':
        return this.#range(node);
      case 'exists': {
        const { inverted, column } = this.#field(node.field);
        if (inverted === undefined && column === undefined) return NOTHING;
        return new ScanMatcher(this.#part.endOrdinal, fieldExists(inverted, column), buffers);
      }
      case 'ids':
        return new OrdinalsMatcher(ordinalsOf(node.ids, this.#part), buffers);
      case 'constant':
        return new ConstantMatcher(this.make(node.child), node.score, buffers);
      case 'filter':
        return this.#filter(node);
      case 'bool':
        return this.#bool(node);
      case 'disMax':
        return new DisMaxMatcher(
          node.children.map((child) => this.make(child)),
          node.tieBreaker,
          buffers,
        );
      case 'boosting':
        return new BoostingMatcher(this.make(node.positive), this.make(node.negative), {
          factor: node.factor,
          buffers,
        });
      case 'functionScore':
        return this.#functionScore(node);
    }
  }

  #field(name: string): { inverted: InvertedField | undefined; column: ReturnType<IndexPart['column']> } {
    return { inverted: this.#part.inverted(name), column: this.#part.column(name) };
  }

  #term({ term, weight }: TermNode): PostingsMatcher | undefined {
    const number = term.numbers[this.#index]!;
    if (number < 0) return undefined;
    const inverted = term.field.inverted[this.#index]!;
    return new PostingsMatcher(inverted.postings(number), scoringOf(inverted, weight), this.#buffers);
  }

  #synonyms({ terms, weight }: NodeOf<'synonyms'>): Matcher {
    const inverted = terms[0]?.field.inverted[this.#index];
    if (inverted === undefined) return NOTHING;
    const matchers = this.#present(terms).map(
      (number) => new PostingsMatcher(inverted.postings(number), undefined, this.#buffers),
    );
    const scoring = scoringOf(inverted, weight);
    return matchers.length === 0 || scoring === undefined
      ? NOTHING
      : new SynonymMatcher(matchers, scoring, this.#buffers);
  }

  #phrase({ field, places, slop, weight }: PhraseNode): Matcher {
    const inverted = field.inverted[this.#index];
    if (inverted === undefined) return NOTHING;
    const found = places.map(({ place, terms }) => ({
      place,
      terms: terms.map(({ term }) => term),
      numbers: this.#present(terms),
    }));
    if (found.some(({ numbers }) => numbers.length === 0)) return NOTHING;
    return new PhraseMatcher({ inverted, places: found, slop, scoring: scoringOf(inverted, weight) }, this.#buffers);
  }

  #present(terms: readonly SearchTerm[]): number[] {
    return terms.flatMap(({ numbers }) => (numbers[this.#index]! < 0 ? [] : [numbers[this.#index]!]));
  }

  #termSet({ field, numbersOf }: TermSetNode): Matcher {
    const inverted = field.inverted[this.#index];
    if (inverted === undefined) return NOTHING;
    const numbers = numbersOf(this.#index);
    if (numbers.length === 0) return NOTHING;
    if (numbers.length > MAX_CURSORS) {
      const bitmap = new Uint32Array(Math.ceil(this.#part.endOrdinal / 32));
      const cost = markTerms(inverted, numbers, bitmap, this.#buffers);
      return new BitmapMatcher(bitmap, cost, this.#buffers);
    }
    if (numbers.length === 1) return new PostingsMatcher(inverted.postings(numbers[0]!), undefined, this.#buffers);
    return new TermSetMatcher(
      numbers.map((number) => inverted.postings(number)),
      this.#buffers,
    );
  }

  #numbers({ field, values }: NodeOf<'numbers'>): Matcher {
    const column = this.#part.column(field);
    if (column === undefined) return NOTHING;
    return new ScanMatcher(this.#part.endOrdinal, hasAnyOf(column, values), this.#buffers);
  }

  #range({ field, from, to }: NodeOf<'range'>): Matcher {
    const column = this.#part.column(field);
    if (column === undefined) return NOTHING;
    return new ColumnRangeMatcher(column, { from, to, endOrdinal: this.#part.endOrdinal }, this.#buffers);
  }

  #filter(node: NodeOf<'filter'>): Matcher {
    const bitmap = this.#filters?.(node, this.#index);
    if (bitmap === undefined) return this.make(node.child);
    return new BitmapMatcher(bitmap, this.#part.endOrdinal, this.#buffers);
  }

  #bool(node: BoolNode): Matcher {
    const { must, should, filter, mustNot, minimum, isScoring } = node;
    const isAnyOf = must.length + filter.length + mustNot.length === 0 && minimum === 1;
    if (isAnyOf && !isScoring) return this.#anyOf(should);
    if (isAnyOf && should.every(isTerm)) return this.#anyTerm(should);
    const made = (nodes: readonly QueryNode[]): Matcher[] => nodes.map((child) => this.make(child));
    const required = made(filter);
    const scored = made(must);
    if (required.includes(NOTHING) || scored.includes(NOTHING)) return NOTHING;
    const optional = made(should).filter((matcher) => matcher !== NOTHING);
    if (optional.length < minimum) return NOTHING;
    const clauses = {
      must: scored,
      filter: required,
      should: optional,
      mustNot: made(mustNot).filter((matcher) => matcher !== NOTHING),
      minimumShould: minimum,
    };
    return new BoolMatcher(clauses, { isScoring, endOrdinal: this.#part.endOrdinal }, this.#buffers);
  }

  #anyOf(nodes: readonly QueryNode[]): Matcher {
    const matchers = nodes.map((child) => this.make(child)).filter((matcher) => matcher !== NOTHING);
    if (matchers.length < 2) return matchers[0] ?? NOTHING;
    return new AnyMatcher(matchers, this.#buffers);
  }

  #anyTerm(nodes: readonly TermNode[]): Matcher {
    const matchers = nodes.flatMap((child) => this.#term(child) ?? []);
    if (matchers.length < 2) return matchers[0] ?? NOTHING;
    return new AnyTermMatcher(matchers, this.#buffers);
  }

  #functionScore({ child, functions, ...node }: FunctionScoreNode): Matcher {
    const scored = this.make(child);
    if (scored === NOTHING) return NOTHING;
    const made = functions.map(({ filter, function: scoreFunction }) => ({
      filter: filter === undefined ? undefined : this.make(filter),
      weight: Math.fround(scoreFunction.weight ?? 1),
      value: functionOn(scoreFunction, this.#part),
    }));
    return new FunctionScoreMatcher({ ...node, child: scored, functions: made, live: this.#part.live }, this.#buffers);
  }
}

/** Sets the bits of all documents of some terms; gives the number of postings. */
function markTerms(
  inverted: InvertedField,
  numbers: readonly number[],
  into: Uint32Array,
  { ordinals, frequencies }: WindowBuffers,
): number {
  let total = 0;
  for (const number of numbers) {
    const postings = inverted.postings(number);
    for (let at = postings.seek(0); at !== NO_MORE; at = postings.seek(at)) {
      const end = at - (at % WINDOW) + WINDOW;
      const count = postings.read(end, ordinals, frequencies);
      for (let i = 0; i < count; i++) into[ordinals[i]! >>> 5]! |= 1 << (ordinals[i]! & 31);
      total += count;
      at = end;
    }
  }
  return total;
}

function isTerm(node: QueryNode): node is TermNode {
  return node.kind === 'term';
}

function scoringOf(inverted: InvertedField, weight: TermWeight | undefined): TermScoring | undefined {
  return weight === undefined ? undefined : { ...weight, norms: inverted.norms };
}

function ordinalsOf(ids: readonly string[], { documents }: IndexPart): Uint32Array {
  const found = new Set<number>();
  for (const id of ids) {
    const ordinal = documents.find(id);
    if (ordinal >= 0) found.add(ordinal);
  }
  return Uint32Array.from(found).sort();
}

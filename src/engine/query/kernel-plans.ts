/** Finds what the kernel can evaluate in one call: terms, disjunctions, conjunctions and phrases, with filters beside them. */
import { type KernelPlan, type KernelTerm, MAX_PHRASE_TERMS } from '../kernel/plan.ts';
import type { IndexPart, KernelPart } from '../part/index-part.ts';
import type { BoolNode, PhraseNode, QueryNode, TermNode, TermSetNode } from './query-node.ts';
import type { SearchTerm, TermWeight } from './search-terms.ts';

/** A query over one segment as the kernel takes it, its filters still to be made bitmaps. */
export type PlanShape = {
  readonly kind: KernelPlan['kind'];
  readonly terms: readonly KernelTerm[];
  readonly minimum: number | undefined;
  readonly places: readonly number[] | undefined;
  readonly slop: number | undefined;
  readonly filter: readonly QueryNode[];
  readonly mustNot: readonly QueryNode[];
  /** The score of all matches, where it is not worked out by terms. */
  readonly constantScore: number | undefined;
};

/** Most terms of a plan. A shape of more, all optional and without scores, is marked piece by piece. */
export const MAX_PLAN_TERMS = 1024;

const UNSCORED = { weight: 0, factors: new Float32Array(256) } as const;

/**
 * The shape of a query in part `index` of a view.
 *
 * @returns `none` if nothing in the part matches; undefined if the kernel cannot evaluate it.
 */
export function planShape(node: QueryNode, part: IndexPart, index: number): PlanShape | 'none' | undefined {
  if (part.kernelPart === undefined) return undefined;
  return new Planner(part.kernelPart, index).plan(node);
}

/** Documents that a plan looks at, about. */
export function planCost({ kind, terms }: PlanShape): number {
  let sum = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { layout, term } of terms) {
    const docFrequency = layout.docFrequencies[term]!;
    sum += docFrequency;
    least = Math.min(least, docFrequency);
  }
  return kind === 'or' ? sum : least;
}

class Planner {
  readonly #part: KernelPart;
  readonly #index: number;

  constructor(part: KernelPart, index: number) {
    this.#part = part;
    this.#index = index;
  }

  plan(node: QueryNode): PlanShape | 'none' | undefined {
    if (node.kind === 'term') return this.#terms('or', [node], 1);
    if (node.kind === 'phrase') return this.#phrase(node);
    if (node.kind === 'termSet') return this.#termSet(node);
    if (node.kind === 'filter') return this.plan(node.child);
    if (node.kind === 'constant') return this.#constant(node.child, node.score);
    return node.kind === 'bool' ? this.#bool(node) : undefined;
  }

  #constant(child: QueryNode, score: number): PlanShape | 'none' | undefined {
    const shape = this.plan(child);
    return shape === undefined || shape === 'none' ? shape : { ...shape, constantScore: score };
  }

  #bool(node: BoolNode): PlanShape | 'none' | undefined {
    const filter = node.isScoring ? node.filter : keptFilters(node);
    const shape = node.isScoring ? this.#scoredCore(node) : this.#unscoredCore(node, filter);
    if (shape === undefined || shape === 'none' || filter.length + node.mustNot.length === 0) return shape;
    return { ...shape, filter: [...shape.filter, ...filter], mustNot: [...shape.mustNot, ...node.mustNot] };
  }

  #scoredCore({ must, should, minimum }: BoolNode): PlanShape | 'none' | undefined {
    if (should.length === 0) return must.length === 1 ? this.plan(must[0]!) : this.#allTerms('and', must, must.length);
    return must.length === 0 && minimum > 0 ? this.#allTerms('or', should, minimum) : undefined;
  }

  #unscoredCore({ should, filter, minimum }: BoolNode, kept: readonly QueryNode[]): PlanShape | 'none' | undefined {
    const required = filter.filter((node) => !kept.includes(node));
    if (should.length > 0) return required.length > 0 ? undefined : this.#allTerms('or', should, minimum);
    return required.length === 1 ? this.plan(required[0]!) : this.#allTerms('and', required, required.length);
  }

  #allTerms(kind: 'or' | 'and', nodes: readonly QueryNode[], minimum: number): PlanShape | 'none' | undefined {
    const terms: TermNode[] = [];
    for (const node of nodes) {
      if (node.kind !== 'term') return undefined;
      terms.push(node);
    }
    if (terms.length === 0) return undefined;
    return this.#terms(kind, terms, minimum);
  }

  #terms(kind: 'or' | 'and', nodes: readonly TermNode[], minimum: number): PlanShape | 'none' | undefined {
    const terms: KernelTerm[] = [];
    for (const { term, weight } of nodes) {
      const kernelTerm = this.#term(term, weight ?? UNSCORED);
      if (kernelTerm === undefined) return undefined;
      if (kernelTerm !== 'none') terms.push(kernelTerm);
    }
    if (terms.length < minimum || terms.length === 0) return 'none';
    if (terms.length > MAX_PLAN_TERMS) return undefined;
    return shape(kind === 'or' && minimum === terms.length ? 'and' : kind, terms, { minimum });
  }

  #term(
    { field, numbers }: SearchTerm,
    { weight, factors }: Pick<TermWeight, 'weight' | 'factors'>,
  ): KernelTerm | 'none' | undefined {
    const term = numbers[this.#index]!;
    if (term < 0) return 'none';
    const layout = this.#part.layout(field.name);
    return layout === undefined ? undefined : { layout, term, weight, factors };
  }

  /** Places of several terms, long phrases, and words that may be moved past themselves are left to the reference. */
  #phrase({ places, slop, weight }: PhraseNode): PlanShape | 'none' | undefined {
    if (places.length > MAX_PHRASE_TERMS || places.some(({ terms }) => terms.length > 1)) return undefined;
    if (slop > 0 && new Set(places.map(({ terms }) => terms[0]!.term)).size < places.length) return undefined;
    const terms: KernelTerm[] = [];
    for (const { terms: alternatives } of places) {
      // The phrase scores by the sum of the weights: the first one stands for all.
      const termWeight = weight ?? UNSCORED;
      const share = terms.length === 0 ? termWeight : { ...termWeight, weight: 0 };
      const kernelTerm = this.#term(alternatives[0]!, share);
      if (kernelTerm === undefined || kernelTerm === 'none') return kernelTerm;
      terms.push(kernelTerm);
    }
    return shape('phrase', terms, { places: places.map(({ place }) => place), slop });
  }

  #termSet({ field, numbersOf }: TermSetNode): PlanShape | 'none' | undefined {
    const layout = this.#part.layout(field.name);
    const numbers = numbersOf(this.#index);
    if (numbers.length === 0 || field.inverted[this.#index] === undefined) return 'none';
    if (layout === undefined) return undefined;
    const { weight, factors } = UNSCORED;
    const terms = numbers.map((term) => ({ layout, term, weight, factors }));
    return shape('or', terms, { minimum: 1 });
  }
}

/** Filters that are kept as bitmaps, where something else is required too. */
function keptFilters({ filter, should }: BoolNode): readonly QueryNode[] {
  const kept = filter.filter(({ kind }) => kind === 'filter');
  return kept.length === filter.length && should.length === 0 ? [] : kept;
}

const NO_NODES: readonly QueryNode[] = [];

function shape(
  kind: KernelPlan['kind'],
  terms: readonly KernelTerm[],
  { minimum, places, slop }: Partial<Pick<PlanShape, 'minimum' | 'places' | 'slop'>>,
): PlanShape {
  return { kind, terms, minimum, places, slop, filter: NO_NODES, mustNot: NO_NODES, constantScore: undefined };
}

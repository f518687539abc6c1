/**
 * Where any of many terms will do and all matches score alike, the first documents are the best: what prefixes and other
 * patterns, and lists of values, come to when matches are not counted.
 */
import type { FirstDocumentsPlan } from '../kernel/plan.ts';
import type { IndexPart } from '../part/index-part.ts';
import { type PlanShape, planCost } from './kernel-plans.ts';
import type { PartBitmaps } from './part-bitmaps.ts';
import type { QueryNode } from './query-node.ts';

/** More documents than this are found quicker by marking all matches. */
export const MAX_FIRST = 256;

/** Most postings of a plan with filters, for each document of the part. */
const MAX_FILTERED = 2;

/** A plan for the kernel, and the score of every match. */
export type FirstPlan = { readonly plan: FirstDocumentsPlan; readonly score: number };

/** The plan of a query that is a set of terms of a segment and nothing else; undefined if it is not. */
export function planOfSet(node: QueryNode, part: IndexPart, index: number): FirstPlan | undefined {
  const set = node.kind === 'constant' ? node.child : node;
  if (set.kind !== 'termSet' || part.inverted(set.field.name) === undefined) return undefined;
  const layout = part.kernelPart?.layout(set.field.name);
  if (layout === undefined) return undefined;
  const terms = set.numbersOf(index);
  const plan = { layout, terms, endOrdinal: part.endOrdinal, filter: part.kernelPart?.live };
  return { plan, score: node.kind === 'constant' ? node.score : 0 };
}

/**
 * The plan of terms of one field with filters whose bitmaps are kept; undefined if a shape is something else, or if so
 * many postings might have to be looked at for a filter that leaves little that other ways are safer.
 */
export function planOfShape(
  shape: PlanShape,
  {
    bitmaps,
    index,
    endOrdinal,
  }: { readonly bitmaps: PartBitmaps; readonly index: number; readonly endOrdinal: number },
): FirstPlan | undefined {
  const layout = shape.terms[0]?.layout;
  const isSet = shape.kind === 'or' && (shape.minimum ?? 1) <= 1 && shape.constantScore !== undefined;
  if (!isSet || layout === undefined || shape.terms.some((term) => term.layout !== layout)) return undefined;
  if (!bitmaps.areKept(shape, index)) return undefined;
  const isFiltered = shape.filter.length + shape.mustNot.length > 0;
  if (isFiltered && planCost(shape) > MAX_FILTERED * endOrdinal) return undefined;
  const whole = bitmaps.plan(shape, index);
  if (whole === undefined) return undefined;
  const terms = shape.terms.map(({ term }) => term);
  const plan = { layout, terms, endOrdinal, filter: whole.filter };
  return { plan, score: shape.constantScore ?? 0 };
}

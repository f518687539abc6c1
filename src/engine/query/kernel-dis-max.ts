/**
 * The best of several clauses, without a share of the others, through the kernel: a document that is among the best `k`
 * by its highest clause is among the best `k` of that clause, so the clauses are searched one by one.
 */
import type { TopScores } from '../collect/top-scores.ts';
import type { SearchKernel } from '../kernel/plan.ts';
import type { IndexPart } from '../part/index-part.ts';
import { type PlanShape, planShape } from './kernel-plans.ts';
import type { PartBitmaps } from './part-bitmaps.ts';
import type { QueryNode } from './query-node.ts';

/**
 * Shapes of the clauses in part `index`, each with the filters around them; none if nothing matches.
 *
 * @returns Undefined if the query is not of that kind, or the kernel cannot evaluate a clause.
 */
export function disMaxShapes(node: QueryNode, part: IndexPart, index: number): readonly PlanShape[] | undefined {
  if (node.kind === 'disMax') return node.tieBreaker === 0 ? clauseShapes(node.children, part, index) : undefined;
  if (node.kind !== 'bool' || !node.isScoring || node.must.length !== 1 || node.should.length > 0) return undefined;
  const shapes = disMaxShapes(node.must[0]!, part, index);
  return shapes?.map((shape) => ({
    ...shape,
    filter: [...shape.filter, ...node.filter],
    mustNot: [...shape.mustNot, ...node.mustNot],
  }));
}

/** Adds the best hits of a part, whose ordinal 0 is `base`, to `top`. False if there is no room for the filters. */
export function searchDisMax(
  shapes: readonly PlanShape[],
  { kernel, bitmaps, index }: { readonly kernel: SearchKernel; readonly bitmaps: PartBitmaps; readonly index: number },
  { top, limit, base }: { readonly top: TopScores; readonly limit: number; readonly base: number },
): boolean {
  const best = new Map<number, number>();
  for (const shape of shapes) {
    const plan = bitmaps.plan(shape, index);
    if (plan === undefined) return false;
    const { count, ordinals, scores } = kernel.search(plan, { limit, floor: top.floor, countLimit: 0 });
    for (let i = 0; i < count; i++)
      best.set(ordinals[i]!, Math.max(scores[i]!, best.get(ordinals[i]!) ?? Number.NEGATIVE_INFINITY));
  }
  const sorted = [...best].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const ordinals = Uint32Array.from(sorted, ([ordinal]) => ordinal);
  const scores = Float32Array.from(sorted, ([, score]) => score);
  top.addPart({ count: sorted.length, ordinals, scores }, base);
  return true;
}

function clauseShapes(nodes: readonly QueryNode[], part: IndexPart, index: number): readonly PlanShape[] | undefined {
  const shapes: PlanShape[] = [];
  for (const node of nodes) {
    const shape = planShape(node, part, index);
    if (shape === undefined || (shape !== 'none' && shape.constantScore !== undefined)) return undefined;
    if (shape !== 'none') shapes.push(shape);
  }
  return shapes;
}

/** The program of a thread that runs plans over the memory of another one, and posts the hits of the last round. */
import { parentPort, workerData } from 'node:worker_threads';
import type { KernelPlan, KernelSearch } from '../../../src/engine/kernel/plan.ts';
import { createSearchKernel } from '../../../src/engine/kernel/search-kernel.ts';
import { createRegionPool, type LentRange } from '../../../src/engine/memory/region-pool.ts';

/** What the thread is started with. */
export type KernelThread = {
  readonly lent: LentRange;
  readonly plans: readonly KernelPlan[];
  readonly search: KernelSearch;
  readonly rounds: number;
};

const { lent, plans, search, rounds }: KernelThread = workerData;
const kernel = createSearchKernel(createRegionPool([lent]));
for (let round = 1; round < rounds; round++) for (const plan of plans) kernel.search(plan, search);
const found = plans.map((plan) => {
  const { count, ordinals, scores, ...totals } = kernel.search(plan, search);
  return { count, ordinals: ordinals.slice(0, count), scores: scores.slice(0, count), ...totals };
});
parentPort?.postMessage(found);

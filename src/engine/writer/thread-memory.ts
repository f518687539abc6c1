/** What all engines of a thread share: the pool of regions and the kernel. Made when they are first asked for. */
import type { SearchKernel } from '../kernel/plan.ts';
import type { RegionPool } from '../memory/region.ts';
import { createRegionPool } from '../memory/region-pool.ts';

let regions: RegionPool | undefined;
const kernels = new WeakMap<RegionPool, SearchKernel>();

/** The pool of this thread. */
export function threadRegions(): RegionPool {
  regions ??= createRegionPool();
  return regions;
}

/** The kernel of this thread for regions of a pool. */
export function threadKernel(pool: RegionPool): SearchKernel | undefined {
  return kernels.get(pool);
}

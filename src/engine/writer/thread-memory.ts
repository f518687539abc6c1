/** The pool of regions that all engines of a thread share. Made when it is first asked for. */
import type { RegionPool } from '../memory/region.ts';
import { createRegionPool } from '../memory/region-pool.ts';

let regions: RegionPool | undefined;

/** Bytes of shared memory that the engines of this thread hold, in use or kept for the next region. */
export function threadRegionBytes(): number {
  return regions?.heldBytes ?? 0;
}

/** The pool of this thread. */
export function threadRegions(): RegionPool {
  regions ??= createRegionPool();
  return regions;
}

/** A shard as queries see it: its parts at one moment, and what scoring and analysis need. */
import type { Analyzers } from '../analysis/analyzer.ts';
import type { FieldOptions } from '../engine.ts';
import type { SearchKernel } from '../kernel/plan.ts';
import type { RegionPool } from '../memory/region.ts';
import type { Bm25Parameters } from '../score/bm25.ts';
import type { IndexPart } from './index-part.ts';

/** The parts of a shard, oldest first, and the means to search them. Valid until the next write. */
export type ShardView = {
  readonly parts: readonly IndexPart[];
  /** Every field of the schema. */
  readonly fields: ReadonlyMap<string, FieldOptions>;
  readonly analyzers: Analyzers;
  readonly parameters: Bm25Parameters;
  /** Undefined where everything is to go through the reference evaluator. */
  readonly kernel: SearchKernel | undefined;
  readonly regions: RegionPool;
  /** A clock for profiles, in milliseconds. */
  readonly nowMs: (() => number) | undefined;
};

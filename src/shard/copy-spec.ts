/**
 * Which copy a copy is: what its leaf is told to open.
 */
import type { GroupRecord } from '../wire/records.ts';

/** One shard of one life of a group, on one leaf. Can be sent to a worker thread. */
export type CopySpec = {
  readonly group: GroupRecord;
  readonly shard: number;
  readonly leaf: string;
  /** Random id of this start of the leaf's process. */
  readonly incarnation: string;
};

/** What names a copy within its leaf. */
export function copyPlace({ group, shard }: Pick<CopySpec, 'group' | 'shard'>): {
  readonly group: string;
  readonly generation: string;
  readonly shard: number;
} {
  return { group: group.name, generation: group.generation, shard };
}

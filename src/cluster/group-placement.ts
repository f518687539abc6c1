/**
 * Which leaves hold the copies of a group's shards, as the controller decides and the registry keeps it, and what it
 * is decided from.
 */

/** A live leaf. */
export type LeafInfo = {
  readonly name: string;
  /** What fails together; copies of a shard go to different zones where possible. */
  readonly zone: string;
  readonly provides: readonly string[];
  /** A draining leaf gets nothing new, and what it has is moved away. */
  readonly draining: boolean;
};

/** A copy that changes leaves: `to` builds one, which shall take the place of the one on `from`. */
export type Move = { readonly from: string; readonly to: string };

/** Who holds the copies of one shard. */
export type ShardPlacement = {
  readonly shard: number;
  /** Leaf names, all different; the first is the preferred primary. A name may be that of a leaf that is away. */
  readonly copies: readonly string[];
  /** A move under way: `from` is among `copies`, `to` is not yet. Copies live on all of `copies`, and on `to`. */
  readonly move?: Move;
};

/** Who holds what of one life of a group. `version` grows with every change. */
export type GroupPlacement = {
  readonly generation: string;
  readonly version: number;
  readonly shards: readonly ShardPlacement[];
};

/** What placement is decided from. */
export type PlacementInput = {
  readonly group: {
    readonly generation: string;
    /** What a leaf must provide to hold a copy. */
    readonly requires: string;
    readonly shards: readonly number[];
    /** Copies of each shard wanted, the primary's included. */
    readonly copies: number;
  };
  readonly leaves: readonly LeafInfo[];
  readonly current?: GroupPlacement | undefined;
  /** Copies of other groups on each leaf, as `countCopies` counts them. */
  readonly loads: ReadonlyMap<string, number>;
  /** Whether the copy of a shard on a leaf can answer. */
  isReady(shard: number, leaf: string): boolean;
};

/** The leaves on which a shard's copies stand once its move is made; a move under way counts where it leads. */
export function settledCopies({
  copies,
  move,
}: {
  readonly copies: readonly string[];
  readonly move?: Move | undefined;
}): readonly string[] {
  return move === undefined ? copies : copies.map((leaf) => (leaf === move.from ? move.to : leaf));
}

/** How many copies each leaf holds once the moves under way are made. */
export function countCopies(shards: Iterable<ShardPlacement>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const shard of shards) {
    for (const leaf of settledCopies(shard)) counts.set(leaf, (counts.get(leaf) ?? 0) + 1);
  }
  return counts;
}

/**
 * Decides which leaves hold the copies of a group's shards. A pure function of leaves, group and the placement so
 * far, called by the controller whenever one of them, or the readiness of a copy, has changed. It reaches its goal over
 * several calls: a move first builds the new copy, and only a later call, once that copy is ready, gives up the old.
 */
import type { GroupPlacement, PlacementInput, ShardPlacement } from './group-placement.ts';
import { PlacementDraft } from './placement-draft.ts';

export type { GroupPlacement, LeafInfo, Move, PlacementInput, ShardPlacement } from './group-placement.ts';

/**
 * Places the copies of a group.
 *
 * - A shard's copies are on different leaves, in different zones where leaves allow it, and stay where they are as
 *   long as their leaf is alive and nothing below asks otherwise.
 * - A leaf that is away loses its copies to another; if there is none, it keeps its place and gets them back.
 * - Copies too many go: first such as are not ready, then those on draining leaves, then those on the fullest.
 * - Draining leaves are left, zones spread, and leaves that differ by two copies or more balanced, by moves; the
 *   copies of this group count first, those of all groups second. A shard makes one move at a time.
 * - The last ready copy of a shard is never given up.
 * - Preferred primaries are spread over leaves, and taken off draining ones, as far as other copies are ready.
 *
 * @returns `current` itself if nothing changes.
 */
export function placeGroup(input: PlacementInput): GroupPlacement {
  const draft = new PlacementDraft(input);
  draft.settleMoves();
  draft.dropSurplus();
  draft.replaceLost();
  draft.fillUp();
  while (draft.leaveDraining() || draft.spreadZones() || draft.balance());
  draft.spreadPrimaries();
  const { generation } = input.group;
  const { current } = input;
  const shards = draft.shards();
  if (current?.generation === generation && sameShards(current.shards, shards)) return current;
  return { generation, version: (current?.version ?? 0) + 1, shards };
}

function sameShards(one: readonly ShardPlacement[], other: readonly ShardPlacement[]): boolean {
  return one.length === other.length && one.every((shard, place) => sameShard(shard, other[place]));
}

function sameShard(one: ShardPlacement, other: ShardPlacement | undefined): boolean {
  if (other === undefined || one.shard !== other.shard || one.copies.length !== other.copies.length) return false;
  if (one.move?.from !== other.move?.from || one.move?.to !== other.move?.to) return false;
  return one.copies.every((leaf, place) => leaf === other.copies[place]);
}

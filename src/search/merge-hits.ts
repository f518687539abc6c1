/** The best hits of all shards from the best of each: by score or sort values, ties by place in the log. */

import { compareStrings } from '../engine/collect/compare-strings.ts';
import type { SearchProfile } from '../engine/index.ts';
import type { FieldValue } from '../engine/query/query.ts';
import { readFloat32, readFloat64 } from './columns.ts';
import type { FetchedHit, ShardHits } from './partials.ts';
import type { SearchRequest } from './request/search-request.ts';
import type { SortSpec } from './request/sort.ts';
import { compact } from './shape.ts';

/** A partial answer, and the shard that gave it. */
export type FromShard<Partial> = { readonly shard: number; readonly value: Partial };

/** A hit of the page that was asked for. */
export type MergedHit = {
  readonly shard: number;
  readonly id: string;
  readonly score: number;
  readonly position: number;
  readonly sort?: readonly (FieldValue | null)[];
  readonly matchedQueries?: readonly string[];
  readonly fetched?: FetchedHit;
};

/** Hits of the page, and figures of all that matched. */
export type MergedHits = {
  readonly total: number;
  /** Whether there may be more than `total`. */
  readonly isLowerBound: boolean;
  readonly timedOut: boolean;
  readonly maxScore: number | null;
  readonly hits: readonly MergedHit[];
  readonly profiles: readonly FromShard<SearchProfile>[];
};

/**
 * Merges hits of shards and cuts the page out of them.
 *
 * @param partials One per shard, each with at least its own best `from + size` hits. Read, never changed.
 */
export function mergeHits(request: SearchRequest, partials: readonly FromShard<ShardHits>[]): MergedHits {
  const limit = request.from + request.size;
  const compare = request.sort === undefined ? byScore : bySort(request.sort);
  const lists = partials.map((partial) => hitsOf(partial, request.sort));
  const best = mergeInPairs(lists, { limit, compare });
  const maxScores = partials.flatMap(({ value }) => value.maxScore ?? []);
  return {
    total: partials.reduce((sum, { value }) => sum + value.total, 0),
    isLowerBound: partials.some(({ value }) => value.isLowerBound === true),
    timedOut: partials.some(({ value }) => value.timedOut === true),
    profiles: partials.flatMap(({ shard, value: { profile } }) =>
      profile === undefined ? [] : { shard, value: profile },
    ),
    maxScore: maxScores.length === 0 ? null : Math.max(...maxScores),
    hits: best.slice(request.from, limit),
  };
}

type Compare = (a: MergedHit, b: MergedHit) => number;
type Merging = { readonly limit: number; readonly compare: Compare };

function hitsOf({ shard, value }: FromShard<ShardHits>, specs: readonly SortSpec[] | undefined): readonly MergedHit[] {
  const scores = readFloat32(value.scores);
  const positions = readFloat64(value.positions);
  return value.ids.map((id, place) => {
    const values = value.sortValues?.[place];
    return compact({
      shard,
      id,
      score: scores[place] ?? 0,
      position: positions[place] ?? 0,
      sort: values?.map((sortValue, key) => sortValue ?? substitute(specs?.[key])),
      matchedQueries: value.matchedQueries?.[place],
      fetched: value.fetched?.[place],
    });
  });
}

/** What a missing value counts as, if it counts as one. */
function substitute(spec: SortSpec | undefined): FieldValue | null {
  const missing = spec?.missing;
  return missing === undefined || missing === '_first' || missing === '_last' ? null : missing;
}

/** Merges neighbours until one list is left: every hit is looked at once per doubling. */
function mergeInPairs(lists: readonly (readonly MergedHit[])[], merging: Merging): readonly MergedHit[] {
  let round = lists;
  while (round.length > 1) {
    round = Array.from({ length: Math.ceil(round.length / 2) }, (_, pair) =>
      mergeTwo(round[2 * pair] ?? [], round[2 * pair + 1] ?? [], merging),
    );
  }
  return (round[0] ?? []).slice(0, merging.limit);
}

function mergeTwo(
  left: readonly MergedHit[],
  right: readonly MergedHit[],
  { limit, compare }: Merging,
): readonly MergedHit[] {
  const merged: MergedHit[] = [];
  for (let [l, r] = [0, 0]; merged.length < limit; ) {
    const [a, b] = [left[l], right[r]];
    if (a !== undefined && (b === undefined || compare(a, b) <= 0)) {
      merged.push(a);
      l++;
    } else if (b !== undefined) {
      merged.push(b);
      r++;
    } else break;
  }
  return merged;
}

function byScore(a: MergedHit, b: MergedHit): number {
  return b.score - a.score || a.position - b.position;
}

function bySort(sort: readonly SortSpec[]): Compare {
  return (a, b) => {
    for (const [place, spec] of sort.entries()) {
      const order = compareValues(a.sort?.[place], b.sort?.[place], spec);
      if (order !== 0) return order;
    }
    return a.position - b.position;
  };
}

/** As the engine orders them: texts by code points, missing values last unless told otherwise, whatever the order. */
function compareValues(
  left: FieldValue | null | undefined,
  right: FieldValue | null | undefined,
  { order, missing }: SortSpec,
): number {
  if (left === right) return 0;
  const missingSign = missing === '_first' ? -1 : 1;
  if (left === null || left === undefined) return right === null || right === undefined ? 0 : missingSign;
  if (right === null || right === undefined) return -missingSign;
  const isLess = typeof left === 'string' && typeof right === 'string' ? compareStrings(left, right) < 0 : left < right;
  return isLess === (order === 'asc') ? -1 : 1;
}

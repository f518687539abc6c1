/** The profile of a search as it is shown: what each part of each shard took. */
import type { SearchProfile } from '../engine/index.ts';
import type { FromShard } from './merge-hits.ts';

/** Times in milliseconds. `evaluator` is `kernel`, or `reference` for the JavaScript evaluator. */
export type ProfileSection = {
  readonly shards: readonly {
    readonly id: string;
    readonly parts: readonly {
      readonly part: string;
      readonly doc_count: number;
      readonly evaluator: string;
      readonly query: string;
      readonly matched: number;
      readonly time_ms: number;
    }[];
  }[];
};

/** Makes the section of an answer. */
export function profileSection(index: string, profiles: readonly FromShard<SearchProfile>[]): ProfileSection {
  const shards = profiles.map(({ shard, value }) => ({
    id: `[${index}][${shard}]`,
    parts: value.parts.map(({ part, docCount, evaluator, query, matched, timeMs }) => ({
      part,
      doc_count: docCount,
      evaluator,
      query,
      matched,
      time_ms: timeMs,
    })),
  }));
  return { shards };
}

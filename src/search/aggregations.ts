/**
 * Aggregations of a search, from request to answer: a shard binds them to its mappings and cuts the sources of
 * `top_hits` to what is wanted; the root merges what shards gave and makes the answer.
 */
import type { AggregationPartials, Aggregations, TopHit } from '../engine/aggregate/aggregation.ts';
import { finishAggregations } from '../engine/aggregate/finish.ts';
import { reduceAggregations } from '../engine/aggregate/reduce.ts';
import { mapTopHits } from '../engine/aggregate/top-hits.ts';
import { EMPTY_MAPPINGS, type Mappings } from './mapping.ts';
import type { AggregationBinding } from './request/aggregations/aggregation-site.ts';
import { parseAggregations } from './request/aggregations/parse-aggregations.ts';
import type { Binding } from './request/binding.ts';
import { compact, isPlainObject } from './shape.ts';
import { filterSource, parseSourceFilter, type SourceFilter } from './source-filter.ts';

/** Aggregations as requests carry them inside the cluster: the JSON of `aggs`, whose form has been checked. */
export type RequestedAggregations = Readonly<Record<string, unknown>>;

/** The answer to aggregations, by name. */
export type AggregationsAnswer = Readonly<Record<string, unknown>>;

/**
 * Reads `aggs` or `aggregations` of a search. Only the form is checked: fields are bound later, by root and shards.
 *
 * @param path Which of the two keys it is.
 * @throws CoppiceError `PARSING_FAILED`.
 */
export function readAggregations(value: unknown, path: string): RequestedAggregations {
  parseAggregations(value, path, { mappings: EMPTY_MAPPINGS, nowMs: 0 });
  return isPlainObject(value) ? value : {};
}

/**
 * Binds aggregations to mappings.
 *
 * @throws CoppiceError `BAD_REQUEST` for a field of a type that an aggregation does not take, or a value that does not fit.
 */
export function bindAggregations(requested: RequestedAggregations, binding: AggregationBinding): Aggregations {
  return parseAggregations(requested, 'aggs', binding);
}

/** Whether mappings have every field that aggregations name. @throws CoppiceError what `bindAggregations` throws. */
export function hasAggregatedFields(requested: RequestedAggregations, binding: Binding): boolean {
  const unmapped = new Set<string>();
  bindAggregations(requested, { ...binding, unmapped });
  return unmapped.size === 0;
}

/** Cuts the sources that hits of `top_hits` come with to what each of them asks for. */
export function cutSources(
  requested: RequestedAggregations,
  aggregations: Aggregations,
  partials: AggregationPartials,
): AggregationPartials {
  const filters = new Map<string, SourceFilter>();
  return mapTopHits(aggregations, partials, (hit, path) => {
    const key = JSON.stringify(path);
    const filter = filters.get(key) ?? sourceFilterAt(requested, path);
    filters.set(key, filter);
    return compact({ ...hit, source: filterSource(hit.source, filter) });
  });
}

/**
 * Merges what shards gave and makes the answer.
 *
 * @param binding The mappings of the whole index.
 * @throws CoppiceError `LIMIT_EXCEEDED` for more buckets than an answer may have.
 */
export function aggregationsAnswer(
  requested: RequestedAggregations,
  partials: readonly AggregationPartials[],
  {
    index,
    mappings,
    nowMs,
  }: { readonly index: string; readonly mappings: Mappings; readonly nowMs?: number | undefined },
): AggregationsAnswer {
  const aggregations = bindAggregations(requested, { mappings, nowMs });
  return finishAggregations(aggregations, reduceAggregations(aggregations, partials), {
    hits: ({ total, maxScore, hits }, { from, size, sort }) => {
      const isScored = sort === undefined || sort.some(({ field }) => field === '_score');
      return {
        total: { value: total, relation: 'eq' },
        max_score: isScored ? maxScore : null,
        hits: hits.slice(from, from + size).map((hit) => shownHit(hit, { index, isScored })),
      };
    },
  });
}

function shownHit(
  { id, score, sort, source }: TopHit,
  { index, isScored }: { readonly index: string; readonly isScored: boolean },
): Readonly<Record<string, unknown>> {
  return compact({ _index: index, _id: id, _score: isScored ? score : null, _source: source, sort });
}

function sourceFilterAt(requested: RequestedAggregations, path: readonly string[]): SourceFilter {
  let level: unknown = requested;
  let found: unknown;
  for (const name of path) {
    const one = memberOf(level, name);
    found = memberOf(one, 'top_hits');
    level = memberOf(one, 'aggs') ?? memberOf(one, 'aggregations');
  }
  return parseSourceFilter(memberOf(found, '_source'), '_source');
}

function memberOf(value: unknown, key: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

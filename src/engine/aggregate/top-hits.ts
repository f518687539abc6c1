/** Merging and ordering the hits of `top_hits`. */
import type { FieldValue } from '../query/query.ts';
import type {
  Aggregation,
  AggregationOf,
  AggregationPartial,
  AggregationPartials,
  Aggregations,
  TopHit,
  TopHitsPartial,
  TopHitsSort,
} from './aggregation.ts';
import { compareKeys } from './key-order.ts';

type Values = readonly (FieldValue | null)[];

/** Negative, 0 or positive as a hit comes before another, level with it, or after it. */
export function compareHits(a: Values, b: Values, sort: readonly TopHitsSort[]): number {
  for (let i = 0; i < sort.length; i++) {
    const compared = compareValues(a[i] ?? null, b[i] ?? null, sort[i]!);
    if (compared !== 0) return compared;
  }
  return 0;
}

/** The same by one criterion. Missing values come last unless told otherwise. */
export function compareValues(
  left: FieldValue | null,
  right: FieldValue | null,
  { order, missing }: TopHitsSort,
): number {
  if (left === right) return 0;
  if (left === null || right === null) return (left === null) === (missing === '_first') ? -1 : 1;
  return order === 'asc' ? compareKeys(left, right) : compareKeys(right, left);
}

/** The best of several lists of hits. */
export function mergeTopHits(
  { sort, from, size }: AggregationOf<'topHits'>,
  partials: readonly TopHitsPartial[],
): TopHitsPartial {
  const criteria: readonly TopHitsSort[] = sort ?? [{ field: '_score', order: 'desc' }];
  const values = (hit: TopHit): Values => (sort === undefined ? [hit.score] : (hit.sort ?? []));
  const hits = partials
    .flatMap((partial) => partial.hits)
    .sort((a, b) => compareHits(values(a), values(b), criteria) || a.position - b.position)
    .slice(0, from + size);
  const maxScores = partials.flatMap(({ maxScore }) => maxScore ?? []);
  return {
    kind: 'topHits',
    total: partials.reduce((sum, { total }) => sum + total, 0),
    maxScore: maxScores.length === 0 ? null : Math.max(...maxScores),
    hits,
  };
}

/** Partials with the hits of each `top_hits` changed, at any depth: where sources are cut to what is wanted. */
export function mapTopHits(
  aggregations: Aggregations,
  partials: AggregationPartials,
  /** `path`: names of the aggregations down to it. */
  change: (hit: TopHit, path: readonly string[]) => TopHit,
): AggregationPartials {
  return hasTopHits(aggregations) ? mapLevel(aggregations, partials, { change, path: [] }) : partials;
}

type Mapping = { readonly change: (hit: TopHit, path: readonly string[]) => TopHit; readonly path: readonly string[] };

function hasTopHits(aggregations: Aggregations): boolean {
  return Object.values(aggregations).some(
    (aggregation) => aggregation.kind === 'topHits' || hasTopHits(belowOf(aggregation)),
  );
}

function belowOf(aggregation: Aggregation): Aggregations {
  return 'aggregations' in aggregation ? (aggregation.aggregations ?? {}) : {};
}

function mapLevel(
  aggregations: Aggregations,
  partials: AggregationPartials,
  { change, path }: Mapping,
): AggregationPartials {
  return Object.fromEntries(
    Object.entries(partials).map(([name, partial]) => {
      const aggregation = Object.hasOwn(aggregations, name) ? aggregations[name] : undefined;
      if (aggregation === undefined) return [name, partial];
      return [name, mapPartial(aggregation, partial, { change, path: [...path, name] })];
    }),
  );
}

function mapPartial(aggregation: Aggregation, partial: AggregationPartial, mapping: Mapping): AggregationPartial {
  const below = (inner: AggregationPartials | undefined): readonly [] | readonly [AggregationPartials] =>
    inner === undefined ? [] : [mapLevel(belowOf(aggregation), inner, mapping)];
  switch (partial.kind) {
    case 'topHits':
      return { ...partial, hits: partial.hits.map((hit) => mapping.change(hit, mapping.path)) };
    case 'terms':
      return {
        ...partial,
        buckets: partial.buckets.map(([key, count, error, inner]) => [key, count, error, ...below(inner)] as const),
      };
    case 'histogram':
      return {
        ...partial,
        buckets: partial.buckets.map(([key, count, inner]) => [key, count, ...below(inner)] as const),
      };
    case 'composite':
      return {
        ...partial,
        buckets: partial.buckets.map(([keys, count, inner]) => [keys, count, ...below(inner)] as const),
      };
    case 'slots':
      return { ...partial, slots: partial.slots.map(([count, inner]) => [count, ...below(inner)] as const) };
    case 'stats':
    case 'count':
    case 'cardinality':
    case 'quantiles':
      return partial;
  }
}

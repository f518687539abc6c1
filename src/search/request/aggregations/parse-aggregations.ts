/**
 * Elasticsearch's `aggs` to the engine's aggregations, bound to the types of an index. Shards read the same JSON as the
 * root, each against the mappings it knows: a field that it has not seen has no values there.
 */
import { type Aggregation, type Aggregations, MAX_AGGREGATION_DEPTH } from '../../../engine/aggregate/aggregation.ts';
import { childPath, isPlainObject, pathError, shapeError, unknownNameError } from '../../shape.ts';
import type { AggregationBinding, ReadAggregation } from './aggregation-site.ts';
import { parseComposite } from './parse-composite.ts';
import { parseFilter, parseFilters, parseGlobal, parseMissing } from './parse-filters.ts';
import { parseDateHistogram, parseHistogram } from './parse-histograms.ts';
import {
  parseCardinality,
  parseExtendedStats,
  parsePercentileRanks,
  parsePercentiles,
  parseStats,
  parseValueCount,
} from './parse-metrics.ts';
import { parseDateRange, parseRanges } from './parse-ranges.ts';
import { parseTerms } from './parse-terms.ts';
import { parseTopHits } from './parse-top-hits.ts';

/** Aggregations of one request, over all levels. */
export const MAX_AGGREGATIONS = 1000;

/**
 * Reads aggregations.
 *
 * @param value The object of `aggs`: names to aggregations.
 * @param path Where it stands in the body, for messages.
 * @throws CoppiceError `PARSING_FAILED` that names the path, what was expected, and a close name if any; `BAD_REQUEST`
 * for a field or a value that does not fit.
 */
export function parseAggregations(value: unknown, path: string, binding: AggregationBinding): Aggregations {
  return parseLevel(value, { path, binding, depth: 0, budget: { left: MAX_AGGREGATIONS } });
}

type Level = {
  readonly path: string;
  readonly binding: AggregationBinding;
  readonly depth: number;
  readonly budget: { left: number };
};

type Kind = { readonly read: ReadAggregation; readonly hasBuckets: boolean };

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['terms', { read: parseTerms, hasBuckets: true }],
  ['histogram', { read: parseHistogram, hasBuckets: true }],
  ['date_histogram', { read: parseDateHistogram, hasBuckets: true }],
  ['range', { read: parseRanges, hasBuckets: true }],
  ['date_range', { read: parseDateRange, hasBuckets: true }],
  ['filter', { read: parseFilter, hasBuckets: true }],
  ['filters', { read: parseFilters, hasBuckets: true }],
  ['missing', { read: parseMissing, hasBuckets: true }],
  ['global', { read: parseGlobal, hasBuckets: true }],
  ['composite', { read: parseComposite, hasBuckets: true }],
  ['top_hits', { read: parseTopHits, hasBuckets: false }],
  ['min', { read: parseStats('min'), hasBuckets: false }],
  ['max', { read: parseStats('max'), hasBuckets: false }],
  ['sum', { read: parseStats('sum'), hasBuckets: false }],
  ['avg', { read: parseStats('avg'), hasBuckets: false }],
  ['stats', { read: parseStats('stats'), hasBuckets: false }],
  ['extended_stats', { read: parseExtendedStats, hasBuckets: false }],
  ['value_count', { read: parseValueCount, hasBuckets: false }],
  ['cardinality', { read: parseCardinality, hasBuckets: false }],
  ['percentiles', { read: parsePercentiles, hasBuckets: false }],
  ['percentile_ranks', { read: parsePercentileRanks, hasBuckets: false }],
]);

const LATER_KINDS = [
  'adjacency_matrix',
  'auto_date_histogram',
  'avg_bucket',
  'boxplot',
  'bucket_count_ks_test',
  'bucket_correlation',
  'bucket_script',
  'bucket_selector',
  'bucket_sort',
  'categorize_text',
  'change_point',
  'children',
  'cumulative_cardinality',
  'cumulative_sum',
  'derivative',
  'diversified_sampler',
  'extended_stats_bucket',
  'frequent_item_sets',
  'geo_bounds',
  'geo_centroid',
  'geo_distance',
  'geo_line',
  'geohash_grid',
  'geohex_grid',
  'geotile_grid',
  'inference',
  'ip_prefix',
  'ip_range',
  'matrix_stats',
  'max_bucket',
  'median_absolute_deviation',
  'min_bucket',
  'moving_fn',
  'moving_percentiles',
  'multi_terms',
  'nested',
  'normalize',
  'parent',
  'percentiles_bucket',
  'random_sampler',
  'rare_terms',
  'rate',
  'reverse_nested',
  'sampler',
  'scripted_metric',
  'serial_diff',
  'significant_terms',
  'significant_text',
  'stats_bucket',
  'string_stats',
  'sum_bucket',
  't_test',
  'time_series',
  'top_metrics',
  'variable_width_histogram',
  'weighted_avg',
] as const;

const BELOW = ['aggs', 'aggregations'];

function parseLevel(value: unknown, level: Level): Aggregations {
  const { path, depth, budget } = level;
  if (!isPlainObject(value)) throw shapeError(path, 'an object of aggregations by name', value);
  const entries = Object.entries(value);
  if (depth >= MAX_AGGREGATION_DEPTH && entries.length > 0)
    throw pathError(
      path,
      `aggregations nest deeper than ${MAX_AGGREGATION_DEPTH} levels`,
      `at most ${MAX_AGGREGATION_DEPTH} levels`,
    );
  budget.left -= entries.length;
  if (budget.left < 0)
    throw pathError(
      path,
      `a request has at most ${MAX_AGGREGATIONS} aggregations`,
      `at most ${MAX_AGGREGATIONS} aggregations`,
    );
  return Object.fromEntries(entries.map(([name, one]) => [checkName(name, path), parseOne(name, one, level)]));
}

function parseOne(name: string, value: unknown, level: Level): Aggregation {
  const path = childPath(level.path, name);
  if (!isPlainObject(value)) throw shapeError(path, 'an aggregation such as {"terms": {"field": "…"}}', value);
  const kinds = Object.keys(value).filter((key) => key !== 'meta' && !BELOW.includes(key));
  const [kindName, other] = kinds;
  if (kindName === undefined)
    throw pathError(path, 'missing definition of an aggregation', 'an object with the name of one aggregation');
  const kind = KINDS.get(kindName);
  if (kind === undefined)
    throw unknownNameError(
      { path, what: 'aggregation', name: kindName },
      { known: [...KINDS.keys()], later: LATER_KINDS },
    );
  if (other !== undefined)
    throw pathError(
      path,
      `an aggregation has one kind, got [${kindName}] and [${other.slice(0, 60)}]`,
      'an object with the name of one aggregation',
    );
  const below = parseBelow(value, path, { ...level, hasBuckets: kind.hasBuckets, kindName });
  const site = {
    path: childPath(path, kindName),
    name,
    kind: kindName,
    binding: level.binding,
    below,
    isTop: level.depth === 0,
  };
  const aggregation = kind.read(value[kindName], site);
  const meta = metaOf(value['meta'], path);
  return {
    ...aggregation,
    ...(Object.keys(below).length === 0 ? {} : { aggregations: below }),
    ...(meta === undefined ? {} : { meta }),
  };
}

function parseBelow(
  value: Readonly<Record<string, unknown>>,
  path: string,
  { hasBuckets, kindName, ...level }: Level & { readonly hasBuckets: boolean; readonly kindName: string },
): Aggregations {
  const [key, other] = BELOW.filter((name) => value[name] !== undefined);
  if (key === undefined) return {};
  if (other !== undefined) throw pathError(path, 'takes [aggs] or [aggregations], not both', 'one of the two');
  const below = parseLevel(value[key], { ...level, path: childPath(path, key), depth: level.depth + 1 });
  if (!hasBuckets && Object.keys(below).length > 0)
    throw pathError(
      childPath(path, key),
      `an aggregation of kind [${kindName}] cannot have sub-aggregations`,
      'no sub-aggregations',
    );
  return below;
}

function metaOf(value: unknown, path: string): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isPlainObject(value)) throw shapeError(childPath(path, 'meta'), 'an object', value);
  return value;
}

/** Names are anything that paths to them can tell apart. */
function checkName(name: string, path: string): string {
  if (name !== '' && !/[[\]>]/.test(name) && name !== '__proto__') return name;
  throw pathError(
    path,
    `invalid aggregation name [${name.slice(0, 60)}], names may hold any character but [, ] and >`,
    'a name without [, ] and >',
  );
}

/** Aggregations that give numbers: `min` to `extended_stats`, `value_count`, `cardinality`, `percentiles` and their ranks. */
import type { Aggregation } from '../../../engine/aggregate/aggregation.ts';
import { MAX_PRECISION_THRESHOLD } from '../../../engine/aggregate/hyper-log-log.ts';
import { ObjectReader } from '../../object-reader.ts';
import { compact, elementPath, numberAt, pathError, shapeError } from '../../shape.ts';
import {
  type AggregatedField,
  type AggregationSite,
  fieldNumber,
  type ReadAggregation,
  readAggregatedField,
  readFormat,
  readMissingNumber,
  readMissingValue,
} from './aggregation-site.ts';

const LATER = ['script', 'value_type'];
const METRIC_KEYS = ['field', 'missing', 'format'];
const DEFAULT_PERCENTS = [1, 5, 25, 50, 75, 95, 99];
const MAX_ASKED = 1000;
/** Relative error of sketches over dates, which are large numbers: about five hours in fifty years. */
const DATE_ACCURACY = 1e-5;

/** `{"avg":{"field":"price"}}`. */
export function parseStats(kind: 'min' | 'max' | 'sum' | 'avg' | 'stats'): ReadAggregation {
  return (body, site) => {
    const reader = ObjectReader.open(body, site.path, { known: METRIC_KEYS, later: LATER });
    return compact({ kind, ...readNumbers(reader, site) });
  };
}

/** `{"extended_stats":{"field":"price","sigma":3}}`. */
export function parseExtendedStats(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, { known: [...METRIC_KEYS, 'sigma'], later: LATER });
  return compact({
    kind: 'extendedStats' as const,
    ...readNumbers(reader, site),
    sigma: reader.number('sigma', { min: 0 }),
  });
}

/** `{"value_count":{"field":"tag"}}`. */
export function parseValueCount(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, { known: METRIC_KEYS, later: LATER });
  const field = readAggregatedField(reader, site, 'values');
  return compact({ kind: 'valueCount' as const, field: field.field, missing: readMissingValue(reader, field, site) });
}

/** `{"cardinality":{"field":"tag","precision_threshold":100}}`. */
export function parseCardinality(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: ['field', 'missing', 'precision_threshold', 'execution_hint'],
    later: [...LATER, 'rehash'],
  });
  const field = readAggregatedField(reader, site, 'values');
  const threshold = reader.integer('precision_threshold', { min: 0 });
  return compact({
    kind: 'cardinality' as const,
    field: field.field,
    missing: readMissingValue(reader, field, site),
    precisionThreshold: threshold === undefined ? undefined : Math.min(threshold, MAX_PRECISION_THRESHOLD),
  });
}

/** `{"percentiles":{"field":"price","percents":[50,99]}}`. */
export function parsePercentiles(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: [...METRIC_KEYS, 'percents', 'keyed', 'tdigest', 'hdr'],
    later: LATER,
  });
  const field = readAggregatedField(reader, site, 'numbers');
  const percents = reader.has('percents')
    ? readList(reader, 'percents', (value, path) => numberAt(value, path, { min: 0, max: 100 }))
    : DEFAULT_PERCENTS;
  return compact({
    kind: 'percentiles' as const,
    field: field.field,
    percents,
    ...readSpread(reader, field, site),
    format: formatOf(reader, field),
  });
}

/** `{"percentile_ranks":{"field":"price","values":[10,100]}}`. */
export function parsePercentileRanks(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: [...METRIC_KEYS, 'values', 'keyed', 'tdigest', 'hdr'],
    later: LATER,
  });
  const field = readAggregatedField(reader, site, 'numbers');
  reader.required('values', 'a list of values');
  const { binding } = site;
  const values = readList(reader, 'values', (value, path) => fieldNumber(value, field, { path, binding }));
  return compact({
    kind: 'percentileRanks' as const,
    field: field.field,
    values,
    ...readSpread(reader, field, site),
  });
}

function readNumbers(reader: ObjectReader, site: AggregationSite) {
  const field = readAggregatedField(reader, site, 'numbers');
  return { field: field.field, missing: readMissingNumber(reader, field, site), format: formatOf(reader, field) };
}

/** Numbers of booleans are shown as numbers. */
function formatOf(reader: ObjectReader, field: AggregatedField) {
  const format = readFormat(reader, field);
  return format?.type === 'date' ? format : undefined;
}

function readSpread(reader: ObjectReader, field: AggregatedField, site: AggregationSite) {
  return {
    missing: readMissingNumber(reader, field, site),
    keyed: reader.boolean('keyed'),
    accuracy: readAccuracy(reader) ?? (field.type === 'date' ? DATE_ACCURACY : undefined),
  };
}

/** One sketch stands for both of Elasticsearch's: its relative error is `10 ^ -digits` of HDR, or one in `compression`. */
function readAccuracy(reader: ObjectReader): number | undefined {
  if (reader.has('tdigest') && reader.has('hdr'))
    throw pathError(reader.path, 'takes [tdigest] or [hdr], not both', 'one of the two');
  if (reader.has('tdigest')) {
    const inner = ObjectReader.open(reader.value('tdigest'), reader.at('tdigest'), {
      known: ['compression', 'execution_hint'],
    });
    const compression = inner.number('compression', { min: 1, max: 100_000 });
    return compression === undefined ? undefined : 1 / Math.max(10, compression);
  }
  if (!reader.has('hdr')) return undefined;
  const inner = ObjectReader.open(reader.value('hdr'), reader.at('hdr'), {
    known: ['number_of_significant_value_digits'],
  });
  const digits = inner.integer('number_of_significant_value_digits', { min: 0, max: 5 });
  return digits === undefined ? undefined : 10 ** -Math.max(1, digits);
}

function readList(
  reader: ObjectReader,
  key: string,
  read: (value: unknown, path: string) => number,
): readonly number[] {
  const value = reader.value(key);
  const path = reader.at(key);
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ASKED)
    throw shapeError(path, `a list of 1 to ${MAX_ASKED} numbers`, value);
  return value.map((element: unknown, index) => read(element, elementPath(path, index)));
}

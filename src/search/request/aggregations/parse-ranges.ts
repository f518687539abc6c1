/** `range` and `date_range`: buckets between numbers or dates that the request names. */

import type { Aggregation, Range } from '../../../engine/aggregate/aggregation.ts';
import { dateFormatter } from '../../../engine/aggregate/format-date.ts';
import { ObjectReader } from '../../object-reader.ts';
import { compact, elementPath, isPlainObject, pathError, shapeError } from '../../shape.ts';
import { readTimeZone } from '../common.ts';
import {
  type AggregatedField,
  type AggregationSite,
  type DateText,
  fieldNumber,
  readAggregatedField,
  readFormat,
  readMissingNumber,
} from './aggregation-site.ts';

const MAX_RANGES = 1024;

/** `{"range":{"field":"price","ranges":[{"to":50},{"from":50}]}}`. */
export function parseRanges(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: ['field', 'ranges', 'keyed', 'missing', 'format'],
    later: ['script'],
  });
  const field = readAggregatedField(reader, site, 'numbers');
  return readRanges(reader, { site, field, dates: { format: reader.name('format') } });
}

/** `{"date_range":{"field":"when","format":"yyyy-MM","ranges":[{"from":"2024-01"},{"to":"now-1M/M"}]}}`. */
export function parseDateRange(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: ['field', 'ranges', 'keyed', 'missing', 'format', 'time_zone'],
    later: ['script'],
  });
  const field = readAggregatedField(reader, site, 'dates');
  const dates = { format: reader.name('format'), timeZone: readTimeZone(reader) };
  return readRanges(reader, { site, field, dates });
}

type Reading = { readonly site: AggregationSite; readonly field: AggregatedField; readonly dates: DateText };

function readRanges(reader: ObjectReader, { site, field, dates }: Reading): Aggregation {
  const value = reader.required('ranges', 'a list of ranges');
  const path = reader.at('ranges');
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_RANGES)
    throw shapeError(path, `a list of 1 to ${MAX_RANGES} ranges`, value);
  const format = readFormat(reader, field, dates.timeZone);
  if (format?.type === 'date') dateFormatter(format);
  return compact({
    kind: 'range' as const,
    field: field.field,
    ranges: value.map((range: unknown, index) => readRange(range, elementPath(path, index), { site, field, dates })),
    keyed: reader.boolean('keyed'),
    missing: readMissingNumber(reader, field, site, dates),
    format: format?.type === 'boolean' ? undefined : format,
  });
}

function readRange(value: unknown, path: string, { site, field, dates }: Reading): Range {
  if (!isPlainObject(value)) throw shapeError(path, 'a range such as {"from": 1, "to": 5}', value);
  const reader = ObjectReader.open(value, path, { known: ['key', 'from', 'to'], later: ['mask'] });
  const { binding } = site;
  const end = (key: 'from' | 'to'): number | undefined => {
    const given = reader.value(key);
    return given === undefined || given === null
      ? undefined
      : fieldNumber(given, field, { path: reader.at(key), binding, dates });
  };
  const range = compact({ key: reader.string('key'), from: end('from'), to: end('to') });
  // Of a field that is not mapped, dates are not known yet.
  if (field.isMapped && (range.from ?? -Infinity) > (range.to ?? Infinity))
    throw pathError(path, `from [${range.from}] is above to [${range.to}]`, 'from of at most to');
  return range;
}

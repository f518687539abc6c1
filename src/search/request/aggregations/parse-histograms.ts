/** `histogram` and `date_histogram`: buckets by intervals of a number or a date. */

import type { Aggregation, Bounds, CalendarUnit, DateInterval } from '../../../engine/aggregate/aggregation.ts';
import { dateFormatter } from '../../../engine/aggregate/format-date.ts';
import { ObjectReader } from '../../object-reader.ts';
import { compact, pathError, shapeError } from '../../shape.ts';
import { readTimeZone } from '../common.ts';
import {
  type AggregatedField,
  type AggregationBinding,
  type AggregationSite,
  type DateText,
  fieldNumber,
  readAggregatedField,
  readFormat,
  readMissingNumber,
} from './aggregation-site.ts';
import { parseOrder } from './parse-order.ts';

const KEYS = [
  'field',
  'offset',
  'min_doc_count',
  'extended_bounds',
  'hard_bounds',
  'keyed',
  'missing',
  'order',
  'format',
];

const CALENDAR_UNITS: ReadonlyMap<string, CalendarUnit> = new Map<string, CalendarUnit>([
  ['minute', 'minute'],
  ['1m', 'minute'],
  ['hour', 'hour'],
  ['1h', 'hour'],
  ['day', 'day'],
  ['1d', 'day'],
  ['week', 'week'],
  ['1w', 'week'],
  ['month', 'month'],
  ['1M', 'month'],
  ['quarter', 'quarter'],
  ['1q', 'quarter'],
  ['year', 'year'],
  ['1y', 'year'],
]);
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const MAX_INTERVAL_MS = 1e15;

/** `{"histogram":{"field":"price","interval":50}}`. */
export function parseHistogram(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, { known: [...KEYS, 'interval'], later: ['script', 'value_type'] });
  const field = readAggregatedField(reader, site, 'numbers');
  reader.required('interval', 'a number above 0');
  const interval = reader.number('interval') ?? 0;
  if (interval <= 0) throw shapeError(reader.at('interval'), 'a number above 0', reader.value('interval'));
  return compact({
    kind: 'histogram' as const,
    field: field.field,
    interval,
    offset: reader.number('offset'),
    ...readCommon(reader, { site, field, dates: {} }),
    format: readFormat(reader, field),
  });
}

/** `{"date_histogram":{"field":"when","calendar_interval":"month","time_zone":"Europe/Oslo"}}`. */
export function parseDateHistogram(body: unknown, site: AggregationSite): Aggregation {
  const reader = ObjectReader.open(body, site.path, {
    known: [...KEYS, 'calendar_interval', 'fixed_interval', 'time_zone'],
    later: ['interval', 'script', 'value_type'],
  });
  const field = readAggregatedField(reader, site, 'dates');
  const timeZone = readTimeZone(reader);
  const format = readFormat(reader, field, timeZone);
  const pattern = reader.name('format');
  dateFormatter({ pattern, timeZone });
  return compact({
    kind: 'dateHistogram' as const,
    field: field.field,
    interval: readInterval(reader),
    timeZone,
    offsetMs: readOffsetMs(reader),
    ...readCommon(reader, { site, field, dates: { format: pattern, timeZone } }),
    format,
  });
}

/** Reads `calendar_interval` or `fixed_interval`. */
export function readInterval(reader: ObjectReader): DateInterval {
  const isCalendar = reader.has('calendar_interval');
  if (isCalendar === reader.has('fixed_interval'))
    throw pathError(
      reader.path,
      `takes one of [calendar_interval] and [fixed_interval], got ${isCalendar ? 'both' : 'none'}`,
      'one interval',
    );
  if (isCalendar) {
    const calendar = CALENDAR_UNITS.get(reader.name('calendar_interval') ?? '');
    if (calendar !== undefined) return { calendar };
    const units = [...CALENDAR_UNITS.keys()].join(', ');
    throw shapeError(reader.at('calendar_interval'), `one of [${units}]`, reader.value('calendar_interval'));
  }
  const fixedMs = durationMs(reader.name('fixed_interval') ?? '');
  if (fixedMs !== undefined && fixedMs >= 1 && fixedMs <= MAX_INTERVAL_MS) return { fixedMs };
  throw shapeError(
    reader.at('fixed_interval'),
    'a duration such as "30s", "12h" or "7d"',
    reader.value('fixed_interval'),
  );
}

/** Reads `offset` of dates: a duration with a sign, such as `+6h`, or milliseconds. */
export function readOffsetMs(reader: ObjectReader): number | undefined {
  const value = reader.value('offset');
  if (value === undefined) return undefined;
  const [, sign = '', duration = ''] = typeof value === 'string' ? (/^([+-]?)(.+)$/.exec(value) ?? []) : [];
  const offsetMs = typeof value === 'number' && Number.isSafeInteger(value) ? value : durationMs(duration);
  if (offsetMs === undefined || Math.abs(offsetMs) > MAX_INTERVAL_MS)
    throw shapeError(reader.at('offset'), 'a duration with a sign, such as "+6h" or "-1d"', value);
  return (sign === '-' ? -offsetMs : offsetMs) + 0;
}

function durationMs(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text) ?? [];
  const unitMs = UNIT_MS.get(unit);
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}

type Common = { readonly site: AggregationSite; readonly field: AggregatedField; readonly dates: DateText };

function readCommon(reader: ObjectReader, { site, field, dates }: Common) {
  const { binding } = site;
  const minDocCount = reader.integer('min_doc_count', { min: 0 });
  const extendedBounds = readBounds(reader, 'extended_bounds', { field, dates, binding });
  const hardBounds = readBounds(reader, 'hard_bounds', { field, dates, binding });
  if (field.isMapped && extendedBounds !== undefined && hardBounds !== undefined)
    checkInside(reader, extendedBounds, hardBounds);
  return {
    minDocCount,
    extendedBounds,
    hardBounds,
    keyed: reader.boolean('keyed'),
    missing: readMissingNumber(reader, field, site, dates),
    order: reader.has('order') ? parseOrder(reader.value('order'), reader.at('order'), site.below) : undefined,
  };
}

function readBounds(
  reader: ObjectReader,
  key: string,
  {
    field,
    dates,
    binding,
  }: { readonly field: AggregatedField; readonly dates: DateText; readonly binding: AggregationBinding },
): Bounds | undefined {
  if (!reader.has(key)) return undefined;
  const inner = ObjectReader.open(reader.value(key), reader.at(key), { known: ['min', 'max'] });
  const end = (name: 'min' | 'max'): number | undefined =>
    inner.has(name) ? fieldNumber(inner.value(name), field, { path: inner.at(name), binding, dates }) : undefined;
  const bounds = compact({ min: end('min'), max: end('max') });
  if (field.isMapped && (bounds.min ?? -Infinity) > (bounds.max ?? Infinity))
    throw pathError(reader.at(key), `min [${bounds.min}] is above max [${bounds.max}]`, 'min of at most max');
  return bounds;
}

function checkInside(reader: ObjectReader, extended: Bounds, hard: Bounds): void {
  if ((extended.min ?? Infinity) >= (hard.min ?? -Infinity) && (extended.max ?? -Infinity) <= (hard.max ?? Infinity))
    return;
  throw pathError(reader.at('extended_bounds'), 'must lie inside [hard_bounds]', 'bounds inside [hard_bounds]');
}

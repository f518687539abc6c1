/**
 * Dates in queries: `now`, dates, and sums of them such as `now-1d/d` and `2024-01-01||+1M/d`, as in Elasticsearch. What
 * `now` is, the root fixes once for all shards.
 */

import { civilOf, daysInMonth, daysOf, MS } from '../engine/time/civil-date.ts';
import { TimeZone, UTC, utcOfLocal } from '../engine/time/time-zone.ts';
import { CoppiceError } from '../errors.ts';
import { dateFormat, type ReadDate } from './date-format.ts';
import { DATE_FORMAT, isInTime, parseDate, type Rounding } from './dates.ts';

/** How a date of a query is read. */
export type DateReading = {
  /** Milliseconds since 1970 that `now` stands for; a date that needs it is refused without. */
  readonly nowMs?: number | undefined;
  /** The zone of dates that name none, and of rounding. */
  readonly zone?: string | undefined;
  /** Formats apart by `||`. Default `DATE_FORMAT`. */
  readonly format?: string | undefined;
};

/** Reads dates of one query. */
export interface DateReader {
  /**
   * Reads a date. @returns Milliseconds since 1970; undefined if the value is no date.
   *
   * @param rounding Where missing parts of a time go, and `/d` and the like: to the start, or to the last millisecond.
   * @throws CoppiceError `BAD_REQUEST` for `now` where no moment is given.
   */
  read(value: unknown, rounding: Rounding): number | undefined;
}

/**
 * Makes a reader of dates.
 *
 * @throws CoppiceError `BAD_REQUEST` for a format or a zone that is not known.
 */
export function dateReader({ nowMs, zone: zoneName, format = DATE_FORMAT }: DateReading): DateReader {
  const zone = zoneName === undefined ? UTC : TimeZone.of(zoneName);
  const formats = format.split('||').map(readerOf);
  const readDate = (value: unknown, rounding: Rounding): number | undefined => {
    for (const read of formats) {
      const utcMs = read(value, { rounding, zone });
      if (utcMs !== undefined) return isInTime(utcMs) ? utcMs : undefined;
    }
    return undefined;
  };
  return { read: (value, rounding) => readMath(value, { rounding, zone, nowMs, readDate }) };
}

type ReadValue = (value: unknown, options: Parameters<ReadDate>[1]) => number | undefined;

function readerOf(name: string): ReadValue {
  if (['strict_date_optional_time', 'date_optional_time'].includes(name))
    return (value, { rounding, zone }) =>
      isEpoch(value) && !isYear(value) ? undefined : parseDate(value, rounding, zone);
  if (name === 'epoch_millis') return (value) => (isEpoch(value) ? parseDate(Number(value)) : undefined);
  const read = dateFormat(name);
  if (read === undefined) throw new CoppiceError('BAD_REQUEST', `unknown date format [${name.slice(0, 60)}]`);
  return (value, options) => (typeof value === 'boolean' ? undefined : read(String(value), options));
}

/** Whether a value is a whole number, in digits or not. */
function isEpoch(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d{1,17}$/.test(value));
}

/** Whether a value is a year alone. */
function isYear(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}$/.test(value);
}

type Reading = {
  readonly rounding: Rounding;
  readonly zone: TimeZone;
  readonly nowMs: number | undefined;
  readonly readDate: (value: unknown, rounding: Rounding) => number | undefined;
};

function readMath(value: unknown, { rounding, zone, nowMs, readDate }: Reading): number | undefined {
  if (typeof value !== 'string') return readDate(value, rounding);
  if (/^now(?![a-zA-Z])/.test(value)) {
    if (nowMs === undefined)
      throw new CoppiceError('BAD_REQUEST', `[${value.slice(0, 60)}]: the request does not say what now is`);
    return calculate(nowMs, value.slice(3), { rounding, zone });
  }
  const bars = value.lastIndexOf('||');
  if (bars < 0) return readDate(value, rounding);
  const baseMs = readDate(value.slice(0, bars), 'down');
  return baseMs === undefined ? undefined : calculate(baseMs, value.slice(bars + 2), { rounding, zone });
}

const STEP = /([+-])(\d{0,9})([yMwdhHms])|\/([yMwdhHms])/y;

function calculate(
  baseMs: number,
  sum: string,
  { rounding, zone }: { readonly rounding: Rounding; readonly zone: TimeZone },
): number | undefined {
  let utcMs = baseMs;
  STEP.lastIndex = 0;
  for (let at = 0; at < sum.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const [, sign, count = '', unit = '', rounded] = STEP.exec(sum) ?? [];
    if (rounded === undefined && sign === undefined) return undefined;
    const localMs = utcMs + zone.offsetAt(utcMs);
    const moved =
      rounded === undefined
        ? added(localMs, (sign === '-' ? -1 : 1) * (count === '' ? 1 : Number(count)), unit)
        : roundedTo(localMs, rounded, rounding);
    const isShift = rounded === undefined && 'hHms'.includes(unit);
    utcMs = isShift ? utcMs + moved - localMs : utcOfLocal(zone, moved);
    if (!isInTime(utcMs)) return undefined;
  }
  return utcMs;
}

const UNIT_MS = new Map<string, number>([
  ['s', MS.second],
  ['m', MS.minute],
  ['h', MS.hour],
  ['H', MS.hour],
  ['d', MS.day],
  ['w', MS.week],
]);

/** A month later is the same day of that month, or its last one. */
function added(localMs: number, count: number, unit: string): number {
  const unitMs = UNIT_MS.get(unit);
  if (unitMs !== undefined) return localMs + count * unitMs;
  const days = Math.floor(localMs / MS.day);
  const { year, month, day } = civilOf(days);
  const months = year * 12 + month - 1 + (unit === 'y' ? 12 * count : count);
  const [newYear, newMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  const newDay = Math.min(day, daysInMonth(newYear, newMonth));
  return daysOf(newYear, newMonth, newDay) * MS.day + (localMs - days * MS.day);
}

function roundedTo(localMs: number, unit: string, rounding: Rounding): number {
  const startMs = startOf(localMs, unit);
  return rounding === 'down' ? startMs : added(startMs, 1, unit) - 1;
}

/** Weeks begin on Monday; 1970-01-01 was a Thursday. */
function startOf(localMs: number, unit: string): number {
  const days = Math.floor(localMs / MS.day);
  if (unit === 'w') return (Math.floor((days + 3) / 7) * 7 - 3) * MS.day;
  const unitMs = UNIT_MS.get(unit);
  if (unitMs !== undefined) return Math.floor(localMs / unitMs) * unitMs;
  const { year, month } = civilOf(days);
  return daysOf(year, unit === 'y' ? 1 : month, 1) * MS.day;
}

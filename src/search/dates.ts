/**
 * Dates in documents and queries: Elasticsearch's `strict_date_optional_time||epoch_millis`. Everything is kept as
 * milliseconds since 1970, UTC unless an offset is given.
 */
import { daysInMonth, daysOf, MS } from '../engine/time/civil-date.ts';
import { type TimeZone, UTC, utcOfLocal } from '../engine/time/time-zone.ts';
import { asNumber } from './shape.ts';

/** The one format of date fields. */
export const DATE_FORMAT = 'strict_date_optional_time||epoch_millis';

/** Farthest moment from 1970 that a date holds, in milliseconds (as in ECMAScript). */
const MAX_TIME_MS = 8.64e15;

const ISO =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(?:(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/;

/** Where missing parts of a time of day go: to its start, or to its end (as the bounds `lte` and `gt` need). */
export type Rounding = 'down' | 'up';

/**
 * Reads a date: a number is epoch milliseconds; a string is ISO 8601 with optional parts, or epoch milliseconds in
 * more than four digits.
 *
 * @param zone The zone of a date that names none.
 * @returns Milliseconds since 1970; undefined if the value is no date.
 */
export function parseDate(value: unknown, rounding: Rounding = 'down', zone: TimeZone = UTC): number | undefined {
  if (typeof value === 'string') {
    const iso = ISO.exec(value);
    if (iso !== null) return fromParts(iso, rounding, zone);
  }
  const number = typeof value === 'string' && !/^-?\d+$/.test(value) ? undefined : asNumber(value);
  return number === undefined || !isInTime(number) ? undefined : Math.trunc(number);
}

/** Whether a number of milliseconds since 1970 is one that a date may have. */
export function isInTime(ms: number): boolean {
  return Math.abs(ms) <= MAX_TIME_MS;
}

/** Whether a new string field should become a date: ISO 8601, and not merely a number. */
export function looksLikeDate(text: string): boolean {
  return asNumber(text) === undefined && ISO.test(text) && parseDate(text) !== undefined;
}

function fromParts(parts: RegExpExecArray, rounding: Rounding, zone: TimeZone): number | undefined {
  const [, year = '', month = '01', day = '01', hour, minute, second, fraction, ownZone] = parts;
  const last = rounding === 'up';
  const time = [hour ?? (last ? '23' : '00'), minute ?? (last ? '59' : '00'), second ?? (last ? '59' : '00')];
  const millis = fraction === undefined ? (last ? '999' : '000') : fraction.slice(0, 3).padEnd(3, '0');
  const text = `${year}-${month}-${day}T${time.join(':')}.${millis}Z`;
  const localMs = localOf(text);
  if (localMs === undefined) return undefined;
  return ownZone === undefined ? utcOfLocal(zone, localMs) : localMs - offsetMs(ownZone);
}

/** Reads the full form; a day that its month lacks is refused rather than carried over. */
function localOf(text: string): number | undefined {
  const field = (from: number, to: number): number => Number(text.slice(from, to));
  const [year, month, day] = [field(0, 4), field(5, 7), field(8, 10)];
  const [hour, minute, second] = [field(11, 13), field(14, 16), field(17, 19)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const timeMs = hour * MS.hour + minute * MS.minute + second * MS.second + field(20, 23);
  return daysOf(year, month, day) * MS.day + timeMs;
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4))) * MS.minute;
}

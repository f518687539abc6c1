/**
 * Dates in documents and queries: Elasticsearch's `strict_date_optional_time||epoch_millis`. Everything is kept as
 * milliseconds since 1970, UTC unless an offset is given.
 */
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
 * @returns Milliseconds since 1970; undefined if the value is no date.
 */
export function parseDate(value: unknown, rounding: Rounding = 'down'): number | undefined {
  if (typeof value === 'string') {
    const iso = ISO.exec(value);
    if (iso !== null) return fromParts(iso, rounding);
  }
  const number = typeof value === 'string' && !/^-?\d+$/.test(value) ? undefined : asNumber(value);
  return number === undefined || Math.abs(number) > MAX_TIME_MS ? undefined : Math.trunc(number);
}

/** Whether a new string field should become a date: ISO 8601, and not merely a number. */
export function looksLikeDate(text: string): boolean {
  return asNumber(text) === undefined && ISO.test(text) && parseDate(text) !== undefined;
}

function fromParts(parts: RegExpExecArray, rounding: Rounding): number | undefined {
  const [, year = '', month = '01', day = '01', hour, minute, second, fraction, zone] = parts;
  const last = rounding === 'up';
  const time = [hour ?? (last ? '23' : '00'), minute ?? (last ? '59' : '00'), second ?? (last ? '59' : '00')];
  const millis = fraction === undefined ? (last ? '999' : '000') : fraction.slice(0, 3).padEnd(3, '0');
  const text = `${year}-${month}-${day}T${time.join(':')}.${millis}Z`;
  const utcMs = utcOf(text);
  return utcMs === undefined ? undefined : utcMs - offsetMs(zone);
}

/** Reads the full form; a day that its month lacks is refused rather than carried over. */
function utcOf(text: string): number | undefined {
  const field = (from: number, to: number): number => Number(text.slice(from, to));
  const [year, month, day] = [field(0, 4), field(5, 7), field(8, 10)];
  const [hour, minute, second] = [field(11, 13), field(14, 16), field(17, 19)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return (
    daysSince1970(year, month, day) * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + field(20, 23)
  );
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; the year is taken to begin in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4))) * 60_000;
}

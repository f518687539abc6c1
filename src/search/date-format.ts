/**
 * Formats of dates in queries: names of Elasticsearch, and patterns of java.time in the letters that numbers need
 * (`yyyy-MM-dd HH:mm:ss.SSSXXX`). Several stand apart by `||`; the first that reads a text counts.
 */
import { daysInMonth, daysOf, MS } from '../engine/time/civil-date.ts';
import { TimeZone, utcOfLocal } from '../engine/time/time-zone.ts';
import { type Rounding } from './dates.ts';

/** Reads a text; undefined if it is none of the format. Gives milliseconds since 1970. */
export type ReadDate = (
  text: string,
  options: { readonly rounding: Rounding; readonly zone: TimeZone },
) => number | undefined;

/** Names of formats, beside `strict_date_optional_time` and the numbers, by the pattern they stand for. */
const NAMED = new Map([
  ['date', 'yyyy-MM-dd'],
  ['strict_date', 'yyyy-MM-dd'],
  ['basic_date', 'yyyyMMdd'],
  ['year_month_day', 'yyyy-MM-dd'],
  ['strict_year_month_day', 'yyyy-MM-dd'],
  ['year_month', 'yyyy-MM'],
  ['strict_year_month', 'yyyy-MM'],
  ['year', 'yyyy'],
  ['strict_year', 'yyyy'],
  ['date_time', "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
  ['strict_date_time', "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
  ['date_time_no_millis', "yyyy-MM-dd'T'HH:mm:ssXXX"],
  ['strict_date_time_no_millis', "yyyy-MM-dd'T'HH:mm:ssXXX"],
  ['date_hour_minute_second', "yyyy-MM-dd'T'HH:mm:ss"],
  ['strict_date_hour_minute_second', "yyyy-MM-dd'T'HH:mm:ss"],
]);

const MAX_LENGTH = 200;

/**
 * Reads one format (without `||`).
 *
 * @returns Undefined if it is none that is known; the names that `dates.ts` reads are not known here.
 */
export function dateFormat(format: string): ReadDate | undefined {
  if (format === 'epoch_second') return (text) => (/^-?\d{1,12}$/.test(text) ? Number(text) * 1000 : undefined);
  const pattern = NAMED.get(format) ?? format;
  if (pattern.length > MAX_LENGTH) return undefined;
  const parts = partsOf(pattern);
  return parts === undefined ? undefined : (text, options) => readParts(parts, text, options);
}

type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction' | 'zone';
type Compiled = { readonly expression: RegExp; readonly fields: readonly Field[] };

const FIELD_OF_LETTER = new Map<string, Field>([
  ['y', 'year'],
  ['u', 'year'],
  ['M', 'month'],
  ['d', 'day'],
  ['H', 'hour'],
  ['m', 'minute'],
  ['s', 'second'],
  ['S', 'fraction'],
  ['X', 'zone'],
  ['x', 'zone'],
  ['Z', 'zone'],
]);
const TOKEN = /([A-Za-z])\1*|'((?:[^']|'')*)'|[^A-Za-z']/gu;

function partsOf(pattern: string): Compiled | undefined {
  const fields: Field[] = [];
  let source = '';
  let read = 0;
  for (const match of pattern.matchAll(TOKEN)) {
    const [token, letter, quoted] = match;
    read += token.length;
    if (letter === undefined)
      source += escaped(quoted === undefined ? token : quoted === '' ? "'" : quoted.replaceAll("''", "'"));
    else {
      const field = FIELD_OF_LETTER.get(letter);
      if (field === undefined || fields.includes(field)) return undefined;
      fields.push(field);
      source += `(${digitsOf(field, token.length)})`;
    }
  }
  if (read !== pattern.length || !fields.includes('year')) return undefined;
  return { expression: new RegExp(`^${source}$`, 'u'), fields };
}

function digitsOf(field: Field, length: number): string {
  if (field === 'zone') return 'Z|[+-]\\d{2}(?::?\\d{2})?';
  if (field === 'year') return length === 2 ? '\\d{2}' : '\\d{4}';
  if (field === 'fraction') return `\\d{${Math.min(length, 9)}}`;
  return length === 1 ? '\\d{1,2}' : '\\d{2}';
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function readParts(
  { expression, fields }: Compiled,
  text: string,
  { rounding, zone }: { readonly rounding: Rounding; readonly zone: TimeZone },
): number | undefined {
  const match = text.length > MAX_LENGTH ? null : expression.exec(text);
  if (match === null) return undefined;
  const texts = new Map(fields.map((field, index) => [field, match[index + 1] ?? '']));
  const isLast = rounding === 'up';
  const number = (field: Field, missing: number): number => Number(texts.get(field) ?? missing);
  const shortYear = number('year', 0);
  const year = texts.get('year')?.length === 2 ? shortYear + 2000 : shortYear;
  const [month, day] = [number('month', 1), number('day', 1)];
  const [hour, minute, second] = [
    number('hour', isLast ? 23 : 0),
    number('minute', isLast ? 59 : 0),
    number('second', isLast ? 59 : 0),
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = texts.get('fraction')?.slice(0, 3).padEnd(3, '0');
  const millis = fraction === undefined ? (isLast ? 999 : 0) : Number(fraction);
  const timeMs = hour * MS.hour + minute * MS.minute + second * MS.second + millis;
  const localMs = daysOf(year, month, day) * MS.day + timeMs;
  const ownZone = texts.get('zone');
  const named = ownZone === undefined ? zone : TimeZone.find(ownZone);
  return named === undefined ? undefined : utcOfLocal(named, localMs);
}

/**
 * Dates as text: ISO 8601, epoch numbers, or a pattern of letters as Java's `DateTimeFormatter` and Elasticsearch have
 * them. What a pattern may hold is one table; anything else in it is refused when it is checked.
 */
import { CoppiceError } from '../../errors.ts';
import { civilOf, DAY_MS, daysOf } from '../time/civil-date.ts';
import { TimeZone } from '../time/time-zone.ts';

/** A moment in local time, taken apart. */
type Parts = {
  readonly timeMs: number;
  readonly offsetMs: number;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Days since 1970, in local time. */
  readonly days: number;
  /** Milliseconds since local midnight. */
  readonly ofDayMs: number;
};

const ISO = "uuuu-MM-dd'T'HH:mm:ss.SSSXXX";

/** Names that Elasticsearch has for patterns. The strict ones write the same. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['date_optional_time', ISO],
  ['date_time', ISO],
  ['date_time_no_millis', "uuuu-MM-dd'T'HH:mm:ssXXX"],
  ['date', 'uuuu-MM-dd'],
  ['year_month_day', 'uuuu-MM-dd'],
  ['year_month', 'uuuu-MM'],
  ['year', 'uuuu'],
  ['date_hour', "uuuu-MM-dd'T'HH"],
  ['date_hour_minute', "uuuu-MM-dd'T'HH:mm"],
  ['date_hour_minute_second', "uuuu-MM-dd'T'HH:mm:ss"],
  ['hour', 'HH'],
  ['hour_minute', 'HH:mm'],
  ['hour_minute_second', 'HH:mm:ss'],
  ['basic_date', 'uuuuMMdd'],
  ['basic_date_time', "uuuuMMdd'T'HHmmss.SSSX"],
  ['ordinal_date', 'uuuu-DDD'],
]);

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');
const TOKEN = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g;

/** What a letter, said `count` times, stands for. */
const LETTERS: Readonly<Record<string, (parts: Parts, count: number) => string>> = {
  y: ({ year }, count) => (count === 2 ? padded(year % 100, 2) : padded(year, count)),
  u: ({ year }, count) => (count === 2 ? padded(year % 100, 2) : padded(year, count)),
  Q: ({ month }, count) => padded(Math.ceil(month / 3), count),
  M: ({ month }, count) => named(MONTHS, month - 1, count) ?? padded(month, count),
  d: ({ day }, count) => padded(day, count),
  D: ({ year, days }, count) => padded(days - daysOf(year, 1, 1) + 1, count),
  E: ({ days }, count) => named(WEEKDAYS, weekday(days), Math.max(3, count)) ?? '',
  e: ({ days }, count) => padded(weekday(days) + 1, count),
  H: ({ ofDayMs }, count) => padded(Math.floor(ofDayMs / 3_600_000), count),
  h: ({ ofDayMs }, count) => padded(((Math.floor(ofDayMs / 3_600_000) + 11) % 12) + 1, count),
  a: ({ ofDayMs }) => (ofDayMs < DAY_MS / 2 ? 'AM' : 'PM'),
  m: ({ ofDayMs }, count) => padded(Math.floor(ofDayMs / 60_000) % 60, count),
  s: ({ ofDayMs }, count) => padded(Math.floor(ofDayMs / 1000) % 60, count),
  S: ({ ofDayMs }, count) =>
    padded(ofDayMs % 1000, 3)
      .slice(0, count)
      .padEnd(count, '0'),
  X: ({ offsetMs }, count) => (offsetMs === 0 ? 'Z' : offsetText(offsetMs, count)),
  x: ({ offsetMs }, count) => offsetText(offsetMs, count),
  Z: ({ offsetMs }, count) => offsetText(offsetMs, Math.min(count, 2)),
};

/** How a date is to be shown. */
export type DateFormatOptions = { readonly pattern?: string | undefined; readonly timeZone?: string | undefined };

/**
 * Makes the text of dates.
 *
 * @param options `pattern`: of several, divided by `||`, the first is taken. Default ISO 8601 with milliseconds.
 * @returns From milliseconds since 1970 to text.
 * @throws CoppiceError `BAD_REQUEST` for a pattern or a zone that is not known.
 */
export function dateFormatter({ pattern, timeZone = 'UTC' }: DateFormatOptions): (timeMs: number) => string {
  const zone = TimeZone.of(timeZone);
  const name = (pattern ?? 'date_time').split('||')[0]?.trim() ?? '';
  if (name === 'epoch_millis') return (timeMs) => String(timeMs);
  if (name === 'epoch_second') return (timeMs) => String(timeMs / 1000);
  const writers = compilePattern(NAMED.get(name.replace(/^strict_/, '')) ?? name);
  return (timeMs) => {
    const parts = partsOf(timeMs, zone.offsetAt(timeMs));
    return writers.map((write) => write(parts)).join('');
  };
}

function compilePattern(pattern: string): readonly ((parts: Parts) => string)[] {
  let end = 0;
  const writers = [...pattern.matchAll(TOKEN)].map((token) => {
    const [text, quoted, letter] = token;
    if (token.index !== end) throw unknownPattern(pattern);
    end += text.length;
    if (quoted !== undefined) return () => (quoted === '' ? "'" : quoted.replaceAll("''", "'"));
    if (letter === undefined) return () => text;
    const write = Object.hasOwn(LETTERS, letter) ? LETTERS[letter] : undefined;
    if (write === undefined || text.length > 9) throw unknownPattern(pattern);
    return (parts: Parts) => write(parts, text.length);
  });
  if (end !== pattern.length || pattern === '') throw unknownPattern(pattern);
  return writers;
}

function unknownPattern(pattern: string): CoppiceError {
  const letters = Object.keys(LETTERS).join(', ');
  return new CoppiceError(
    'BAD_REQUEST',
    `unknown date format [${pattern.slice(0, 100)}], expected a name such as [strict_date] or a pattern of the letters [${letters}]`,
    { details: { format: pattern.slice(0, 100) } },
  );
}

function partsOf(timeMs: number, offsetMs: number): Parts {
  const local = timeMs + offsetMs;
  const days = Math.floor(local / DAY_MS);
  return { ...civilOf(days), timeMs, offsetMs, days, ofDayMs: Math.floor(local - days * DAY_MS) };
}

function padded(value: number, length: number): string {
  return value < 0 ? `-${String(-value).padStart(length, '0')}` : String(value).padStart(length, '0');
}

/** A name in full if asked for four times, its first three letters if three times. */
function named(names: readonly string[], index: number, count: number): string | undefined {
  if (count < 3) return undefined;
  return count === 3 ? names[index]?.slice(0, 3) : names[index];
}

/** From Monday, 0. */
function weekday(days: number): number {
  return (((days + 3) % 7) + 7) % 7;
}

function offsetText(offsetMs: number, count: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const [hour, minute] = [padded(Math.floor(minutes / 60), 2), padded(minutes % 60, 2)];
  const sign = offsetMs < 0 ? '-' : '+';
  if (count === 1) return `${sign}${hour}${minute === '00' ? '' : minute}`;
  return count === 2 ? `${sign}${hour}${minute}` : `${sign}${hour}:${minute}`;
}

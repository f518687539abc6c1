/** Time zones: fixed offsets, and those of the IANA database that the platform brings. */
import { daysSince1970, MS } from './calendar.ts';

/** A time zone: how far its clocks are ahead of UTC. */
export interface TimeZone {
  /** Milliseconds by which local time is ahead at a moment. */
  offsetMs(utcMs: number): number;
}

/** The zone of dates that name none. */
export const UTC: TimeZone = { offsetMs: () => 0 };

/** Farthest offset that a zone may have, in minutes, as in java.time. */
const MAX_OFFSET_MINUTES = 18 * 60;
/** Zones kept; names come from requests. */
const MAX_KEPT = 100;
const kept = new Map<string, TimeZone>();

/**
 * Finds a time zone.
 *
 * @param name `Z`, an offset such as `+02:00` or `-0530`, or a name such as `Europe/Oslo`.
 * @returns Undefined if there is none of this name.
 */
export function timeZone(name: string): TimeZone | undefined {
  const [, sign, hours = '', minutes = '00'] = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(name) ?? [];
  if (sign !== undefined) {
    const offset = Number(hours) * 60 + Number(minutes);
    if (offset > MAX_OFFSET_MINUTES || Number(minutes) > 59) return undefined;
    const ms = (sign === '-' ? -offset : offset) * MS.minute;
    return { offsetMs: () => ms };
  }
  return name === 'Z' || name === 'UTC' ? UTC : namedZone(name);
}

/** The moment at which clocks of a zone show a local time; of two, the earlier one; in a gap, as before the jump. */
export function utcOfLocal(zone: TimeZone, localMs: number): number {
  const before = zone.offsetMs(localMs - MS.day);
  const after = zone.offsetMs(localMs + MS.day);
  if (zone.offsetMs(localMs - before) === before) return localMs - before;
  return zone.offsetMs(localMs - after) === after ? localMs - after : localMs - before;
}

function namedZone(name: string): TimeZone | undefined {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const format = formatOf(name);
  if (format === undefined) return undefined;
  const zone: TimeZone = { offsetMs: (utcMs) => offsetAt(format, utcMs) };
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(name, zone);
  return zone;
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function offsetAt(format: Intl.DateTimeFormat, utcMs: number): number {
  const wholeMs = Math.floor(utcMs / 1000) * 1000;
  if (Math.abs(wholeMs) > 8.64e15) return 0;
  const parts = new Map(format.formatToParts(wholeMs).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get('era') === 'BC' ? 1 - part('year') : part('year');
  const days = daysSince1970({ year, month: part('month'), day: part('day') });
  return days * MS.day + part('hour') * MS.hour + part('minute') * MS.minute + part('second') * MS.second - wholeMs;
}

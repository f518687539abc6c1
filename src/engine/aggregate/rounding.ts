/**
 * Which bucket of a histogram a number or date falls into: the bucket's first value, or for dates its first moment.
 * Dates are rounded in local time. Where clocks are put back, hours and shorter intervals give a bucket to each of the
 * two hours of the same name, and longer ones begin with the first; where they are put forward, an interval that would
 * begin in the hour left out begins right after it.
 */

import { civilOf, DAY_MS, daysOf } from '../time/civil-date.ts';
import { TimeZone } from '../time/time-zone.ts';
import type { CalendarUnit, DateInterval } from './aggregation.ts';

/** Rounds values down to the start of their bucket. */
export interface Rounding {
  round(value: number): number;
  /** Rounds the first `count` values in place. */
  roundAll(values: Float64Array, count: number): void;
  /** The start of the bucket after the one that starts at `key`. */
  next(key: number): number;
}

/** Rounds numbers: `floor((value - offset) / interval) * interval + offset`, as Elasticsearch does. */
export class NumberRounding implements Rounding {
  readonly #interval: number;
  readonly #offset: number;

  constructor({ interval, offset = 0 }: { readonly interval: number; readonly offset?: number | undefined }) {
    this.#interval = interval;
    this.#offset = offset;
  }

  round(value: number): number {
    return Math.floor((value - this.#offset) / this.#interval) * this.#interval + this.#offset + 0;
  }

  roundAll(values: Float64Array, count: number): void {
    const interval = this.#interval;
    const offset = this.#offset;
    for (let i = 0; i < count; i++) values[i] = Math.floor((values[i]! - offset) / interval) * interval + offset + 0;
  }

  next(key: number): number {
    const index = Math.round((key - this.#offset) / this.#interval);
    return (index + 1) * this.#interval + this.#offset + 0;
  }
}

/** What dates are rounded by. */
export type DateRoundingOptions = {
  readonly interval: DateInterval;
  readonly timeZone?: string | undefined;
  readonly offsetMs?: number | undefined;
};

/** Pieces of the time line that a rounding remembers; a power of two. */
const CELLS = 16_384;

/** Steps in which the next interval is found, at most. */
const MAX_STEPS = 1000;

/** Rounds dates, in milliseconds since 1970. */
export class DateRounding implements Rounding {
  readonly #zone: TimeZone;
  readonly #offsetMs: number;
  readonly #floorLocal: (localMs: number) => number;
  /** Milliseconds that every interval lasts at least, and a step that finds the next one. */
  readonly #leastMs: number;
  readonly #stepMs: number;
  /** Whether an ambiguous start is the later one that is not above the value. */
  readonly #keepsBothHours: boolean;
  /** Pieces of the time line, shorter than any interval, and what moments in them are rounded to. */
  readonly #cellMs: number;
  readonly #cells = new Float64Array(CELLS).fill(Number.NaN);
  readonly #first = new Float64Array(CELLS);
  readonly #second = new Float64Array(CELLS);

  constructor({ interval, timeZone = 'UTC', offsetMs = 0 }: DateRoundingOptions) {
    this.#zone = TimeZone.of(timeZone);
    this.#offsetMs = offsetMs;
    if ('fixedMs' in interval) {
      const { fixedMs } = interval;
      this.#floorLocal = (localMs) => Math.floor(localMs / fixedMs) * fixedMs;
      this.#leastMs = fixedMs;
      this.#keepsBothHours = fixedMs < DAY_MS;
    } else {
      this.#floorLocal = CALENDAR[interval.calendar].floor;
      this.#leastMs = CALENDAR[interval.calendar].leastMs;
      this.#keepsBothHours = interval.calendar === 'hour' || interval.calendar === 'minute';
    }
    this.#stepMs = Math.max(1, Math.min(1_800_000, Math.floor(this.#leastMs / 2)));
    this.#cellMs = Math.max(1, Math.floor(this.#leastMs * 0.9));
  }

  round(value: number): number {
    return this.#roundPlain(value - this.#offsetMs) + this.#offsetMs;
  }

  roundAll(values: Float64Array, count: number): void {
    const [cellMs, offsetMs] = [this.#cellMs, this.#offsetMs];
    const [cells, first, second] = [this.#cells, this.#first, this.#second];
    for (let i = 0; i < count; i++) {
      const time = values[i]! - offsetMs;
      const cell = Math.floor(time / cellMs);
      const slot = cell & (CELLS - 1);
      if (cells[slot] !== cell && !this.#enter(cell, slot)) values[i] = this.#roundPlain(time) + offsetMs;
      else values[i] = (time < second[slot]! ? first[slot]! : second[slot]!) + offsetMs;
    }
  }

  next(key: number): number {
    const from = key - this.#offsetMs;
    let at = from + this.#leastMs;
    let next = this.#roundPlain(at);
    // An interval lasts at most a few days longer than the shortest of its kind; times too large to count end the search.
    for (let steps = 0; next <= from; steps++) {
      if (steps === MAX_STEPS) return Number.POSITIVE_INFINITY;
      at += this.#stepMs;
      next = this.#roundPlain(at);
    }
    return next + this.#offsetMs;
  }

  /** Learns what the moments of a cell are rounded to: one start, or two from the second one on. False if that is not all. */
  #enter(cell: number, slot: number): boolean {
    const from = cell * this.#cellMs;
    const last = from + this.#cellMs - 1;
    const first = this.#roundPlain(from);
    const end = this.#roundPlain(last);
    const second = end === first ? Number.POSITIVE_INFINITY : end;
    if (this.#zone.offsetAt(from) !== this.#zone.offsetAt(last)) {
      const change = this.#changeBetween(from, last);
      const isSteady = [change - 1, change].every(
        (time) => this.#roundPlain(time) === (time < second ? first : second),
      );
      if (this.#leastMs < DAY_MS || !isSteady) return false;
    }
    this.#cells[slot] = cell;
    this.#first[slot] = first;
    this.#second[slot] = second;
    return true;
  }

  #roundPlain(timeMs: number): number {
    const offset = this.#zone.offsetAt(timeMs);
    const local = this.#floorLocal(timeMs + offset);
    const start = local - offset;
    if (this.#zone.fixedOffsetMs !== undefined) return start;
    return this.#startOf(local, start, timeMs);
  }

  /** The moment when local time is `local`, not after `timeMs`; `guess` is no more than a change of clocks away from it. */
  #startOf(local: number, guess: number, timeMs: number): number {
    const before = this.#zone.offsetAt(guess - DAY_MS);
    const after = this.#zone.offsetAt(guess + DAY_MS);
    if (before === after) return local - before;
    const early = local - Math.max(before, after);
    const late = local - Math.min(before, after);
    const isEarly = this.#zone.offsetAt(early) === Math.max(before, after);
    const isLate = late <= timeMs && this.#zone.offsetAt(late) === Math.min(before, after);
    if (isEarly && isLate) return this.#keepsBothHours ? late : early;
    if (isLate) return late;
    return isEarly ? early : this.#changeBetween(guess - DAY_MS, guess + DAY_MS);
  }

  /** The moment when the offset changes. */
  #changeBetween(from: number, to: number): number {
    const offset = this.#zone.offsetAt(to);
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#zone.offsetAt(middle) === offset) high = middle;
      else low = middle;
    }
    return high;
  }
}

type CalendarTraits = { readonly leastMs: number; readonly floor: (localMs: number) => number };

const CALENDAR: Readonly<Record<CalendarUnit, CalendarTraits>> = {
  minute: { leastMs: 60_000, floor: (localMs) => Math.floor(localMs / 60_000) * 60_000 },
  hour: { leastMs: 3_600_000, floor: (localMs) => Math.floor(localMs / 3_600_000) * 3_600_000 },
  day: { leastMs: DAY_MS, floor: (localMs) => Math.floor(localMs / DAY_MS) * DAY_MS },
  // 1970-01-01 was a Thursday.
  week: { leastMs: 7 * DAY_MS, floor: (localMs) => (Math.floor((localMs / DAY_MS + 3) / 7) * 7 - 3) * DAY_MS },
  month: { leastMs: 28 * DAY_MS, floor: (localMs) => floorMonths(localMs, 1) },
  quarter: { leastMs: 90 * DAY_MS, floor: (localMs) => floorMonths(localMs, 3) },
  year: { leastMs: 365 * DAY_MS, floor: (localMs) => floorMonths(localMs, 12) },
};

function floorMonths(localMs: number, months: number): number {
  const { year, month } = civilOf(Math.floor(localMs / DAY_MS));
  return daysOf(year, month - ((month - 1) % months), 1) * DAY_MS;
}

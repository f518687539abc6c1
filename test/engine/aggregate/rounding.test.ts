/** Buckets of dates against luxon's calendar, over years with changes of clocks, and the text of dates. */
import { DateTime, type DateTimeUnit } from 'luxon';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CalendarUnit } from '../../../src/engine/aggregate/aggregation.ts';
import { dateFormatter } from '../../../src/engine/aggregate/format-date.ts';
import { DateRounding, NumberRounding } from '../../../src/engine/aggregate/rounding.ts';
import { TimeZone } from '../../../src/engine/time/time-zone.ts';
import { CoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/aggregate/rounding');

const HOUR = 3_600_000;
const ZONES = [
  'UTC',
  'Europe/Oslo',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Tehran',
  'America/St_Johns',
];
const UNITS: readonly CalendarUnit[] = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

const at = (text: string): number => Date.parse(text);

test('offsets are those of the zone', () => {
  const random = new Seeded(1);
  for (const name of ZONES) {
    const zone = TimeZone.of(name);
    for (let round = 0; round < 100; round++) {
      const timeMs = Math.floor(random.next() * 2e12) - 3e11;
      assert.is(
        zone.offsetAt(timeMs),
        DateTime.fromMillis(timeMs, { zone: name }).offset * 60_000,
        `${name} ${timeMs}`,
      );
    }
  }
  assert.is(TimeZone.of('+05:30').offsetAt(0), 5.5 * HOUR);
  assert.is(TimeZone.of('-08').offsetAt(0), -8 * HOUR);
  assert.throws(
    () => TimeZone.of('Mars/Olympus'),
    (error: unknown) => error instanceof CoppiceError && error.code === 'BAD_REQUEST',
  );
});

test('calendar intervals begin where the calendar says', () => {
  const random = new Seeded(2);
  for (const timeZone of ZONES) {
    for (const calendar of UNITS) {
      const rounding = new DateRounding({ interval: { calendar }, timeZone });
      const values = Float64Array.from(
        random.list(20, () => Date.UTC(1995, 0, 1) + Math.floor(random.next() * 9.5e11)),
      );
      const rounded = values.slice();
      rounding.roundAll(rounded, rounded.length);
      for (const [i, value] of values.entries()) {
        assert.is(rounded[i], rounding.round(value), `${timeZone} ${calendar} ${value}`);
        assert.is(
          rounding.round(value),
          startOf(value, calendar, timeZone),
          `${timeZone} ${calendar} ${new Date(value).toISOString()}`,
        );
      }
    }
  }
});

/** Luxon's start of a unit. Where midnight comes twice, it takes either; a day begins with the first. */
function startOf(timeMs: number, unit: DateTimeUnit, zone: string): number {
  const start = DateTime.fromMillis(timeMs, { zone }).startOf(unit);
  const before = start.minus({ hours: 1 });
  const isDouble = before.hour === start.hour && before.minute === start.minute && unit !== 'hour' && unit !== 'minute';
  return (isDouble ? before : start).toMillis();
}

test('a day on which clocks change has 23 or 25 hours, each with a bucket', () => {
  const hours = new DateRounding({ interval: { calendar: 'hour' }, timeZone: 'Europe/Oslo' });
  const days = new DateRounding({ interval: { calendar: 'day' }, timeZone: 'Europe/Oslo' });
  for (const [start, end, count] of [
    ['2024-03-30T23:00Z', '2024-03-31T22:00Z', 23],
    ['2024-10-26T22:00Z', '2024-10-27T23:00Z', 25],
  ] as const) {
    assert.is(days.next(at(start)), at(end));
    const keys = new Set<number>();
    for (let time = at(start); time < at(end); time += HOUR / 4) {
      assert.is(days.round(time), at(start));
      keys.add(hours.round(time));
    }
    assert.is(keys.size, count);
    assert.is(
      [...keys].every((key, i, all) => i === 0 || hours.next(all[i - 1]!) === key),
      true,
    );
  }
});

test('a day that begins where clocks are put forward begins right after it', () => {
  const days = new DateRounding({ interval: { calendar: 'day' }, timeZone: 'America/Sao_Paulo' });
  // 2017-10-15 began at 01:00.
  assert.is(days.round(at('2017-10-15T12:00Z')), at('2017-10-15T03:00Z'));
  assert.is(days.next(at('2017-10-14T03:00Z')), at('2017-10-15T03:00Z'));
});

test('a day that a zone left out has no bucket', () => {
  const days = new DateRounding({ interval: { calendar: 'day' }, timeZone: 'Pacific/Apia' });
  const last = days.round(at('2011-12-30T00:00Z'));
  assert.is(days.next(last), days.round(at('2011-12-30T12:00Z')));
  assert.is(dateFormatter({ pattern: 'yyyy-MM-dd', timeZone: 'Pacific/Apia' })(days.next(last)), '2011-12-31');
});

test('buckets follow each other without a gap, whatever the interval', () => {
  const intervals = [
    ...UNITS.map((calendar) => ({ calendar })),
    ...[60_000, 1_800_000, HOUR, 12 * HOUR, 24 * HOUR, 7 * 24 * HOUR].map((fixedMs) => ({ fixedMs })),
  ];
  for (const timeZone of ZONES) {
    for (const interval of intervals) {
      const rounding = new DateRounding({ interval, timeZone, offsetMs: 0 });
      let key = rounding.round(at('2018-10-20T10:20:30Z'));
      for (let count = 0; count < 60; count++) {
        const next = rounding.next(key);
        assert.ok(next > key);
        assert.is(rounding.round(next), next, `${timeZone} ${JSON.stringify(interval)} ${key}`);
        assert.is(rounding.round(next - 1), key, `${timeZone} ${JSON.stringify(interval)} before ${next}`);
        key = next;
      }
    }
  }
});

test('an offset moves the start of every bucket', () => {
  const days = new DateRounding({ interval: { calendar: 'day' }, offsetMs: 6 * HOUR });
  assert.is(days.round(at('2024-05-05T05:59:59Z')), at('2024-05-04T06:00Z'));
  assert.is(days.round(at('2024-05-05T06:00Z')), at('2024-05-05T06:00Z'));
  const fives = new NumberRounding({ interval: 5, offset: 2 });
  assert.equal(
    [-4, -3, 1, 2, 6.9, 7].map((value) => fives.round(value)),
    [-8, -3, -3, 2, 2, 7],
  );
});

test('numbers are rounded as they are one by one', () => {
  const rounding = new NumberRounding({ interval: 0.1 });
  const values = Float64Array.from([0.3, 0.7, -0.05, -0, 1e9]);
  const rounded = values.slice();
  rounding.roundAll(rounded, rounded.length);
  assert.equal(
    [...rounded],
    [...values].map((value) => rounding.round(value)),
  );
});

test('dates are written as luxon writes them', () => {
  const random = new Seeded(8);
  for (const pattern of [
    'yyyy-MM-dd',
    "yyyy-MM-dd'T'HH:mm:ss.SSS",
    'dd/MM/yy h:mm a',
    'EEE d MMM yyyy',
    'EEEE, MMMM d',
    'HH:mm:ss',
  ]) {
    for (const timeZone of ZONES) {
      const format = dateFormatter({ pattern, timeZone });
      for (let round = 0; round < 5; round++) {
        const timeMs = Math.floor(random.next() * 2e12) - 3e11;
        assert.is(
          format(timeMs),
          DateTime.fromMillis(timeMs, { zone: timeZone, locale: 'en-US' }).toFormat(pattern),
          pattern,
        );
      }
    }
  }
  const moment = at('2024-02-03T04:05:06.007Z');
  assert.is(dateFormatter({})(moment), '2024-02-03T04:05:06.007Z');
  assert.is(dateFormatter({ timeZone: 'Asia/Kolkata' })(moment), '2024-02-03T09:35:06.007+05:30');
  assert.is(dateFormatter({ pattern: 'epoch_second' })(1000), '1');
  assert.is(dateFormatter({ pattern: 'strict_date||epoch_millis' })(moment), '2024-02-03');
  assert.is(dateFormatter({ pattern: "yyyy 'o''clock' ''Q" })(moment), "2024 o'clock '1");
  for (const pattern of ['yyyy-bb', "yyyy 'open", '', 'yyyyyyyyyy'])
    assert.throws(() => dateFormatter({ pattern }), /unknown date format/);
});

test.run();

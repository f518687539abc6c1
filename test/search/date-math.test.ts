/** Dates in queries: sums, rounding, formats and zones. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dateReader } from '../../src/search/date-math.ts';
import { assertFault } from './faults.ts';

const test = suite('search/date-math');

const NOW = '2024-02-29T10:30:20.500Z';
const read = (value: unknown, options: { zone?: string; format?: string; rounding?: 'up' | 'down' } = {}): unknown => {
  const { rounding = 'down', ...reading } = options;
  const ms = dateReader({ nowMs: Date.parse(NOW), ...reading }).read(value, rounding);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

test('sums are worked out from left to right', () => {
  const table: readonly (readonly [string, string])[] = [
    ['now', NOW],
    ['now+1h', '2024-02-29T11:30:20.500Z'],
    ['now-90m', '2024-02-29T09:00:20.500Z'],
    ['now-d', '2024-02-28T10:30:20.500Z'],
    ['now+1y', '2025-02-28T10:30:20.500Z'],
    ['now-1M/M', '2024-01-01T00:00:00.000Z'],
    ['now/M-1M', '2024-01-01T00:00:00.000Z'],
    ['now+11M', '2025-01-29T10:30:20.500Z'],
    ['now/y', '2024-01-01T00:00:00.000Z'],
    ['now/w', '2024-02-26T00:00:00.000Z'],
    ['now/d', '2024-02-29T00:00:00.000Z'],
    ['now/h', '2024-02-29T10:00:00.000Z'],
    ['now/H+1s', '2024-02-29T10:00:01.000Z'],
    ['now/m', '2024-02-29T10:30:00.000Z'],
    ['now/s', '2024-02-29T10:30:20.000Z'],
    ['2024-01-31||+1M', '2024-02-29T00:00:00.000Z'],
    ['2024-01-31T12:00||+1M+1M/d', '2024-03-29T00:00:00.000Z'],
    ['2024||/M', '2024-01-01T00:00:00.000Z'],
    ['1709200000000||/d', '2024-02-29T00:00:00.000Z'],
    ['1709200000000', '2024-02-29T09:46:40.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ];
  for (const [value, expected] of table) assert.is(read(value), expected, value);
});

test('rounding up goes to the last millisecond', () => {
  assert.is(read('now/d', { rounding: 'up' }), '2024-02-29T23:59:59.999Z');
  assert.is(read('now/M', { rounding: 'up' }), '2024-02-29T23:59:59.999Z');
  assert.is(read('now/w', { rounding: 'up' }), '2024-03-03T23:59:59.999Z');
  assert.is(read('now-1d', { rounding: 'up' }), '2024-02-28T10:30:20.500Z');
  assert.is(read('2024-02-28', { rounding: 'up' }), '2024-02-28T23:59:59.999Z');
  assert.is(read('2024-02-28||', { rounding: 'up' }), '2024-02-28T00:00:00.000Z');
});

test('what is no date is none', () => {
  for (const value of [
    'nowhere',
    'now-',
    'now-1',
    'now/',
    'now/Q',
    'now 1d',
    '||+1d',
    'x||/d',
    '2023-02-29',
    'now+999999999y',
  ])
    assert.is(read(value), undefined, value);
  assert.is(read(true), undefined);
  assert.is(read(1e300), undefined);
});

test('zones move dates that name none, and what is rounded', () => {
  assert.is(read('2024-02-29', { zone: '+02:00' }), '2024-02-28T22:00:00.000Z');
  assert.is(read('2024-02-29T00:00:00Z', { zone: '+02:00' }), '2024-02-29T00:00:00.000Z');
  assert.is(read('now/d', { zone: '-11:00' }), '2024-02-28T11:00:00.000Z');
  assert.is(read('2024-07-01', { zone: 'Europe/Oslo' }), '2024-06-30T22:00:00.000Z');
  assert.is(read('2024-03-31||+1d', { zone: 'Europe/Oslo' }), '2024-03-31T22:00:00.000Z');
  assert.is(read('2024-03-31||+24h', { zone: 'Europe/Oslo' }), '2024-03-31T23:00:00.000Z');
  assert.is(read('2024-10-27T12:00||/d', { zone: 'Europe/Oslo', rounding: 'up' }), '2024-10-27T22:59:59.999Z');
});

test('formats are tried in turn', () => {
  const table: readonly (readonly [string, string, string | undefined])[] = [
    ['dd/MM/yyyy', '29/02/2024', '2024-02-29T00:00:00.000Z'],
    ['dd/MM/yyyy', '30/02/2024', undefined],
    ['d.M.yy', '1.2.24', '2024-02-01T00:00:00.000Z'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2024-02-29T10:30:00.250+01:00', '2024-02-29T09:30:00.250Z'],
    ["yyyy 'o''clock' HH", "2024 o'clock 07", '2024-01-01T07:00:00.000Z'],
    ['basic_date||epoch_second', '20240229', '2024-02-29T00:00:00.000Z'],
    ['basic_date||epoch_second', '86400', '1970-01-02T00:00:00.000Z'],
    ['epoch_millis', '1000', '1970-01-01T00:00:01.000Z'],
    ['yyyy', '2024', '2024-01-01T00:00:00.000Z'],
    ['yyyy', '24', undefined],
    ['strict_date_optional_time', '2024-02', '2024-02-01T00:00:00.000Z'],
  ];
  for (const [format, value, expected] of table) assert.is(read(value, { format }), expected, `${format} ${value}`);
  assert.is(read('29/02/2024', { format: 'dd/MM/yyyy', rounding: 'up' }), '2024-02-29T23:59:59.999Z');
});

test('formats and zones that are not known are refused', () => {
  assertFault(() => read('now', { format: 'yyyy-ww' }), 'BAD_REQUEST', 'unknown date format [yyyy-ww]');
  assertFault(() => read('now', { format: '' }), 'BAD_REQUEST', 'unknown date format []');
  assertFault(() => read('now', { zone: 'Europe/Atlantis' }), 'BAD_REQUEST', 'unknown time zone [Europe/Atlantis]');
  assertFault(() => read('now', { zone: '+19:00' }), 'BAD_REQUEST', 'unknown time zone [+19:00]');
  assertFault(
    () => dateReader({ nowMs: undefined }).read('now', 'down'),
    'BAD_REQUEST',
    '[now]: the request does not say what now is',
  );
});

test.run();

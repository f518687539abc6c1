/** Time zones by name: which there are, and the moments of local times. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TimeZone, utcOfLocal } from '../../../src/engine/time/time-zone.ts';
import { isCoppiceError } from '../../../src/errors.ts';

const test = suite('engine/time/time-zone');

test('zones are offsets, or names of the database', () => {
  const june = Date.UTC(2024, 5, 1);
  const hours: readonly (readonly [string, number])[] = [
    ['UTC', 0],
    ['Z', 0],
    ['+02:00', 2],
    ['-0530', -5.5],
    ['+18', 18],
    ['UTC+3', 3],
    ['Europe/Oslo', 2],
    ['America/Argentina/Buenos_Aires', -3],
    ['Etc/GMT+5', -5],
  ];
  for (const [name, ahead] of hours) assert.is(TimeZone.of(name).offsetAt(june), ahead * 3_600_000, name);
  for (const name of [
    '',
    '+19:00',
    '+02:60',
    '+',
    'Europe/Atlantis',
    '/',
    'x'.repeat(100),
    '+2:000',
    'Europe/Oslo ',
    '__proto__',
  ]) {
    assert.is(TimeZone.find(name), undefined, name);
    assert.throws(
      () => TimeZone.of(name),
      (error: unknown) => isCoppiceError(error, 'BAD_REQUEST'),
    );
  }
});

test('local times that clocks skip or show twice have one moment', () => {
  const oslo = TimeZone.of('Europe/Oslo');
  assert.is(utcOfLocal(oslo, Date.UTC(2024, 2, 31, 2, 30)), Date.UTC(2024, 2, 31, 1, 30));
  assert.is(utcOfLocal(oslo, Date.UTC(2024, 9, 27, 2, 30)), Date.UTC(2024, 9, 27, 0, 30));
});

test('times that no date holds have an offset, too', () => {
  const oslo = TimeZone.of('Europe/Oslo');
  for (const timeMs of [8.7e15, 1e18, 1e300]) assert.is(oslo.offsetAt(timeMs), 7_200_000); // It is September.
  assert.is(oslo.offsetAt(-1e300), oslo.offsetAt(-8.64e15));
});

test.run();

/** The calendar against the platform's. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { civilOf, daysInMonth, daysOf } from '../../../src/engine/time/civil-date.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/time/civil-date');

test('days of the calendar are those of the platform', () => {
  const chance = new Seeded(41);
  for (let i = 0; i < 5000; i++) {
    const days = chance.below(20_000_000) - 10_000_000;
    const date = new Date(days * 86_400_000);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    assert.equal(civilOf(days), { year, month, day }, `day ${days}, seed 41`);
    assert.is(daysOf(year, month, day), days, `day ${days}, seed 41`);
    assert.is(daysInMonth(year, month), daysOf(year, month + 1, 1) - daysOf(year, month, 1));
  }
  assert.is(daysOf(2024, 14, 1), daysOf(2025, 2, 1));
  assert.is(daysOf(2024, 0, 1), daysOf(2023, 12, 1));
});

test.run();

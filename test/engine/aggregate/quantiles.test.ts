/** Percentiles: exact while values are few, within the relative error beyond, alike however they are merged. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EXACT_VALUES, Quantiles } from '../../../src/engine/aggregate/quantiles.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/aggregate/quantiles');

function quantilesOf(values: readonly number[], accuracy?: number): Quantiles {
  const quantiles = new Quantiles(accuracy);
  for (const value of values) quantiles.add(value);
  return quantiles;
}

test('without values there is no answer', () => {
  assert.is(new Quantiles().valueAt(50), null);
  assert.is(new Quantiles().rankOf(1), null);
});

test('few values are divided exactly', () => {
  const quantiles = quantilesOf([4, 1, 3, 2]);
  assert.is(quantiles.valueAt(0), 1);
  assert.is(quantiles.valueAt(50), 2.5);
  assert.is(quantiles.valueAt(100), 4);
  assert.is(quantiles.rankOf(2), 50);
  assert.is(quantiles.rankOf(0.5), 0);
  assert.is(quantiles.rankOf(9), 100);
});

test('many values are divided within the relative error', () => {
  const random = new Seeded(3);
  for (const accuracy of [0.01, 0.001]) {
    const makers = [
      () => random.next() * 100,
      () => Math.exp(random.next() * 20),
      () => (random.next() - 0.5) * 1e6,
      () => random.below(3) - 1 + random.next() * random.below(2),
    ];
    for (const make of makers) {
      const values = random.list(20_000, make);
      const quantiles = quantilesOf(values, accuracy);
      const sorted = values.toSorted((a, b) => a - b);
      for (const percent of [0, 1, 10, 25, 50, 75, 90, 99, 99.9, 100]) {
        const exact = sorted[Math.floor((percent / 100) * (sorted.length - 1))]!;
        const found = quantiles.valueAt(percent) ?? Number.NaN;
        assert.ok(
          Math.abs(found - exact) <= Math.abs(exact) * accuracy * 1.001 + 1e-12,
          `${percent}: ${found} for ${exact}`,
        );
        const rank = quantiles.rankOf(exact) ?? Number.NaN;
        const near =
          sorted.filter((value) => Math.abs(value - exact) <= Math.abs(exact) * 2.1 * accuracy).length / sorted.length;
        const below = sorted.filter((value) => value <= exact).length / sorted.length;
        assert.ok(Math.abs(rank / 100 - below) <= near, `rank of ${exact}: ${rank} for ${below}`);
      }
    }
  }
});

test('merged collections are those of all values, in any order and form', () => {
  const random = new Seeded(4);
  for (const count of [50, EXACT_VALUES + 500, 5000]) {
    for (let round = 0; round < 5; round++) {
      const values = random.list(count, () => (random.chance(0.1) ? 0 : (random.next() - 0.3) * 1000));
      const shards = 2 + random.below(4);
      const parts = Array.from({ length: shards }, (_, shard) =>
        quantilesOf(values.filter((_value, at) => at % shards === shard)).partial(),
      );
      const merged = new Quantiles();
      for (const part of random.chance(0.5) ? parts : parts.toReversed())
        merged.addPartial(JSON.parse(JSON.stringify(part)));
      assert.equal(merged.partial(), quantilesOf(values).partial());
      for (const percent of [0, 3, 30, 50, 100])
        assert.is(merged.valueAt(percent), quantilesOf(values).valueAt(percent));
    }
  }
});

test.run();

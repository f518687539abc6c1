/** Counts of distinct values: as good as exact while few, within the error beyond, alike however they are merged. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HyperLogLog, precisionOf } from '../../../src/engine/aggregate/hyper-log-log.ts';
import { Hash64 } from '../../../src/engine/aggregate/murmur3.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/aggregate/hyper-log-log');

const hash = new Hash64();

function sketchOf(values: Iterable<number | string>, threshold?: number): HyperLogLog {
  const sketch = new HyperLogLog(threshold);
  for (const value of values) {
    if (typeof value === 'string') hash.ofString(value);
    else hash.ofNumber(value);
    sketch.add(hash.high, hash.low);
  }
  return sketch;
}

function* numbers(from: number, count: number): Generator<number> {
  for (let i = from; i < from + count; i++) yield i;
}

test('MurmurHash3 gives what the reference gives', () => {
  // Known from the documentation of other implementations; the first half of the 128 bits.
  for (const [text, expected] of [
    ['', '0000000000000000'],
    ["I will not buy this tobacconist's, it is scratched.", '9b5b7ba2ef3f7866'],
  ] as const) {
    hash.ofString(text);
    assert.is(hex(), expected);
  }
  hash.ofNumber(0);
  const zero = hex();
  hash.ofNumber(-0);
  assert.is(hex(), zero);
});

function hex(): string {
  return [hash.high, hash.low].map((word) => word.toString(16).padStart(8, '0')).join('');
}

test('few values are counted exactly', () => {
  for (const count of [0, 1, 2, 10, 100, 1000, 2990]) {
    assert.is(sketchOf(numbers(0, count)).estimate(), count);
    assert.is(sketchOf(Array.from(numbers(0, count), (n) => `value ${n}`)).estimate(), count);
  }
});

test('many values are counted within the error of the registers', () => {
  for (const threshold of [0, 10, 100, 3000]) {
    const error = 1.04 / Math.sqrt(2 ** precisionOf(threshold));
    const seen: number[] = [];
    for (const count of [500, 5000, 20_000, 100_000, 300_000]) {
      if (count <= threshold * 1.2) continue;
      const estimate = sketchOf(numbers(count * 7, count), threshold).estimate();
      seen.push((estimate - count) / count);
      assert.ok(
        Math.abs(estimate - count) / count < 3.5 * error,
        `${count} values, threshold ${threshold}: ${estimate}`,
      );
    }
    assert.ok(seen.length > 2);
  }
});

test('the default misses by less than one in a hundred on the average', () => {
  let sum = 0;
  for (let round = 0; round < 10; round++) {
    const count = 8000 + round * 3000;
    sum += Math.abs(sketchOf(numbers(round * 1e6, count)).estimate() - count) / count;
  }
  assert.ok(sum / 10 < 0.01, String(sum / 10));
});

test('merged sketches are those of all values, in any order and form', () => {
  const random = new Seeded(9);
  for (let round = 0; round < 30; round++) {
    const threshold = random.pick([0, 50, 3000]);
    const values = random.list(random.pick([10, 60, 5000]), () => random.below(10_000));
    const whole = sketchOf(values, threshold).partial();
    const shards = 1 + random.below(5);
    const parts = Array.from({ length: shards }, (_, shard) =>
      sketchOf(
        values.filter((value) => value % shards === shard),
        threshold,
      ).partial(),
    );
    const merged = new HyperLogLog(threshold);
    for (const part of random.chance(0.5) ? parts : parts.toReversed())
      merged.addPartial(JSON.parse(JSON.stringify(part)));
    assert.equal(merged.partial(), whole, `round ${round}`);
  }
});

test.run();

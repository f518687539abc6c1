/** Sums against rational arithmetic, in any order and grouping. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addExpansions,
  ExactSums,
  type Expansion,
  exactProduct,
  roundExpansion,
} from '../../../src/engine/aggregate/exact-sum.ts';
import { Seeded } from '../../support/seeded.ts';
import { exactSum } from './rational-sum.ts';

const test = suite('engine/aggregate/exact-sum');

function sumOf(values: readonly number[]): Expansion {
  const sums = new ExactSums();
  sums.reserve(3);
  for (const value of values) sums.add(2, value);
  return sums.expansion(2);
}

test('a sum is the double nearest to the exact one', () => {
  assert.is(roundExpansion(sumOf([])), 0);
  assert.is(roundExpansion(sumOf(Array.from({ length: 10 }, () => 0.1))), 1);
  assert.is(roundExpansion(sumOf([1e100, 1, -1e100])), 1);
  assert.is(roundExpansion(sumOf([2 ** 53, 1, 2 ** -60])), 2 ** 53 + 2);
  assert.is(roundExpansion(sumOf([-0])), 0);
});

test('numbers of any size add up alike in any order and grouping', () => {
  const random = new Seeded(5);
  for (let round = 0; round < 300; round++) {
    const spread = random.pick([1, 20, 300, 1000]);
    const values = random.list(
      1 + random.below(60),
      () => (random.next() - 0.5) * 2 ** Math.floor((random.next() - 0.5) * spread),
    );
    const expected = exactSum(values);
    const shuffled = values
      .map((value) => ({ value, at: random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value);
    const cut = random.below(values.length + 1);
    const [left, right] = [sumOf(shuffled.slice(0, cut)), sumOf(shuffled.slice(cut))];
    assert.is(roundExpansion(sumOf(values)), expected, `round ${round}`);
    assert.is(roundExpansion(addExpansions(right, left)), expected, `round ${round}, in two parts`);
  }
});

test('sums near the end of the range do not depend on the order', () => {
  const max = Number.MAX_VALUE;
  for (const values of [
    [max, max, -max],
    [max, -max, max],
    [-max, max, max],
  ])
    assert.is(roundExpansion(sumOf(values)), max);
  assert.is(roundExpansion(addExpansions(sumOf([max, max]), sumOf([-max, 1]))), max);
  assert.is(roundExpansion(sumOf([max, max])), Number.POSITIVE_INFINITY);
  assert.is(roundExpansion(sumOf([-max, -max])), Number.NEGATIVE_INFINITY);
  assert.is(roundExpansion(sumOf([Number.POSITIVE_INFINITY])), max);
});

test('a product and its error are the product exactly', () => {
  const random = new Seeded(6);
  for (let round = 0; round < 1000; round++) {
    const [a, b] = [Math.floor(random.next() * 2 ** 53), Math.floor(random.next() * 2 ** 53)];
    const [product, error] = exactProduct(a, b);
    assert.is(BigInt(product) + BigInt(error), BigInt(a) * BigInt(b));
  }
});

test.run();

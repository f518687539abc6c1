/** Values of queries as columns hold them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { numberBounds } from '../../../src/engine/query/field-values.ts';

const test = suite('engine/query/field-values');

test('bounds that are left out begin right beside the number', () => {
  const { from, to } = numberBounds('x', 'double', { gt: 1, lt: 2 });
  assert.equal([from, to], [1 + Number.EPSILON, 2 - Number.EPSILON]);
  for (const value of [0, -0, 1e-310, 0.1, 1, 2 ** 31, 2 ** 53, 1.5e300, -1e-310, -0.1, -1, -(2 ** 32), -1.5e300]) {
    const above = numberBounds('x', 'double', { gt: value }).from;
    assert.ok(above > value && (value + above) / 2 <= above, String(value));
    assert.ok(!(value < (value + above) / 2 && (value + above) / 2 < above), `${value} ${above}`);
    assert.is(numberBounds('x', 'double', { lt: -value }).to, -above);
  }
});

test('beyond the greatest and the least number there is nothing', () => {
  assert.is(numberBounds('x', 'double', { gt: Number.NEGATIVE_INFINITY }).from, -Number.MAX_VALUE);
  assert.not(numberBounds('x', 'double', { gt: Number.POSITIVE_INFINITY }).from <= Number.POSITIVE_INFINITY);
  assert.equal(numberBounds('x', 'long', {}), { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY });
});

test.run();

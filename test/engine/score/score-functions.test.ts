/** Functions of function scores by known values. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ScoreFunction } from '../../../src/engine/query/query.ts';
import { combineScore, FactorSum, functionOn } from '../../../src/engine/score/score-functions.ts';
import { smallShard } from '../query/small-shard.ts';

const test = suite('engine/score/score-functions');

const shard = smallShard({ price: 'double' }, [{ price: 100 }, { price: 110 }, { price: 120 }, {}]);
const valuesOf = (scoreFunction: ScoreFunction): number[] =>
  [0, 1, 2, 3].map((ordinal) => functionOn(scoreFunction, shard.parts[0]!)(ordinal));
const isNear = (actual: readonly number[], expected: readonly number[]): void =>
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-9, `${actual.join()} ${expected.join()}`));

test('decay is 1 at the origin, as given at the scale, and 1 without a value', () => {
  const decay = { kind: 'decay', field: 'price', origin: 100, scale: 10, decay: 0.5 } as const;
  isNear(valuesOf({ ...decay, shape: 'linear' }), [1, 0.5, 0, 1]);
  isNear(valuesOf({ ...decay, shape: 'exp' }), [1, 0.5, 0.25, 1]);
  isNear(valuesOf({ ...decay, shape: 'gauss' }), [1, 0.5, 0.0625, 1]);
  isNear(valuesOf({ ...decay, shape: 'exp', offset: 10 }), [1, 1, 0.5, 1]);
});

test('a field value is multiplied, then modified, then weighted', () => {
  const value = { kind: 'fieldValueFactor', field: 'price', missing: 1 } as const;
  isNear(valuesOf({ ...value, factor: 2 }), [200, 220, 240, 2]);
  isNear(valuesOf({ ...value, modifier: 'log1p' }), [101, 111, 121, 2].map(Math.log10));
  isNear(valuesOf({ ...value, modifier: 'ln2p' }), [102, 112, 122, 3].map(Math.log));
  isNear(valuesOf({ ...value, modifier: 'reciprocal', weight: 50 }), [0.5, 50 / 110, 50 / 120, 50]);
});

test('factors join by their mode', () => {
  const factor = (mode: ConstructorParameters<typeof FactorSum>[0]): number => {
    const sum = new FactorSum(mode);
    for (const [value, weight] of [
      [6, 3],
      [2, 1],
    ] as const)
      if (!sum.add(value, weight)) break;
    return sum.factor;
  };
  assert.equal((['multiply', 'sum', 'avg', 'first', 'max', 'min'] as const).map(factor), [12, 8, 2, 6, 6, 2]);
  assert.is(new FactorSum('sum').factor, 1);
});

test('the factor is bounded before it joins the score', () => {
  const modes = ['multiply', 'replace', 'sum', 'avg', 'max', 'min'] as const;
  assert.equal(
    modes.map((mode) => combineScore(3, 10, mode, 5)),
    [15, 5, 8, 4, 5, 3],
  );
  assert.throws(() => combineScore(3, -1, 'multiply', 5), /invalid score/);
});

test.run();

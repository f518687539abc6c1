/** Limits of ranks as limits of keys: exact for any value, also between those of the column. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelOrder } from '../../../src/engine/collect/kernel-order.ts';
import type { Column } from '../../../src/engine/part/index-part.ts';
import type { Packing } from '../../../src/engine/segment/packing.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/collect/kernel-order');

const NONE = { after: Number.NEGATIVE_INFINITY, bound: Number.POSITIVE_INFINITY };

function columnOf(packing: Packing): Column {
  const empty = new Float64Array(0);
  return {
    field: 'number',
    type: 'long',
    isDense: true,
    valueCount: 0,
    has: () => true,
    start: (ordinal) => ordinal,
    end: (ordinal) => ordinal + 1,
    at: () => packing.base,
    read: () => {},
    blockMin: empty,
    blockMax: empty,
    packed: { address: 64, packing },
  };
}

test('keys within the limits are those whose ranks are', () => {
  const random = new Seeded(5);
  for (let round = 0; round < 3000; round++) {
    const step = random.pick([1, 3, 86_400_000, 2 ** 40 + 1]);
    const base = random.pick([0, -7, 1_000_000_007, -86_400_000]);
    const column = columnOf({ base, step, width: 2 });
    const sign = random.pick([1, -1]);
    const around = (): number => {
      if (random.chance(0.1)) return random.pick([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
      return sign * (base + step * (random.below(12) - 3)) + random.pick([0, 0, -1, 1, 0.5, -0.5]);
    };
    const limits = { after: around(), bound: around() };
    const order = kernelOrder({ column, sign }, limits);
    for (let integer = 0; integer < 10; integer++) {
      const rank = sign * (base + step * integer);
      const key = sign > 0 ? 0xffffffff - integer : integer;
      const isKept = order !== 'none' && order !== undefined && key >= order.leastKey && key <= order.greatestKey;
      assert.is(
        isKept,
        rank > limits.after && rank < limits.bound,
        JSON.stringify({ step, base, sign, limits, integer }),
      );
    }
  }
});

test('without limits all keys may be kept; nothing is kept beyond what is no number, and raw numbers have no order', () => {
  const column = columnOf({ base: 5, step: 2, width: 1 });
  for (const sign of [1, -1]) {
    assert.equal(kernelOrder({ column, sign }, NONE), {
      values: 64,
      width: 1,
      isAscending: sign > 0,
      leastKey: 0,
      greatestKey: 0xffffffff,
    });
    assert.is(kernelOrder({ column, sign }, { ...NONE, after: Number.NaN }), 'none');
    assert.is(kernelOrder({ column: columnOf({ base: 0, step: 1, width: 8 }), sign }, NONE), undefined);
  }
});

test('a column of one value is kept whole or not at all', () => {
  const column = columnOf({ base: 5, step: 1, width: 0 });
  for (const sign of [1, -1]) {
    const order = kernelOrder({ column, sign }, { after: sign * 5 - 1, bound: sign * 5 + 1 });
    assert.ok(order !== undefined && order !== 'none');
    const key = sign > 0 ? 0xffffffff : 0;
    assert.ok(order.leastKey <= key && key <= order.greatestKey);
    assert.is(kernelOrder({ column, sign }, { ...NONE, after: sign * 5 }), 'none');
    assert.is(kernelOrder({ column, sign }, { ...NONE, bound: sign * 5 }), 'none');
  }
});

test.run();

/** Figures whose oracle is arithmetic: variances, and answers with the text of values. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Aggregation } from '../../../src/engine/aggregate/aggregation.ts';
import { Seeded } from '../../support/seeded.ts';
import { aggregate, type Doc, layOut } from './shards.ts';

const test = suite('engine/aggregate/metrics');

function answerOf(values: readonly number[], aggregation: Aggregation, field = 'price'): Record<string, unknown> {
  const random = new Seeded(values.length);
  const docs = values.map(
    (value, position): Doc => ({ id: `${position}`, position, score: 1, isMatch: true, fields: { [field]: [value] } }),
  );
  return aggregate({ it: aggregation }, layOut(docs, 3, random), random)['it'] as Record<string, unknown>;
}

test('variances do not suffer from a large mean', () => {
  const random = new Seeded(1);
  const small = random.list(200, () => random.below(1000) / 8);
  const mean = small.reduce((sum, value) => sum + value, 0) / small.length;
  const scatter = small.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  for (const shift of [0, 1e6, 2 ** 40]) {
    const answer = answerOf(
      small.map((value) => value + shift),
      { kind: 'extendedStats', field: 'price', sigma: 3 },
    );
    assert.ok(
      Math.abs(Number(answer['variance']) - scatter / 200) < 1e-9 * scatter,
      `shift ${shift}: ${String(answer['variance'])}`,
    );
    assert.ok(Math.abs(Number(answer['variance_sampling']) - scatter / 199) < 1e-9 * scatter);
    const { upper } = answer['std_deviation_bounds'] as { upper: number };
    assert.is(upper, Number(answer['avg']) + 3 * Number(answer['std_deviation']));
  }
});

test('without values there are no variances, and of one value none of a sample', () => {
  const empty = answerOf([], { kind: 'extendedStats', field: 'price' });
  assert.equal([empty['count'], empty['sum'], empty['variance'], empty['std_deviation']], [0, 0, null, null]);
  const one = answerOf([5], { kind: 'extendedStats', field: 'price' });
  assert.equal([one['variance'], one['variance_sampling'], one['sum_of_squares']], [0, null, 25]);
});

test('dates are shown as text beside their numbers', () => {
  const times = ['2024-01-01T00:00Z', '2024-01-03T00:00Z'].map((text) => Date.parse(text));
  const answer = answerOf(
    times,
    { kind: 'stats', field: 'when', format: { type: 'date', pattern: 'yyyy-MM-dd' } },
    'when',
  );
  assert.equal(
    [answer['min_as_string'], answer['avg_as_string'], answer['max_as_string']],
    ['2024-01-01', '2024-01-02', '2024-01-03'],
  );
  assert.not.ok('count_as_string' in answer);
  const spread = answerOf(
    times,
    { kind: 'percentiles', field: 'when', percents: [50], format: { type: 'date' } },
    'when',
  );
  assert.equal(spread, { values: { '50.0': Date.parse('2024-01-02'), '50.0_as_string': '2024-01-02T00:00:00.000Z' } });
});

test.run();

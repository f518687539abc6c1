/** Measures of rankings, computed by hand for a small case, and what tells answers of two engines apart. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { disagreements } from '../../bench/support/engine/disagreement.ts';
import { measure } from '../../bench/support/engine/ir-measures.ts';
import type { Task } from '../../bench/support/engine/protocol.ts';

const test = suite('bench/measures');
const TASK: Task = { class: 'HighTerm', kind: 'or', text: 'wave' };

test('measures are those of a small ranking computed by hand', () => {
  const judgments = new Map([['q', new Map(Object.entries({ a: 1, b: 2, c: 0, d: 1 }))]]);
  const { queries, map, p30, ndcg10, mrr } = measure(new Map([['q', ['c', 'a', 'x', 'b']]]), judgments);
  assert.is(queries, 1);
  assert.is(mrr, 1 / 2);
  assert.ok(Math.abs(map - (1 / 2 + 2 / 4) / 3) < 1e-12);
  assert.ok(Math.abs(p30 - 2 / 30) < 1e-12);
  const ideal = 2 + 1 / Math.log2(3) + 1 / Math.log2(4);
  assert.ok(Math.abs(ndcg10 - (1 / Math.log2(3) + 2 / Math.log2(5)) / ideal) < 1e-12);
});

test('queries without a relevant document do not count', () => {
  const judgments = new Map([
    ['judged', new Map([['a', 1]])],
    ['hopeless', new Map([['a', 0]])],
  ]);
  const rankings = new Map(['judged', 'hopeless', 'unknown'].map((query) => [query, ['a']]));
  assert.equal(measure(rankings, judgments), { queries: 1, map: 1, p30: 1 / 30, ndcg10: 1, mrr: 1 });
});

test('answers that are the same up to the last bit of a float agree', () => {
  const ours = { hits: [2], top: [[['a', 1.0000001] as const, ['b', 0.5] as const]] };
  const theirs = { hits: [2], top: [[['a', 1] as const, ['b', 0.5] as const]] };
  assert.equal(disagreements([TASK], ours, theirs), []);
});

test('a difference is told by its kind', () => {
  const kindOf = (total: number, top: readonly (readonly [string, number])[]): string | undefined =>
    disagreements(
      [TASK],
      { hits: [total], top: [top] },
      {
        hits: [2],
        top: [
          [
            ['a', 1],
            ['b', 1],
          ],
        ],
      },
    )[0]?.kind;
  assert.is(
    kindOf(2, [
      ['a', 1],
      ['b', 1],
    ]),
    undefined,
  );
  assert.is(
    kindOf(3, [
      ['a', 1],
      ['b', 1],
    ]),
    'number of hits',
  );
  assert.is(
    kindOf(2, [
      ['b', 1],
      ['a', 1],
    ]),
    'order of equal scores',
  );
  assert.is(
    kindOf(2, [
      ['a', 1.1],
      ['b', 1],
    ]),
    'scores',
  );
  assert.is(
    kindOf(2, [
      ['c', 2],
      ['a', 1],
    ]),
    'hits',
  );
  assert.is(kindOf(2, [['a', 1]]), 'hits');
});

test.run();

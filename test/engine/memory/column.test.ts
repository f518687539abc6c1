/** Columns: lists of numbers by ordinal. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Column } from '../../../src/engine/old/memory/column.ts';
import { newFloat64 } from '../../../src/engine/old/memory/growable.ts';

const test = suite('engine/memory/column');

test('rows hold what was appended, and rows left out are empty', () => {
  const column = new Column(newFloat64);
  column.append(2, [1.5, 2.5]);
  column.append(3, []);
  column.append(
    100,
    Array.from({ length: 50 }, (_, i) => i),
  );
  const row = (ordinal: number): number[] => [...column.values.subarray(column.start(ordinal), column.end(ordinal))];
  assert.equal(row(2), [1.5, 2.5]);
  assert.is(row(100).length, 50);
  for (const empty of [0, 1, 3, 50, 101, 5000]) {
    assert.equal(row(empty), []);
    assert.is(column.has(empty), false);
  }
  assert.is(column.rowCount, 101);
});

test.run();

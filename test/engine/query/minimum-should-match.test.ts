/** The notations of minimum_should_match. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minimumShouldMatch } from '../../../src/engine/query/minimum-should-match.ts';

const test = suite('engine/query/minimum-should-match');

test('numbers and percentages count what must match or, negative, what may be missing', () => {
  const cases: readonly (readonly [number, string | number, number])[] = [
    [4, 2, 2],
    [4, '2', 2],
    [4, 9, 9],
    [4, -1, 3],
    [4, '-9', 0],
    [4, '75%', 3],
    [5, '75%', 3],
    [4, '-25%', 3],
    [5, '-25%', 4],
    [3, '0%', 0],
    [3, '100%', 3],
    [0, '50%', 0],
  ];
  for (const [count, wanted, expected] of cases)
    assert.is(minimumShouldMatch(count, wanted), expected, `${wanted} of ${count}`);
});

test('other notations are refused', () => {
  for (const wanted of ['', '<75%', 'all', '1.5', 1.5]) {
    assert.throws(
      () => minimumShouldMatch(3, wanted),
      (error: Error & { code: string }) => error.code === 'BAD_REQUEST',
    );
  }
});

test.run();

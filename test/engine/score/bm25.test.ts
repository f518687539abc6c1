/** BM25 and length codes against numbers worked out by hand. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inverseDocumentFrequency, inverseLengthFactors, termScore } from '../../../src/engine/score/bm25.ts';
import { decodeLength, encodeLength } from '../../../src/engine/score/norms.ts';

const test = suite('engine/score');

function isNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-6 * Math.abs(expected), `${actual} is not ${expected}`);
}

test('idf is the logarithm of one plus the odds', () => {
  isNear(inverseDocumentFrequency(1, 3), 0.9808292530117263);
  isNear(inverseDocumentFrequency(3, 3), 0.13353139262452257);
  assert.ok(inverseDocumentFrequency(5, 3) > 0);
});

test('a term score saturates with frequency and falls with length', () => {
  const factors = inverseLengthFactors({ docCount: 3, totalTokens: 12 }, { k1: 1.2, b: 0.75 });
  const [weight, average] = [0.9808292530117263, 4];
  const expected = (frequency: number, length: number): number =>
    (weight * frequency) / (frequency + 1.2 * (0.25 + (0.75 * length) / average));
  for (const [frequency, length] of [
    [1, 4],
    [3, 4],
    [1, 1],
    [2, 40],
  ] as const) {
    isNear(termScore(Math.fround(weight), frequency, factors[encodeLength(length)]!), expected(frequency, length));
  }
});

test('lengths up to 40 are exact, longer ones are rounded down to a few leading bits', () => {
  for (let length = 0; length <= 40; length++) assert.is(decodeLength(encodeLength(length)), length);
  const rounded = [41, 100, 1000, 5000, 1_000_000].map((length) => decodeLength(encodeLength(length)));
  assert.equal(rounded, [40, 96, 984, 4632, 983064]);
  assert.is(encodeLength(0x7fffffff), 255);
});

test('length codes keep the order', () => {
  let previous = 0;
  for (let length = 1; length < 100_000; length++) {
    const code = encodeLength(length);
    assert.ok(code === previous || code === previous + 1, String(length));
    assert.ok(decodeLength(code) <= length);
    previous = code;
  }
});

test.run();

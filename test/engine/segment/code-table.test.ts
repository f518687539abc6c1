import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inverseLengthFactors, termScore } from '../../../src/engine/score/bm25.ts';
import { chooseCodes, dominates } from '../../../src/engine/segment/code-table.ts';
import type { CodeTable } from '../../../src/engine/segment/inverted-layout.ts';
import { PairHistogram } from '../../../src/engine/segment/pair-histogram.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/segment/code-table');

const PARAMETERS = { k1: 1.2, b: 0.75 };

test('a few pairs have a code each, by rising impact', () => {
  const histogram = new PairHistogram();
  histogram.add(1, 40, 5);
  histogram.add(3, 10);
  histogram.add(1, 10);
  histogram.add(1, 40);
  const codes = chooseCodes(histogram, 20, PARAMETERS);
  assert.equal(pairsOf(codes), ['1 40', '1 10', '3 10']);
  assert.is(chooseCodes(new PairHistogram(), 20, PARAMETERS).size, 0);
});

test('of many pairs the commonest have codes, every other one has a bound, and most bounds are tight', () => {
  const random = new Seeded(1);
  for (let round = 0; round < 5; round++) {
    const histogram = randomHistogram(random);
    const codes = chooseCodes(histogram, 60, PARAMETERS);
    assert.ok(codes.size > 239 && codes.size <= 255);
    const factors = inverseLengthFactors({ docCount: 1, totalTokens: 60 }, PARAMETERS);
    const known = new Set(pairsOf(codes));
    const commonest: number[] = [];
    let [slack, rare] = [0, 0];
    histogram.forEach((frequency, norm, count) => {
      commonest.push(count);
      if (known.has(`${frequency} ${norm}`)) return;
      const bound = Array.from({ length: codes.size }, (_, c) => c).find((c) => dominates(codes, c, frequency, norm));
      assert.ok(bound !== undefined);
      const score = (code: number) => termScore(1, codes.frequencies[code]!, factors[codes.norms[code]!]!);
      slack += count * (score(bound) - termScore(1, frequency, factors[norm]!));
      rare += count;
    });
    commonest.sort((a, b) => b - a);
    histogram.forEach((frequency, norm, count) => {
      if (count > commonest[239]!) assert.ok(known.has(`${frequency} ${norm}`));
    });
    assert.ok(slack / rare < 0.15, `${slack / rare}`);
  }
});

test('codes rise by impact, so that one code bounds all below', () => {
  const codes = chooseCodes(randomHistogram(new Seeded(2)), 60, PARAMETERS);
  const factors = inverseLengthFactors({ docCount: 1, totalTokens: 60 }, PARAMETERS);
  const scores = pairsOf(codes).map((_, c) => 1 - 1 / (1 + codes.frequencies[c]! * factors[codes.norms[c]!]!));
  assert.equal(
    scores,
    [...scores].sort((a, b) => a - b),
  );
});

test('frequencies that no code can have are left out', () => {
  const histogram = new PairHistogram();
  histogram.add(70_000, 200);
  histogram.add(65_535, 200);
  assert.equal(pairsOf(chooseCodes(histogram, 9, PARAMETERS)), ['65535 200']);
});

test('histograms add up', () => {
  const [a, b] = [new PairHistogram(), new PairHistogram()];
  a.add(1, 2);
  a.add(1000, 255, 3);
  b.add(1, 2, 4);
  b.add(1000, 255);
  b.add(2 ** 31, 7);
  a.addAll(b);
  const seen: number[][] = [];
  a.forEach((...pair) => seen.push(pair));
  assert.equal(seen, [
    [1, 2, 5],
    [1000, 255, 4],
    [2 ** 31, 7, 1],
  ]);
});

function randomHistogram(random: Seeded): PairHistogram {
  const histogram = new PairHistogram();
  for (let i = 0; i < 20_000; i++) {
    const frequency = 1 + Math.floor(40 * random.next() ** 6);
    histogram.add(frequency, 20 + Math.floor(100 * random.next() ** 2));
  }
  return histogram;
}

function pairsOf({ size, frequencies, norms }: CodeTable): string[] {
  return Array.from({ length: size }, (_, code) => `${frequencies[code]} ${norms[code]}`);
}

test.run();

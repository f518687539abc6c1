/** The best hits by score. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TopScores } from '../../../src/engine/collect/top-scores.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/collect/top-scores');

test('the best are kept, highest first, ties by ordinal', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const chance = new Seeded(seed);
    const limit = chance.below(12);
    const top = new TopScores(limit);
    const hits = Array.from({ length: chance.below(60) }, (_, ordinal) => ({ ordinal, score: chance.below(8) }));
    for (const { ordinal, score } of hits) if (score > top.floor) top.add(ordinal, score);
    const expected = hits.toSorted((a, b) => b.score - a.score || a.ordinal - b.ordinal).slice(0, limit);
    const { ordinals, scores } = top.drain();
    assert.equal(
      [...ordinals],
      expected.map(({ ordinal }) => ordinal),
      `seed ${seed}`,
    );
    assert.equal(
      [...scores],
      expected.map(({ score }) => score),
      `seed ${seed}`,
    );
  }
});

test('hits of a part come best first, and those not above the floor are left', () => {
  const top = new TopScores(3);
  top.addPart(Uint32Array.of(4, 1), Float32Array.of(5, 2), 0);
  top.addPart(Uint32Array.of(0, 2, 3), Float32Array.of(4, 2, 2), 10);
  assert.is(top.floor, 2);
  const { ordinals, scores } = top.drain();
  assert.equal(
    [[...ordinals], [...scores]],
    [
      [4, 10, 1],
      [5, 4, 2],
    ],
  );
});

test('without room nothing is wanted', () => {
  assert.is(new TopScores(0).floor, Number.POSITIVE_INFINITY);
});

test.run();

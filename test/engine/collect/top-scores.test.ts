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
  top.addPart({ count: 2, ordinals: Uint32Array.of(4, 1), scores: Float32Array.of(5, 2) }, 0);
  top.addPart({ count: 3, ordinals: Uint32Array.of(0, 2, 3, 9), scores: Float32Array.of(4, 2, 2, 9) }, 10);
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

test('parts and single hits in any turn come out as one list', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const chance = new Seeded(seed);
    const limit = chance.below(12);
    const top = new TopScores(limit);
    const all: { readonly ordinal: number; readonly score: number }[] = [];
    for (let part = 0, base = 0; part < 5; part++, base += 20) {
      const hits = Array.from({ length: chance.below(20) }, (_, ordinal) => ({ ordinal, score: chance.below(8) }));
      all.push(...hits.map(({ ordinal, score }) => ({ ordinal: base + ordinal, score })));
      if (chance.below(2) === 0) {
        for (const { ordinal, score } of hits) if (score > top.floor) top.add(base + ordinal, score);
        continue;
      }
      const sorted = hits.toSorted((a, b) => b.score - a.score || a.ordinal - b.ordinal);
      const ordinals = Uint32Array.from(sorted, ({ ordinal }) => ordinal);
      top.addPart({ count: sorted.length, ordinals, scores: Float32Array.from(sorted, ({ score }) => score) }, base);
    }
    const expected = all.toSorted((a, b) => b.score - a.score || a.ordinal - b.ordinal).slice(0, limit);
    const { ordinals, scores } = top.drain();
    const found = Array.from(ordinals, (ordinal, i) => ({ ordinal, score: scores[i]! }));
    assert.equal(found, expected, `seed ${seed}`);
  }
});

test('without room nothing is wanted', () => {
  assert.is(new TopScores(0).floor, Number.POSITIVE_INFINITY);
});

test.run();

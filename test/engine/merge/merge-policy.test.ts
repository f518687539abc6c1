/** When segments are merged: how many there may be, and how often a document is rewritten. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MergeCandidate, pickMerge } from '../../../src/engine/merge/merge-policy.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/merge/merge-policy');

const OPTIONS = { factor: 8, maxBytes: 1_000_000, maxDeletedShare: 0.25 };

function candidate(bytes: number, change: Partial<MergeCandidate> = {}): MergeCandidate {
  return { bytes, docCount: bytes, liveCount: bytes, isBusy: false, ...change };
}

test('as many segments of one size as the factor says are merged, and all of them if there are more', () => {
  const equal = (count: number): MergeCandidate[] => Array.from({ length: count }, () => candidate(100));
  assert.is(pickMerge(equal(7), OPTIONS), undefined);
  assert.equal(pickMerge(equal(8), OPTIONS), { from: 0, to: 8 });
  assert.equal(pickMerge(equal(11), OPTIONS), { from: 0, to: 11 });
});

test('a large segment is not rewritten for a few small ones', () => {
  const segments = [candidate(5000), ...Array.from({ length: 8 }, () => candidate(10))];
  assert.equal(pickMerge(segments, OPTIONS), { from: 1, to: 9 });
  assert.is(pickMerge(segments.slice(0, 8), OPTIONS), undefined);
});

test('two segments are merged if the smaller one has half the bytes of the other', () => {
  const pairs = { ...OPTIONS, factor: 2 };
  assert.equal(pickMerge([candidate(100), candidate(50)], pairs), { from: 0, to: 2 });
  assert.is(pickMerge([candidate(100), candidate(49)], pairs), undefined);
  assert.equal(pickMerge([candidate(100), candidate(30), candidate(20)], pairs), { from: 1, to: 3 });
});

test('segments that are being merged are left alone', () => {
  const segments = Array.from({ length: 15 }, (_, i) => candidate(100, { isBusy: i === 7 }));
  assert.is(pickMerge(segments, OPTIONS), undefined);
  assert.equal(pickMerge([...segments, candidate(100)], OPTIONS), { from: 8, to: 16 });
});

test('a segment with many deleted documents is rewritten by itself', () => {
  const segments = [candidate(100), candidate(100, { liveCount: 70 }), candidate(100, { liveCount: 80 })];
  assert.equal(pickMerge(segments, OPTIONS), { from: 1, to: 2 });
});

test('no merge is larger than allowed, and what is nearly as large is merged in smaller numbers', () => {
  const segments = Array.from({ length: 10 }, () => candidate(300_000));
  assert.equal(pickMerge(segments, OPTIONS), { from: 0, to: 3 });
  assert.is(pickMerge([candidate(900_000), candidate(900_000)], OPTIONS), undefined);
});

test('under steady writing segments stay few and documents are rewritten seldom', () => {
  const seed = 5;
  const chance = new Seeded(seed);
  const segments: MergeCandidate[] = [];
  let written = 0;
  let rewritten = 0;
  let most = 0;
  for (let i = 0; i < 4000; i++) {
    const bytes = 80 + chance.below(40);
    written += bytes;
    segments.push(candidate(bytes));
    for (let run = pickMerge(segments, OPTIONS); run !== undefined; run = pickMerge(segments, OPTIONS)) {
      const total = segments.slice(run.from, run.to).reduce((sum, one) => sum + one.bytes, 0);
      assert.ok(total <= OPTIONS.maxBytes);
      rewritten += total;
      segments.splice(run.from, run.to - run.from, candidate(total));
    }
    most = Math.max(most, segments.length);
  }
  assert.ok(most <= 40, `${most} segments, seed ${seed}`);
  assert.ok(rewritten / written < 4.5, `rewritten ${rewritten / written} times, seed ${seed}`);
});

test.run();

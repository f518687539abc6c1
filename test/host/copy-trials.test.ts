/** Which copies are trusted with company, and how long they wait. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CopyTrials } from '../../src/host/copy-trials.ts';

const test = suite('host/copy-trials');

test('a copy that took its thread down waits, longer each time, and is alone from the second time on', () => {
  const trials = new CopyTrials();
  const seen: (readonly [number, boolean])[] = [];
  for (let nowMs = 0; nowMs < 6; nowMs++) {
    trials.noteDeath({ keys: ['a', 'b'], culprit: 'a' }, nowMs);
    seen.push([trials.delayMs('a', nowMs), trials.isAlone('a', nowMs)]);
    trials.noteOpened('a', nowMs);
  }
  assert.equal(seen, [
    [200, false],
    [400, true],
    [800, true],
    [1_600, true],
    [3_200, true],
    [6_400, true],
  ]);
  assert.is(trials.delayMs('b', 6), 0, 'its neighbour does not wait');
  assert.not.ok(trials.isAlone('b', 6));
});

test('the pause does not grow for ever', () => {
  const trials = new CopyTrials();
  for (let n = 0; n < 100; n++) trials.noteDeath({ keys: ['a'], culprit: 'a' }, n);
  assert.is(trials.delayMs('a', 100), 300_000);
});

test('where nobody knows whose fault it was, all are suspected, and alone they show', () => {
  const trials = new CopyTrials();
  trials.noteDeath({ keys: ['a', 'b'] }, 0);
  trials.noteDeath({ keys: ['a', 'b'] }, 1);
  assert.ok(trials.isAlone('a', 1) && trials.isAlone('b', 1));
  for (const key of ['a', 'b']) trials.noteOpened(key, 2);
  trials.noteDeath({ keys: ['b'], culprit: 'b' }, 3);
  assert.ok(trials.delayMs('b', 3) > trials.delayMs('a', 3));
  assert.not.ok(trials.isAlone('a', 2 + 2 * 60_000 + 1), 'the one that has run for long enough is forgiven');
});

test('forgiveness takes longer for who did it more often', () => {
  const trials = new CopyTrials();
  for (let n = 0; n < 3; n++) trials.noteDeath({ keys: ['a'], culprit: 'a' }, 0);
  trials.noteOpened('a', 0);
  assert.is(trials.strikes('a', 3 * 60_000), 3);
  assert.is(trials.strikes('a', 3 * 60_000 + 1), 0);
});

test('deaths over one operation of the log are counted until it is another one', () => {
  const trials = new CopyTrials();
  const dies = (seq: number, place: number): void =>
    trials.noteDeath({ keys: ['a'], culprit: 'a', applying: { seq, place, reason: 'stuck' } }, 0);
  dies(7, 0);
  dies(7, 0);
  assert.equal(trials.suspectOf('a'), { seq: 7, place: 0, tries: 2, reason: 'stuck' });
  dies(7, 1);
  assert.equal(trials.suspectOf('a'), { seq: 7, place: 1, tries: 1, reason: 'stuck' });
  trials.forget('a');
  assert.is(trials.suspectOf('a'), undefined);
});

test.run();

/** Reads that wait for a record: woken in time, sent away in time, none left behind. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { SequenceWaiters } from '../../src/shard/sequence-waiters.ts';
import { failureOf } from '../support/failure.ts';

const test = suite('shard/sequence-waiters');

test('whoever waits for what has come is woken, the others wait on', async () => {
  const waiters = new SequenceWaiters(systemEnv.clock);
  const woken: number[] = [];
  const waiting = [3, 5, 9].map(async (seq) => waiters.wait(seq, 5_000).then(() => woken.push(seq)));
  waiters.reached(5);
  await Promise.all(waiting.slice(0, 2));
  assert.equal(woken, [3, 5]);
  waiters.reached(9);
  await waiting[2];
  assert.equal(woken, [3, 5, 9]);
});

test('the deadline ends a wait', async () => {
  const waiters = new SequenceWaiters(systemEnv.clock);
  assert.is((await failureOf(waiters.wait(7, 5))).code, 'DEADLINE_EXCEEDED');
  waiters.reached(7);
});

test('a copy that starts over sends everyone away', async () => {
  const waiters = new SequenceWaiters(systemEnv.clock);
  const waiting = [1, 2].map(async (seq) => failureOf(waiters.wait(seq, 5_000)));
  waiters.rejectAll(new CoppiceError('SHARD_UNAVAILABLE', 'starts over'));
  assert.equal(
    (await Promise.all(waiting)).map(({ code }) => code),
    ['SHARD_UNAVAILABLE', 'SHARD_UNAVAILABLE'],
  );
});

test.run();

/** When a job over applied records is due: by records, by bytes, by time, and not too soon after it was done or failed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemEnv } from '../../src/env.ts';
import { Backlog } from '../../src/shard/backlog.ts';

const test = suite('shard/backlog');
const BOUNDS = { records: 3, bytes: 100, intervalMs: 1_000 };

test('without a record nothing is ever due', () => {
  const { backlog, pass } = open();
  pass(1_000_000);
  assert.is(backlog.isDue(), false);
});

test('records, bytes or the time since the last one make it due', () => {
  const byRecords = open().backlog;
  for (const due of [false, false, true]) {
    byRecords.add(1);
    assert.is(byRecords.isDue(), due);
  }
  const byBytes = open().backlog;
  byBytes.add(100);
  assert.is(byBytes.isDue(), true);
  const { backlog: byTime, pass } = open();
  byTime.add(1);
  pass(999);
  assert.is(byTime.isDue(), false);
  pass(1);
  assert.is(byTime.isDue(), true);
});

test('what was applied while the job ran stays', () => {
  const { backlog } = open();
  backlog.add(60);
  const { share } = backlog;
  backlog.add(60);
  assert.is(backlog.isDue(), true);
  backlog.clear(share);
  assert.is(backlog.isEmpty, false);
  assert.is(backlog.isDue(), false);
  assert.equal(backlog.share, { records: 1, bytes: 60 });
  backlog.clear();
  assert.is(backlog.isEmpty, true);
});

test('after a success it pauses as told, after failures for longer and longer, up to a bound', () => {
  const { backlog, pass } = open();
  backlog.add(100);
  backlog.succeed(500);
  pass(499);
  assert.is(backlog.isDue(), false);
  pass(1);
  assert.is(backlog.isDue(), true);
  for (const pauseMs of [1_000, 2_000, 4_000, 5_000, 5_000]) {
    backlog.fail();
    pass(pauseMs - 1);
    assert.is(backlog.isDue(), false, `${pauseMs} ms`);
    pass(1);
    assert.is(backlog.isDue(), true, `${pauseMs} ms`);
  }
  backlog.forgive();
  backlog.fail();
  pass(1_000);
  assert.is(backlog.isDue(), true);
});

test.run();

/** A backlog on a clock that moves when it is told to. */
function open(): { readonly backlog: Backlog; readonly pass: (ms: number) => void } {
  let nowMs = 0;
  const clock = { ...systemEnv.clock, nowMs: () => nowMs };
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { backlog: new Backlog(clock, BOUNDS, { maxRetryMs: 5_000 }), pass };
}

/** For how long an event loop has stood still. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StuckWatch } from '../../src/host/stuck-watch.ts';

const test = suite('host/stuck-watch');

test('silence is counted from look to look, and ends with a beat', () => {
  const watch = new StuckWatch(0);
  assert.is(watch.look(1, 100), 0);
  assert.is(watch.look(1, 200), 100);
  assert.is(watch.look(1, 350), 250);
  assert.is(watch.silentMs, 250);
  assert.is(watch.look(2, 450), 0);
});

test('a watcher that was stopped itself has seen nothing meanwhile', () => {
  const watch = new StuckWatch(0);
  watch.look(1, 100);
  assert.is(watch.look(1, 60_000), 500);
});

test.run();

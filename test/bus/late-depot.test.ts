/** A depot that cannot be opened at first, or that somebody removes: what waits for it is told why, and it comes back. */
import * as assert from 'uvu/assert';
import type { Depot } from '../../src/bus/depot.ts';
import { LateDepot } from '../../src/bus/late-depot.ts';
import { CoppiceError } from '../../src/errors.ts';
import { collect } from '../support/depot/depot-context.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('bus/late-depot');
const BYTES = new TextEncoder().encode('kept');

/** A clock whose timers go off when they are told to. */
function handClock() {
  const timers: { delayMs: number; run: () => void }[] = [];
  const clock = {
    nowMs: () => 0,
    wallMs: () => 0,
    after: (delayMs: number, run: () => void) => {
      const timer = { delayMs, run };
      timers.push(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
  };
  return { clock, timers };
}

test('until it can be opened, every operation says why not; it is tried with growing pauses', async ({ server }) => {
  const bus = await connectTo(server);
  const { clock, timers } = handClock();
  const states: (string | undefined)[] = [];
  let tries = 0;
  const open = async (): Promise<Depot> => {
    tries += 1;
    if (tries <= 3) throw new CoppiceError('PREFLIGHT_FAILED', 'no rights');
    return bus.openDepot('late_rights');
  };
  const depot = new LateDepot({ clock, open, onState: (failure) => states.push(failure) });
  for (const delayMs of [1_000, 2_000, 4_000]) {
    await eventually(() => timers.length === 1, { what: 'the next try' });
    assert.is((await failureOf(depot.put('a/b', BYTES))).code, 'PREFLIGHT_FAILED');
    assert.is((await failureOf(collect(depot.get('a/b')))).message, 'no rights');
    assert.is(depot.failure, 'no rights');
    const [next] = timers.splice(0);
    assert.is(next?.delayMs, delayMs);
    next?.run();
  }
  await eventually(() => depot.failure === undefined, { what: 'it is open' });
  await eventually(() => depot.put('a/b', BYTES));
  assert.equal([...(await collect(depot.get('a/b')))], [...BYTES]);
  assert.equal(await depot.list(''), ['a/b']);
  assert.equal(states, ['no rights', undefined]);
  assert.is(timers.length, 0);
  await depot.close();
  await bus.close();
});

test('a bucket that was removed is made anew; what was in it is not found', async ({ server }) => {
  const bus = await connectTo(server);
  const { clock, timers } = handClock();
  const depot = new LateDepot({ clock, open: () => bus.openDepot('late_gone'), onState: () => {} });
  await depot.put('a/b', BYTES);
  await bus.api.call('STREAM.DELETE.OBJ_late_gone', undefined);
  const failure = await failureOf(depot.stat('a/b'));
  assert.is(failure.code, 'NOT_FOUND');
  assert.match(failure.message, 'the depot is gone');
  await depot.put('a/b', BYTES);
  assert.is((await depot.stat('a/b')).sizeBytes, BYTES.length);
  assert.is(timers.length, 0);
  await depot.close();
  await bus.close();
});

test('closed while it cannot be opened, it is left alone', async () => {
  const { clock, timers } = handClock();
  const open = async (): Promise<Depot> => {
    throw new CoppiceError('DISCONNECTED', 'nobody there');
  };
  const depot = new LateDepot({ clock, open, onState: () => {} });
  await eventually(() => timers.length === 1);
  await depot.close();
  assert.is(timers.length, 0);
});

test.run();

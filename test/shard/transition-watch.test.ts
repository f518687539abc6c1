import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createActor, SimulatedClock } from 'xstate';
import { copyMachine } from '../../src/machines/copy.ts';
import { primacyMachine } from '../../src/machines/primacy.ts';
import { innermostName, type Transition, watchTransitions } from '../../src/shard/transition-watch.ts';

const test = suite('shard/transition-watch');

test('steps are told with their events, reasons and delays, and nothing else is', () => {
  const steps: Transition[] = [];
  const clock = new SimulatedClock();
  const inspect = watchTransitions({ first: 'unassigned', nameOf: innermostName }, (step) => steps.push(step));
  const actor = createActor(copyMachine, { clock, inspect });
  actor.start();
  actor.send({ type: 'copy.open' });
  actor.send({ type: 'copy.failed', reason: 'disk is full' });
  actor.send({ type: 'replay.reached' });
  clock.increment(1_000);
  assert.equal(steps, [
    { from: 'unassigned', to: 'restoring', cause: 'copy.open' },
    { from: 'restoring', to: 'failed', cause: 'copy.failed', reason: 'disk is full' },
    { from: 'failed', to: 'restoring', cause: 'after retryDelay' },
  ]);
});

test('a step is told once its actions have run, with its term', () => {
  const told: string[] = [];
  const clock = new SimulatedClock();
  const inspect = watchTransitions(
    { first: 'following.unready', nameOf: (path) => path },
    ({ from, to, cause, term }) => told.push(`${from} → ${to}: ${cause} ${term ?? ''}`),
  );
  const machine = primacyMachine.provide({ actions: { appendTerm: () => void told.push('appendTerm') } });
  const actor = createActor(machine, { clock, inspect });
  actor.start();
  actor.send({ type: 'copy.ready' });
  actor.send({ type: 'owner.lost' });
  clock.increment(50);
  actor.send({ type: 'lease.won', term: 4 });
  assert.equal(told, [
    'following.unready → following.ready: copy.ready ',
    'following.ready → suspecting: owner.lost ',
    'suspecting → claiming: after claimDelay ',
    'appendTerm',
    'claiming → barrier: lease.won 4',
  ]);
});

test('reasons that quote a lot are cut off', () => {
  const reasons: (string | undefined)[] = [];
  const inspect = watchTransitions({ first: 'unassigned', nameOf: innermostName }, ({ reason }) =>
    reasons.push(reason),
  );
  const actor = createActor(copyMachine, { inspect });
  actor.start();
  actor.send({ type: 'copy.open' });
  actor.send({ type: 'copy.failed', reason: 'x'.repeat(5_000) });
  assert.is(reasons.at(-1)?.length, 1_000);
  actor.stop();
});

test.run();

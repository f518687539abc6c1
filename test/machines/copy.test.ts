import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createActor, SimulatedClock } from 'xstate';
import { COPY_STATES, type CopyEvent, copyMachine, copyStateName } from '../../src/machines/copy.ts';
import { Seeded } from '../support/seeded.ts';
import { type WalkEvent, type WalkStep, walk } from './walk.ts';

const test = suite('machines/copy');

const TO_REPLICA: readonly CopyEvent[] = [
  { type: 'copy.open' },
  { type: 'state.restored' },
  { type: 'replay.reached' },
];
const TO_PRIMARY: readonly CopyEvent[] = [...TO_REPLICA, { type: 'primacy.promoting' }, { type: 'primacy.leading' }];

test('a copy restores, replays, serves, leads and hands over, serving all along', () => {
  const { names, calls, send } = startCopy();
  send(...TO_PRIMARY, { type: 'primacy.yielding' }, { type: 'primacy.following' });
  assert.equal(names, ['restoring', 'replaying', 'replica', 'promoting', 'primary', 'handingOver', 'replica']);
  assert.equal(calls, ['restoreState', 'startTail', 'startServing']);
});

test('a stateless copy serves as soon as it is there', () => {
  const { names, calls, send } = startCopy();
  send({ type: 'copy.open' }, { type: 'state.restored', stateless: true });
  assert.equal(names, ['restoring', 'replica']);
  assert.equal(calls, ['restoreState', 'startServing']);
});

test('a primary whose chain breaks resigns, stops serving and restores', () => {
  const { calls, name, send } = startCopy();
  send(...TO_PRIMARY, { type: 'chain.broken' });
  assert.is(name(), 'restoring');
  assert.equal(calls.slice(3), ['resignPrimacy at once', 'stopServing', 'stopTail', 'restoreState']);
});

test('a chain that breaks while replaying waits before it restores again', () => {
  const { clock, name, send } = startCopy();
  send({ type: 'copy.open' }, { type: 'state.restored' }, { type: 'chain.broken' });
  assert.is(name(), 'failed');
  clock.increment(1_000);
  assert.is(name(), 'restoring');
});

test('failures in a row are counted and forgotten once the copy serves', () => {
  const { actor, clock, send } = startCopy();
  send({ type: 'copy.open' });
  for (const attempts of [1, 2, 3]) {
    send({ type: 'copy.failed', reason: 'disk is full' });
    assert.equal(actor.getSnapshot().context, { attempts, failure: 'disk is full' });
    clock.increment(1_000);
  }
  send({ type: 'state.restored' });
  assert.is(actor.getSnapshot().context.attempts, 3);
  send({ type: 'replay.reached' });
  assert.equal(actor.getSnapshot().context, { attempts: 0, failure: '' });
});

test('a copy whose log was rolled back halts until it is closed', () => {
  const { clock, name, calls, send } = startCopy();
  send(...TO_PRIMARY, { type: 'log.rolledBack' }, { type: 'copy.open' }, { type: 'chain.broken' });
  clock.increment(1_000_000);
  assert.is(name(), 'halted');
  assert.equal(calls.slice(3), ['resignPrimacy at once', 'stopServing', 'stopTail']);
  send({ type: 'copy.drain' }, { type: 'copy.drained' });
  assert.is(name(), 'closed');
});

test('a copy that meets what it cannot read halts with the reason, and does not try again', () => {
  const { actor, clock, name, send } = startCopy();
  send(...TO_PRIMARY, { type: 'log.unreadable', reason: 'record 7: of format 2' }, { type: 'chain.broken' });
  clock.increment(1_000_000);
  assert.is(name(), 'halted');
  assert.is(actor.getSnapshot().context.failure, 'record 7: of format 2');
});

test('a draining primary resigns gracefully and closes when drained', () => {
  const { name, calls, send } = startCopy();
  send(
    ...TO_PRIMARY,
    { type: 'copy.drain' },
    { type: 'primacy.yielding' },
    { type: 'primacy.following' },
    { type: 'copy.drain' },
  );
  assert.is(name(), 'draining');
  send({ type: 'copy.drained' });
  assert.is(name(), 'closed');
  assert.equal(calls.slice(3), ['resignPrimacy gracefully', 'stopServing', 'stopTail', 'closeCopy']);
});

test('a drain that never ends closes the copy all the same', () => {
  const { clock, name, send } = startCopy();
  send(...TO_REPLICA, { type: 'copy.drain' });
  clock.increment(9_999);
  send({ type: 'copy.drain' });
  clock.increment(1);
  assert.is(name(), 'closed');
});

test('a copy of a deleted group closes from anywhere', () => {
  for (let count = 0; count <= TO_PRIMARY.length; count++) {
    const { name, calls, send } = startCopy();
    send(...TO_PRIMARY.slice(0, count), { type: 'log.gone' }, { type: 'copy.open' });
    assert.is(name(), 'closed');
    assert.is(calls.at(-1), 'closeCopy');
  }
});

test('a random walk serves and stops in turn, and ends when closed', () => {
  const visited = new Set<string>();
  for (let seed = 1; seed <= 150; seed++) {
    const ledger = new ServiceLedger(seed);
    const random = new Seeded(seed);
    for (const step of walk({ machine: copyMachine, random, stepCount: 100, nextEvent: () => anyEvent(random) })) {
      ledger.check(step);
      visited.add(copyStateName(step.after));
    }
  }
  for (const name of COPY_STATES) assert.ok(name === 'unassigned' || visited.has(name), `never came to ${name}`);
});

test.run();

function startCopy() {
  const clock = new SimulatedClock();
  const calls: string[] = [];
  const names: string[] = [];
  const note = (name: string) => () => void calls.push(name);
  const machine = copyMachine.provide({
    actions: {
      restoreState: note('restoreState'),
      startTail: note('startTail'),
      stopTail: note('stopTail'),
      startServing: note('startServing'),
      stopServing: note('stopServing'),
      resignPrimacy: (_, { graceful }) =>
        void calls.push(graceful ? 'resignPrimacy gracefully' : 'resignPrimacy at once'),
      closeCopy: note('closeCopy'),
    },
  });
  const actor = createActor(machine, { clock }).start();
  const name = () => copyStateName(actor.getSnapshot());
  const send = (...events: readonly CopyEvent[]): void => {
    for (const event of events) {
      actor.send(event);
      names.push(name());
    }
  };
  return { actor, clock, calls, names, name, send };
}

function anyEvent(random: Seeded): WalkEvent {
  return random.pick<WalkEvent>([
    { type: 'copy.open' },
    { type: 'state.restored' },
    { type: 'state.restored', stateless: random.below(2) === 0 },
    { type: 'replay.reached' },
    { type: 'primacy.promoting' },
    { type: 'primacy.leading' },
    { type: 'primacy.yielding' },
    { type: 'primacy.following' },
    ...(random.below(4) === 0 ? [{ type: 'chain.broken' }, { type: 'copy.failed', reason: 'disk is full' }] : []),
    ...(random.below(12) === 0
      ? [{ type: 'log.rolledBack' }, { type: 'log.unreadable', reason: 'format' }, { type: 'copy.drain' }]
      : []),
    ...(random.below(40) === 0 ? [{ type: 'log.gone' }] : []),
    { type: 'copy.drained' },
  ]);
}

const SERVING = new Set<string>(['replica', 'promoting', 'primary', 'handingOver']);

/** Follows a walk and knows what those who ask a copy may rely on. */
class ServiceLedger {
  readonly #seed: number;
  #serving = false;
  #tailing = false;
  #closed = false;

  constructor(seed: number) {
    this.#seed = seed;
  }

  check(step: WalkStep): void {
    const about = `seed ${this.#seed}: ${JSON.stringify(step.event)} in ${JSON.stringify(step.before.value)}`;
    for (const { type } of step.actions) this.#checkAction(type, about);
    const name = copyStateName(step.after);
    assert.is(this.#serving, SERVING.has(name), `${about}: ${name} and startServing disagree`);
    if (!SERVING.has(name) && name !== 'replaying') assert.not.ok(this.#tailing, `${about}: still tailing in ${name}`);
    assert.is(this.#closed, name === 'closed', `${about}: ${name} and closeCopy disagree`);
    assert.is(step.after.status === 'done', this.#closed, `${about}: closed is not final`);
    if (SERVING.has(name)) assert.is(step.after.context.attempts, 0, `${about}: failures not forgotten`);
    if (SERVING.has(copyStateName(step.before)) && !SERVING.has(name)) {
      assert.ok(
        step.actions.some(({ type }) => type === 'resignPrimacy'),
        `${about}: stopped serving without resigning`,
      );
    }
  }

  #checkAction(type: string, about: string): void {
    assert.not.ok(this.#closed, `${about}: ${type} after closeCopy`);
    if (type === 'startServing' || type === 'stopServing') {
      assert.is(this.#serving, type === 'stopServing', `${about}: ${type} out of turn`);
      this.#serving = type === 'startServing';
    }
    if (type === 'startTail') this.#tailing = true;
    if (type === 'stopTail') this.#tailing = false;
    if (type === 'closeCopy') this.#closed = true;
  }
}

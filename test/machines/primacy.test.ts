import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createActor, SimulatedClock } from 'xstate';
import { type PrimacyEvent, primacyMachine } from '../../src/machines/primacy.ts';
import { Seeded } from '../support/seeded.ts';
import { type WalkEvent, type WalkStep, walk } from './walk.ts';

const test = suite('machines/primacy');

test('a ready copy takes over a lost shard, reign by reign', () => {
  const { actor, clock, calls, send } = startPrimacy();
  send({ type: 'copy.ready' }, { type: 'owner.lost' });
  assert.is(actor.getSnapshot().value, 'suspecting');
  clock.increment(50);
  assert.is(actor.getSnapshot().value, 'claiming');
  send({ type: 'lease.won', term: 1 });
  assert.is(actor.getSnapshot().value, 'barrier');
  send({ type: 'barrier.reached', term: 1 });
  assert.is(actor.getSnapshot().value, 'leading');
  assert.equal(calls, ['claimLease above 0', 'appendTerm 1', 'startLeading 1']);
});

test('a copy that is not ready ignores a lost owner', () => {
  const { actor, clock, send } = startPrimacy();
  send({ type: 'owner.lost' });
  clock.increment(10_000);
  assert.equal(actor.getSnapshot().value, { following: 'unready' });
});

test('an owner that turns out alive ends the suspicion', () => {
  const { actor, clock, calls, send } = startPrimacy();
  send({ type: 'copy.ready' }, { type: 'owner.lost' });
  clock.increment(49);
  send({ type: 'owner.lost' }, { type: 'owner.alive' });
  clock.increment(50);
  assert.equal(actor.getSnapshot().value, { following: 'ready' });
  assert.equal(calls, []);
});

test('a lost owner told again does not prolong the wait', () => {
  const { actor, clock, send } = startPrimacy();
  send({ type: 'copy.ready' }, { type: 'owner.lost' });
  clock.increment(49);
  send({ type: 'owner.lost' });
  clock.increment(1);
  assert.is(actor.getSnapshot().value, 'claiming');
});

test('a refused, failed or unanswered claim leads back to following', () => {
  const ends: readonly ((start: ReturnType<typeof startPrimacy>) => void)[] = [
    ({ send }) => send({ type: 'lease.refused' }),
    ({ send }) => send({ type: 'claim.failed' }),
    ({ clock }) => clock.increment(2_000),
  ];
  for (const end of ends) {
    const started = startPrimacy();
    toClaiming(started);
    end(started);
    assert.equal(started.actor.getSnapshot().value, { following: 'ready' });
  }
});

test('a lease won after its claim was given up goes back', () => {
  const started = startPrimacy();
  toClaiming(started);
  started.clock.increment(2_000);
  started.send({ type: 'lease.won', term: 1 });
  assert.equal(started.actor.getSnapshot().value, { following: 'ready' });
  assert.equal(started.calls, ['claimLease above 0', 'abandonClaim 0', 'releaseLease 1']);
});

test('a claim asks for a term above every term seen', () => {
  const started = startPrimacy();
  started.send({ type: 'term.outranked', term: 7 }, { type: 'term.outranked', term: 5 });
  toClaiming(started);
  assert.equal(started.calls, ['claimLease above 7']);
});

test('a lease won with a term that the log has already seen goes back', () => {
  const started = startPrimacy();
  started.send({ type: 'term.outranked', term: 7 });
  toClaiming(started);
  started.send({ type: 'lease.won', term: 7 });
  assert.equal(started.actor.getSnapshot().value, { following: 'ready' });
  assert.is(started.calls.at(-1), 'releaseLease 7');
});

test('an echo of a lease won before does not count for a new claim', () => {
  const started = startPrimacy();
  toLeading(started, 1);
  started.send({ type: 'copy.unready' });
  toClaiming(started);
  started.send({ type: 'lease.won', term: 1 });
  assert.is(started.actor.getSnapshot().value, 'claiming');
});

test('a barrier reached of another term is ignored', () => {
  const started = startPrimacy();
  toClaiming(started);
  started.send(
    { type: 'lease.won', term: 3 },
    { type: 'barrier.reached', term: 2 },
    { type: 'barrier.reached', term: 4 },
  );
  assert.is(started.actor.getSnapshot().value, 'barrier');
});

test('a term not lower than ours, seen before the barrier, ends the reign before it began', () => {
  const started = startPrimacy();
  toClaiming(started);
  started.send({ type: 'lease.won', term: 3 }, { type: 'term.outranked', term: 2 });
  assert.is(started.actor.getSnapshot().value, 'barrier');
  started.send({ type: 'term.outranked', term: 3 }, { type: 'barrier.reached', term: 3 });
  assert.equal(started.actor.getSnapshot().value, { following: 'ready' });
  assert.equal(started.calls.slice(1), ['appendTerm 3', 'abandonClaim 3', 'releaseLease 3']);
});

test('a barrier not reached in time gives the lease back', () => {
  const started = startPrimacy();
  toClaiming(started);
  started.send({ type: 'lease.won', term: 1 });
  started.clock.increment(5_000);
  assert.equal(started.actor.getSnapshot().value, { following: 'ready' });
  assert.equal(started.calls.slice(2), ['abandonClaim 1', 'releaseLease 1']);
});

test('a fenced or outranked leader stops at once and leaves the lease to its new owner', () => {
  const endings: readonly PrimacyEvent[] = [
    { type: 'append.fenced', term: 1 },
    { type: 'term.outranked', term: 2 },
  ];
  for (const ending of endings) {
    const started = startPrimacy();
    toLeading(started, 1);
    started.send(ending);
    assert.equal(started.actor.getSnapshot().value, { following: 'ready' });
    assert.is(started.calls.at(-1), 'stopLeading 1');
  }
});

test('a leader ignores what an older reign left behind', () => {
  const started = startPrimacy();
  toLeading(started, 1);
  started.send({ type: 'append.fenced', term: 1 });
  toLeading(started, 2);
  started.send(
    { type: 'append.fenced', term: 1 },
    { type: 'term.outranked', term: 1 },
    { type: 'barrier.reached', term: 1 },
  );
  started.send({ type: 'pending.resolved' }, { type: 'claim.failed' }, { type: 'lease.refused' });
  assert.is(started.actor.getSnapshot().value, 'leading');
});

test('a leader that must restore stops and gives the lease back', () => {
  const started = startPrimacy();
  toLeading(started, 1);
  started.send({ type: 'copy.unready' });
  assert.equal(started.actor.getSnapshot().value, { following: 'unready' });
  assert.equal(started.calls.slice(-2), ['stopLeading 1', 'releaseLease 1']);
});

test('a handover stops, resolves what is pending, then gives the lease back', () => {
  const started = startPrimacy();
  toLeading(started, 1);
  started.send({ type: 'primacy.yield' });
  assert.is(started.actor.getSnapshot().value, 'yielding');
  started.send({ type: 'pending.resolved' });
  assert.equal(started.actor.getSnapshot().value, { following: 'ready' });
  assert.equal(started.calls.slice(-3), ['stopLeading 1', 'resolvePending 1', 'releaseLease 1']);
});

test('a handover that cannot resolve what is pending ends all the same', () => {
  const started = startPrimacy();
  toLeading(started, 1);
  started.send({ type: 'primacy.yield' });
  started.clock.increment(5_000);
  assert.is(started.calls.at(-1), 'releaseLease 1');
});

test('a stopped leader stops leading, gives the lease back and hears nothing more', () => {
  const started = startPrimacy();
  toLeading(started, 1);
  started.send({ type: 'primacy.stop' }, { type: 'copy.ready' }, { type: 'owner.lost' });
  assert.is(started.actor.getSnapshot().value, 'stopped');
  assert.equal(started.calls.slice(-2), ['stopLeading 1', 'releaseLease 1']);
});

test('a random walk never leads without a lease and a barrier of its term', () => {
  const visited = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) {
    const ledger = new ReignLedger(seed);
    const random = new Seeded(seed);
    for (const step of walk({
      machine: primacyMachine,
      random,
      stepCount: 200,
      nextEvent: ({ context }) => anyEvent(random, context),
    })) {
      ledger.check(step);
      visited.add(JSON.stringify(step.after.value));
    }
  }
  assert.is(visited.size, 8, [...visited].join(' '));
});

test.run();

type Term = { readonly term: number };
type Started = ReturnType<typeof startPrimacy>;

function startPrimacy() {
  const clock = new SimulatedClock();
  const calls: string[] = [];
  const note =
    (name: string) =>
    (_: unknown, { term }: Term) =>
      void calls.push(`${name} ${term}`);
  const machine = primacyMachine.provide({
    actions: {
      claimLease: (_, { above }) => void calls.push(`claimLease above ${above}`),
      appendTerm: note('appendTerm'),
      abandonClaim: note('abandonClaim'),
      startLeading: note('startLeading'),
      stopLeading: note('stopLeading'),
      resolvePending: note('resolvePending'),
      releaseLease: note('releaseLease'),
    },
  });
  const actor = createActor(machine, { clock }).start();
  const send = (...events: readonly PrimacyEvent[]): void => {
    for (const event of events) actor.send(event);
  };
  return { actor, clock, calls, send };
}

function toClaiming({ send, clock }: Started): void {
  send({ type: 'copy.ready' }, { type: 'owner.lost' });
  clock.increment(50);
}

function toLeading(started: Started, term: number): void {
  toClaiming(started);
  started.send({ type: 'lease.won', term }, { type: 'barrier.reached', term });
  assert.is(started.actor.getSnapshot().value, 'leading');
}

/** Mostly what moves the contest on, and always a chance of everything; terms lie around those known. */
function anyEvent(random: Seeded, context: { readonly term: number; readonly seenTerm: number }): WalkEvent {
  const near = Math.max(
    0,
    random.pick([context.term, context.seenTerm, context.term + 1, context.seenTerm + 1]) + random.below(3) - 1,
  );
  return random.pick<WalkEvent>([
    { type: 'copy.ready' },
    { type: 'copy.ready' },
    { type: 'copy.unready' },
    { type: 'owner.lost' },
    { type: 'owner.lost' },
    { type: 'owner.alive' },
    { type: 'lease.won', term: near },
    { type: 'lease.won', term: Math.max(context.term, context.seenTerm) + 1 },
    { type: 'lease.refused' },
    { type: 'claim.failed' },
    { type: 'barrier.reached', term: near },
    { type: 'barrier.reached', term: context.term },
    { type: 'term.outranked', term: near },
    { type: 'append.fenced', term: near },
    { type: 'primacy.yield' },
    { type: 'pending.resolved' },
    ...(random.below(10) === 0 ? [{ type: 'primacy.stop' }] : []),
  ]);
}

/** Follows a walk and knows what an observer of leases and log may rely on. */
class ReignLedger {
  readonly #seed: number;
  #leadingTerm: number | undefined;
  #lastReign = 0;
  #wonTerm = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  check(step: WalkStep): void {
    const about = `seed ${this.#seed}: ${JSON.stringify(step.event)} in ${JSON.stringify(step.before.value)}`;
    assert.ok(step.after.context.term >= step.before.context.term, `${about}: term fell`);
    assert.ok(step.after.context.seenTerm >= step.before.context.seenTerm, `${about}: seenTerm fell`);
    for (const { type, params } of step.actions) this.#checkAction(step, { type, term: termIn(params), about });
    assert.is(
      step.after.matches('leading'),
      this.#leadingTerm !== undefined,
      `${about}: leading and startLeading disagree`,
    );
    const endedByLog = step.event.type === 'append.fenced' || step.event.type === 'term.outranked';
    if (endedByLog && !step.before.matches('barrier'))
      assert.not.ok(called(step, 'releaseLease'), `${about}: released another's lease`);
    const leftBarrier =
      step.before.matches('barrier') && !step.after.matches('barrier') && !step.after.matches('leading');
    if (leftBarrier) assert.ok(called(step, 'abandonClaim'), `${about}: claim not abandoned`);
  }

  #checkAction(
    { event, before }: WalkStep,
    { type, term, about }: { type: string; term: number; about: string },
  ): void {
    if (type === 'appendTerm') {
      assert.equal(event, { type: 'lease.won', term }, `${about}: appended a term not won`);
      assert.ok(term > before.context.seenTerm && term > this.#wonTerm, `${about}: appended an old term`);
      this.#wonTerm = term;
    }
    if (type === 'startLeading') {
      assert.is(this.#leadingTerm, undefined, `${about}: started twice`);
      assert.equal(event, { type: 'barrier.reached', term }, `${about}: led before its barrier`);
      assert.ok(term === this.#wonTerm && term > this.#lastReign, `${about}: led without a new lease`);
      this.#leadingTerm = term;
      this.#lastReign = term;
    }
    if (type === 'stopLeading') {
      assert.is(this.#leadingTerm, term, `${about}: stopped a reign that was not`);
      this.#leadingTerm = undefined;
    }
  }
}

function called({ actions }: WalkStep, type: string): boolean {
  return actions.some((action) => action.type === type);
}

function termIn(params: unknown): number {
  const term = typeof params === 'object' && params !== null && 'term' in params ? params.term : 0;
  return typeof term === 'number' ? term : Number.NaN;
}

/** The simulated world: time, order, death, pauses and cuts are what they are said to be. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rpc } from '../../../src/bus/rpc.ts';
import { SimWorld } from '../../../src/bus/sim/sim-world.ts';
import { SubjectPattern } from '../../../src/bus/sim/subject-pattern.ts';
import { pause } from '../../../src/env.ts';
import { CoppiceError } from '../../../src/errors.ts';

const test = suite('bus/sim/world');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const codeOf = (error: unknown): string => (error instanceof CoppiceError ? error.code : String(error));

test('events run in the order of their times, then of their making, and promises are followed in between', async () => {
  const { scheduler } = new SimWorld({ seed: 1 });
  const seen: string[] = [];
  scheduler.after(2, () => seen.push('late'));
  let ended: Promise<void> | undefined;
  scheduler.after(1, () => {
    seen.push('first');
    ended = takeManyTurns().then(() => void seen.push('its end'));
  });
  scheduler.after(1, () => seen.push('second'));
  scheduler.after(1, () => seen.push('never'))();
  await scheduler.run(10);
  assert.equal(seen, ['first', 'its end', 'second', 'late']);
  assert.is(scheduler.nowMs, 10);
  await ended;
});

test('a skewed clock runs at its own rate, and its timers with it', async () => {
  const world = new SimWorld({ seed: 1 });
  const { clock } = world.startNode('fast', { rate: 2, wallMs: 5_000 }).env;
  const other = world.startNode('true').env.clock;
  const [startMs, aheadMs] = [clock.nowMs(), clock.wallMs() - other.wallMs()];
  let firedMs = 0;
  clock.after(1_000, () => (firedMs = world.scheduler.nowMs));
  await world.scheduler.run(1_000);
  assert.is(firedMs, 500);
  assert.is(Math.round(clock.nowMs() - startMs), 2_000);
  assert.is(aheadMs, 5_000);
});

test('what a paused process missed happens when it goes on, in order; a dead one does nothing more', async () => {
  const world = new SimWorld({ seed: 1 });
  const node = world.startNode('node');
  const { clock } = node.env;
  const seen: string[] = [];
  clock.after(10, () => seen.push('a'));
  clock.after(20, () => seen.push('b'));
  const cancel = clock.after(30, () => seen.push('cancelled'));
  clock.after(200, () => seen.push('after death'));
  node.pause();
  await world.scheduler.run(100);
  assert.equal(seen, []);
  node.resume();
  cancel();
  await world.scheduler.run(150);
  assert.equal(seen, ['a', 'b']);
  world.kill(node, { noticed: true });
  await world.scheduler.run(1_000);
  assert.equal(seen, ['a', 'b']);
});

test('a process that is cut off loses its link, and comes back by itself', async () => {
  const world = new SimWorld({ seed: 1 });
  const node = world.startNode('node');
  const bus = world.connect(node);
  const other = world.connect(world.startNode('other'));
  const changes: boolean[] = [];
  bus.link.onChange((up) => changes.push(up));
  let heard = 0;
  bus.subscribe('news', {}, () => (heard += 1));
  await world.scheduler.run(100);
  world.faults.cutTo.add('node');
  other.publish('news', bytes('held back and lost'));
  await world.scheduler.run(10_000);
  assert.equal(changes, [false]);
  assert.throws(
    () => bus.publish('x', bytes('')),
    (error: unknown) => codeOf(error) === 'DISCONNECTED',
  );
  world.faults.cutTo.delete('node');
  await world.scheduler.run(11_000);
  assert.equal(changes, [false, true]);
  assert.is(bus.link.reconnects, 1);
  other.publish('news', bytes('now'));
  await world.scheduler.run(12_000);
  assert.is(heard, 1);
});

test('what a short cut holds back comes late, and in order', async () => {
  const world = new SimWorld({ seed: 1 });
  const bus = world.connect(world.startNode('node'));
  const other = world.connect(world.startNode('other'));
  const heard: string[] = [];
  bus.subscribe('news', {}, ({ data }) => heard.push(new TextDecoder().decode(data)));
  await world.scheduler.run(100);
  world.faults.cutTo.add('node');
  for (const text of ['a', 'b', 'c']) other.publish('news', bytes(text));
  await world.scheduler.run(600);
  assert.equal(heard, []);
  world.faults.cutTo.delete('node');
  await world.scheduler.run(700);
  assert.equal(heard, ['a', 'b', 'c']);
  assert.is(bus.link.reconnects, 0);
});

test('a killed process has no responders at once, or after a silence if nobody noticed', async () => {
  for (const [noticed, expected] of [
    [true, 'NO_RESPONDERS'],
    [false, 'DEADLINE_EXCEEDED'],
  ] as const) {
    const world = new SimWorld({ seed: 1 });
    const node = world.startNode('node');
    const asker = world.startNode('asker');
    const servant = new Rpc(world.connect(node), node.env, () => {});
    servant.serve({ subject: 'job', handler: async () => 'done' });
    const rpc = new Rpc(world.connect(asker), asker.env, () => {});
    const ask = async (): Promise<unknown> => rpc.request('job', {}, { deadlineMs: 400 }).catch(codeOf);
    const answers: unknown[] = [];
    const work = async (): Promise<void> => {
      await pause(asker.env.clock, 50);
      answers.push(await ask());
      world.kill(node, { noticed });
      await pause(asker.env.clock, 5);
      answers.push(await ask());
      await pause(asker.env.clock, 5_000);
      answers.push(await ask());
    };
    let over = false;
    work().then(
      () => (over = true),
      (error: unknown) => answers.push(error),
    );
    await world.scheduler.run(20_000, () => over);
    assert.equal(answers, ['done', expected, 'NO_RESPONDERS']);
  }
});

test('patterns cover what those of NATS cover', () => {
  const covers = (pattern: string, subject: string): boolean => new SubjectPattern(pattern).covers(subject.split('.'));
  assert.equal(
    [covers('a.b', 'a.b'), covers('a.*', 'a.b'), covers('*.b', 'a.b'), covers('a.>', 'a.b.c'), covers('>', 'a')],
    [true, true, true, true, true],
  );
  assert.equal(
    [covers('a.b', 'a.c'), covers('a.*', 'a'), covers('a.*', 'a.b.c'), covers('a.>', 'a'), covers('a', 'a.b')],
    [false, false, false, false, false],
  );
});

async function takeManyTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

test.run();

/** Work for idle time: begun once nothing was applied for a while, done in slices, left alone while records come. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clock } from '../../src/env.ts';
import { Upkeep } from '../../src/shard/upkeep.ts';

const test = suite('shard/upkeep');

/** A clock that stands still until it is moved. */
class HandClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  get timers(): number {
    return this.#timers.size;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  move(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#nowMs = due.atMs;
      due.run();
    }
    this.#nowMs = endMs;
  }
}

test('a copy that is idle works in slices until nothing is left', () => {
  const clock = new HandClock();
  let left = 3;
  const atMs: number[] = [];
  const maintain = (): boolean => {
    atMs.push(clock.nowMs());
    return --left > 0;
  };
  const upkeep = new Upkeep({ clock, maintain, onError: () => {} });
  clock.move(10_000);
  assert.equal(atMs, []);
  upkeep.noteApplied();
  clock.move(200);
  upkeep.noteApplied();
  clock.move(200);
  assert.equal(atMs, []);
  clock.move(1_000);
  assert.is(atMs.length, 3);
  assert.is(atMs[0], 10_450);
  assert.ok(atMs[1]! > atMs[0]! && atMs[2]! > atMs[1]!);
  assert.is(clock.timers, 0);
});

test('records that come in between put the rest off', () => {
  const clock = new HandClock();
  let calls = 0;
  const maintain = (): boolean => {
    calls += 1;
    return true;
  };
  const upkeep = new Upkeep({ clock, maintain, onError: () => {} });
  upkeep.noteApplied();
  clock.move(250);
  assert.is(calls, 1);
  upkeep.noteApplied();
  clock.move(249);
  assert.is(calls, 1);
  clock.move(1);
  assert.is(calls, 2);
  upkeep.stop();
  clock.move(10_000);
  assert.is(calls, 2);
  assert.is(clock.timers, 0);
});

test('what the work throws is told, and ends it', () => {
  const clock = new HandClock();
  const errors: unknown[] = [];
  const problem = new Error('no room');
  const maintain = (): boolean => {
    throw problem;
  };
  const upkeep = new Upkeep({ clock, maintain, onError: (error) => errors.push(error) });
  upkeep.noteApplied();
  clock.move(10_000);
  assert.equal(errors, [problem]);
  assert.is(clock.timers, 0);
});

test.run();

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CopyHistories, HISTORIES, HISTORY_LENGTH } from '../../src/host/copy-histories.ts';
import type { CopyTransition } from '../../src/wire/transitions.ts';

const test = suite('host/copy-histories');

test('a copy’s history keeps its last steps, and no other copy’s', () => {
  const histories = new CopyHistories();
  for (let atMs = 0; atMs < HISTORY_LENGTH + 5; atMs++) histories.note(step({ atMs }));
  histories.note(step({ shard: 1, atMs: 7 }));
  const kept = histories.of({ group: 'books', generation: 'g', shard: 0 });
  assert.is(kept.length, HISTORY_LENGTH);
  assert.equal([kept.at(0)?.atMs, kept.at(-1)?.atMs], [5, HISTORY_LENGTH + 4]);
  assert.is(histories.of({ group: 'books', generation: 'g', shard: 1 }).length, 1);
  assert.equal(histories.of({ group: 'books', generation: 'older', shard: 0 }), []);
});

test('of too many copies the one that was still for longest is forgotten', () => {
  const histories = new CopyHistories();
  for (let shard = 0; shard < HISTORIES; shard++) histories.note(step({ shard }));
  histories.note(step({ shard: 0 }));
  histories.note(step({ shard: HISTORIES }));
  const lengthOf = (shard: number): number => histories.of({ group: 'books', generation: 'g', shard }).length;
  assert.equal([0, 1, 2, HISTORIES].map(lengthOf), [2, 0, 1, 1]);
});

test.run();

function step(changed: Partial<CopyTransition>): CopyTransition {
  return {
    group: 'books',
    generation: 'g',
    shard: 0,
    machine: 'copy',
    from: 'unassigned',
    to: 'restoring',
    cause: 'copy.open',
    atMs: 0,
    ...changed,
  };
}

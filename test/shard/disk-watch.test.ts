/** A disk that refuses is tried again until it takes what waits, whatever else goes wrong on the way. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemEnv } from '../../src/env.ts';
import { CoppiceError } from '../../src/errors.ts';
import { DiskWatch } from '../../src/shard/local/disk-watch.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const test = suite('shard/disk-watch');

test('an error that is not the disk’s is told, and the disk is tried again all the same', async () => {
  const errors: unknown[] = [];
  const changes: (string | undefined)[] = [];
  const damage = new CoppiceError('CORRUPT_SEGMENT', 'what waited in memory cannot be read');
  const answers: readonly (Error | undefined)[] = [damage, undefined];
  let tries = 0;
  const unspill = (): void => {
    const answer = answers[tries++];
    if (answer !== undefined) throw answer;
  };
  const watch = new DiskWatch({
    clock: systemEnv.clock,
    disk: new MemoryDisk().door(),
    folder: 'copy',
    files: { unspill },
    retryMs: 1,
    onChange: (reason) => changes.push(reason),
    onError: (error) => errors.push(error),
  });
  watch.note(new CoppiceError('STORAGE_FULL', 'no room'));
  await eventually(() => watch.reason === undefined);
  assert.equal(errors, [damage]);
  assert.equal(changes, ['no room', undefined]);
  assert.is(tries, 2);
  watch.close();
});

test.run();

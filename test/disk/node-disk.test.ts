/** The disk of this machine: what is not there, and what cannot be written. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isDiskTrouble } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { isCoppiceError } from '../../src/errors.ts';

const test = suite('disk/node-disk');

test('a folder that has vanished is trouble of the disk where something is written, and no answer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-node-disk-'));
  const writer = nodeDisk.create(join(folder, 'file'));
  writer.close();
  rmSync(folder, { recursive: true });
  const writes = [
    () => nodeDisk.create(join(folder, 'other')),
    () => nodeDisk.rename(join(folder, 'file'), join(folder, 'other')),
  ];
  for (const write of writes) assert.throws(write, (error: unknown) => isDiskTrouble(error));
  assert.throws(
    () => nodeDisk.open(join(folder, 'file')),
    (error: unknown) => isCoppiceError(error, 'NOT_FOUND'),
  );
  assert.equal(nodeDisk.list(folder), []);
});

test.run();

/** Folders are made with those above them, and what cannot be made ends in an error. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFolder, makeFolderSync } from '../src/make-folder.ts';

const test = suite('make-folder');

const MAKERS: readonly (readonly [string, (folder: string) => Promise<void>])[] = [
  ['makeFolder', makeFolder],
  ['makeFolderSync', async (folder) => makeFolderSync(folder)],
];

for (const [name, make] of MAKERS) {
  test(`${name}: a folder is there afterwards, whatever was there before`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'coppice-make-folder-'));
    const folder = join(root, 'a', 'b', 'c');
    await make(folder);
    await make(folder);
    assert.ok(existsSync(folder));
    rmSync(root, { recursive: true });
  });

  test(`${name}: a file in the way is an error`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'coppice-make-folder-'));
    writeFileSync(join(root, 'file'), '');
    assert.is(await codeOf(make(join(root, 'file'))), 'EEXIST');
    assert.is(await codeOf(make(join(root, 'file', 'below'))), 'ENOTDIR');
    rmSync(root, { recursive: true });
  });

  test(`${name}: where the system takes no folder, the attempt ends`, async () => {
    if (existsSync('/proc/self')) assert.is(await codeOf(make('/proc/none/x')), 'ENOENT');
  });
}

test.run();

async function codeOf(work: Promise<void>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  return 'made';
}

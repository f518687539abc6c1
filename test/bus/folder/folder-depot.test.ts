/** The depot in a folder: what a crash leaves, what others leave, and what the file system refuses. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fileError } from '../../../src/bus/folder/durable.ts';
import { type FolderDepot, openFolderDepot } from '../../../src/bus/folder/folder-depot.ts';
import { systemEnv } from '../../../src/env.ts';
import { collect, sameBytes, seededBytes } from '../../support/depot/depot-context.ts';
import { failureOf } from '../../support/failure.ts';

const test = suite<{ folder: string; depot: FolderDepot }>('bus/folder/folder-depot');
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'coppice-depot-'));
  context.depot = await openFolderDepot(systemEnv, context.folder);
});
test.after.each(async ({ folder }) => rm(folder, { recursive: true, force: true }));

test('what a crash left of an upload is not seen, and is swept away once it is old', async ({ depot, folder }) => {
  const [old, young] = ['old', 'young'].map((name) => join(folder, '+unfinished', name));
  for (const path of [old ?? '', young ?? '']) await writeFile(path, 'half of it');
  await utimes(old ?? '', 1_000, 1_000);
  assert.equal(await depot.list(''), []);
  assert.is(await depot.sweep(3_600_000), 1);
  assert.equal(await readdir(join(folder, '+unfinished')), ['young']);
  assert.is(await depot.sweep(0), 1);
});

test('a blob may be called as a folder of other blobs is, and as a file of ours would be', async ({ depot }) => {
  const names = ['a', 'a/a', 'a/a/a', 'blob', 'unfinished/x'];
  for (const name of names) await depot.put(name, new TextEncoder().encode(name));
  for (const name of names) assert.is(Buffer.from(await collect(depot.get(name))).toString(), name);
  assert.equal(await depot.list(''), names);
});

test('empty folders go with their last blob, and come again while others write', async ({ depot, folder }) => {
  await depot.put('deep/er/one', seededBytes(10, 1));
  await depot.delete('deep/er/one');
  assert.equal(await readdir(folder), ['+unfinished']);
  const bytes = seededBytes(1_000, 2);
  const rounds = Array.from({ length: 40 }, async (_, place) => {
    const name = `deep/er/${place}`;
    await depot.put(name, bytes);
    assert.ok(sameBytes(await collect(depot.get(name)), bytes));
    await depot.delete(name);
  });
  await Promise.all(rounds);
  assert.equal(await readdir(folder), ['+unfinished']);
});

test('what others keep in the folder is not listed', async ({ depot, folder }) => {
  await mkdir(join(folder, 'lost+found'));
  await writeFile(join(folder, 'lost+found', 'x+blob'), 'x');
  await writeFile(join(folder, 'README'), 'x');
  await writeFile(join(folder, 'a b+blob'), 'x');
  await depot.put('ours', seededBytes(1, 1));
  assert.equal(await depot.list(''), ['ours']);
});

test('a folder that cannot be made is refused, and a full disk has its own code', async ({ folder }) => {
  await writeFile(join(folder, 'file'), 'x');
  assert.is((await failureOf(openFolderDepot(systemEnv, join(folder, 'file')))).code, 'PREFLIGHT_FAILED');
  await (await openFolderDepot(systemEnv, join(folder, 'a', 'b'))).put('one', seededBytes(1, 1));
  assert.equal(await readdir(join(folder, 'a', 'b')), ['+unfinished', 'one+blob']);
  // where a folder is there and takes none, `mkdir` with `recursive` would try for ever
  if (existsSync('/proc/self'))
    assert.is((await failureOf(openFolderDepot(systemEnv, '/proc/none/x'))).code, 'PREFLIGHT_FAILED');
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  assert.is(fileError('INTERNAL', 'the blob cannot be written', full).code, 'STORAGE_FULL');
});

test.run();

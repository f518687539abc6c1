/** One engine at a time on a folder: in one thread, in threads of a process, in processes, and after `kill -9`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEngine, type ShardEngine } from '../../../src/engine/shard-engine.ts';
import { openFileStore } from '../../../src/engine/store/file-store.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { programCommand } from '../../support/run-program.ts';

const test = suite('engine/store/folder-lock');

const folders: string[] = [];
const holders = new Set<ChildProcess>();
test.after(() => {
  for (const holder of holders) holder.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test('a second engine of the same thread is refused until the first is closed', () => {
  const folder = newFolder();
  const first = open(folder);
  first.put(document('1'));
  first.commit();
  assert.throws(() => open(folder), isInUse);
  first.put(document('2'));
  first.commit();
  first.close();
  first.close();
  const second = open(folder);
  first.close();
  assert.throws(() => open(folder), isInUse);
  assert.is(second.stats().docCount, 2);
  second.close();
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  );
});

test('an engine that cannot be opened leaves no lock', () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'commit-1'), 'damaged');
  for (let i = 0; i < 2; i++)
    assert.throws(
      () => open(folder),
      (error: unknown) => isCoppiceError(error, 'CORRUPT_SEGMENT'),
    );
});

test('locks are no files of the store, and those of processes that never were are removed', () => {
  const folder = newFolder();
  const start = Buffer.from('another boot/1').toString('base64url');
  writeFileSync(join(folder, `.lock-${process.pid}.${start}.x`), '');
  writeFileSync(join(folder, `.lock-4194999.${start}.x`), '');
  const store = openFileStore(folder);
  const unlock = store.lock();
  assert.equal(store.names(), []);
  assert.is(readdirSync(folder).length, 1);
  unlock();
  assert.is(readdirSync(folder).length, 0);
});

test('another process is refused, takes over after kill -9, and then this one is refused', async () => {
  const folder = newFolder();
  const first = open(folder);
  assert.is((await startProcess(folder)).word, 'STORE_IN_USE');
  first.close();
  const { child, word } = await startProcess(folder);
  assert.is(word, 'locked');
  assert.throws(() => open(folder), isInUse);
  assert.is((await startProcess(folder)).word, 'STORE_IN_USE');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.is(readdirSync(folder).length, 1);
  open(folder).close();
});

test('of processes that come at once after kill -9, one gets the folder', async () => {
  const folder = newFolder();
  for (let round = 0; round < 3; round++) {
    const started = await Promise.all(Array.from({ length: 4 }, () => startProcess(folder)));
    assert.equal(started.map(({ word }) => word).sort(), ['STORE_IN_USE', 'STORE_IN_USE', 'STORE_IN_USE', 'locked']);
    for (const { child, word } of started) {
      if (word !== 'locked') continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

test('another thread of the process is refused, and one that is terminated leaves nothing', async () => {
  const folder = newFolder();
  const first = open(folder);
  assert.is(await wordOf(startThread(folder)), 'STORE_IN_USE');
  first.close();
  const thread = startThread(folder);
  assert.is(await wordOf(thread), 'locked');
  assert.throws(() => open(folder), isInUse);
  await thread.terminate();
  open(folder).close();
});

test.run();

function open(folder: string): ShardEngine {
  return openEngine({ store: openFileStore(folder), schema: { text: 'text' } });
}

function document(id: string): Parameters<ShardEngine['put']>[0] {
  return { id, source: {}, fields: { text: ['word'] }, version: 1, seqNo: 1, primaryTerm: 1, position: 1 };
}

function isInUse(error: unknown): boolean {
  return isCoppiceError(error, 'STORE_IN_USE') && /is used by another engine, of process \d+$/.test(error.message);
}

async function startProcess(folder: string): Promise<{ readonly child: ChildProcess; readonly word: string }> {
  const child = spawn(process.execPath, programCommand('test/engine/store/lock-holder'), {
    env: { ...process.env, LOCK_FOLDER: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.add(child);
  child.once('exit', () => holders.delete(child));
  const [chunk]: unknown[] = await once(child.stdout, 'data');
  return { child, word: String(chunk).trim() };
}

/** Threads do not inherit what the main thread has learned of TypeScript: from the sources, they are taught it first. */
function startThread(folder: string): Worker {
  const fromSources = import.meta.url.endsWith('.ts');
  const program = new URL(fromSources ? './lock-holder.ts' : './lock-holder.js', import.meta.url);
  if (!fromSources) return new Worker(program, { workerData: folder });
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(program.href)}); })`;
  return new Worker(code, { eval: true, workerData: folder });
}

async function wordOf(thread: Worker): Promise<string> {
  const [word]: unknown[] = await once(thread, 'message');
  return String(word);
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-lock-'));
  folders.push(folder);
  return folder;
}

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openFileStore } from '../../../src/engine/store/file-store.ts';
import { createMemoryStore } from '../../../src/engine/store/memory-store.ts';
import type { Store } from '../../../src/engine/store/store.ts';
import { isCoppiceError } from '../../../src/errors.ts';
import { Seeded } from '../../support/seeded.ts';

const test = suite('engine/store/store');

const folders: string[] = [];
test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const STORES: Readonly<Record<string, () => Store>> = {
  memory: createMemoryStore,
  files: () => openFileStore(newFolder()),
};

for (const [kind, make] of Object.entries(STORES)) {
  test(`${kind}: what was written in any pieces is read in any others`, () => {
    const store = make();
    const random = new Seeded(1);
    const bytes = Uint8Array.from(random.list(300_000, () => random.below(256)));
    const out = store.create('a.segment');
    for (let at = 0; at < bytes.length; ) {
      const length = random.pick([0, 1, 100, 5000, 70_000, 150_000]);
      const piece = bytes.slice(at, at + length);
      out.write(piece);
      piece.fill(0);
      at += length;
      assert.is(out.size, Math.min(at, bytes.length));
    }
    assert.equal(store.names(), []);
    assert.throws(() => store.open('a.segment'), isMissing);
    out.finish();
    assert.equal(store.names(), ['a.segment']);
    store.sync(['a.segment']);
    const file = store.open('a.segment');
    assert.is(file.size, bytes.length);
    for (let i = 0; i < 200; i++) {
      const from = random.below(bytes.length);
      const into = new Uint8Array(random.below(bytes.length - from));
      file.read(from, into);
      assert.is(Buffer.compare(into, bytes.subarray(from, from + into.length)), 0);
    }
    file.close();
    file.close();
  });

  test(`${kind}: reading past the end is an error`, () => {
    const store = make();
    write(store, 'a', 'hello');
    const file = store.open('a');
    file.read(5, new Uint8Array(0));
    for (const [offset, length] of [
      [0, 6],
      [5, 1],
      [1000, 1],
    ] as const) {
      assert.throws(
        () => file.read(offset, new Uint8Array(length)),
        (error: unknown) => isCoppiceError(error, 'CORRUPT_SEGMENT'),
      );
    }
    file.close();
  });

  test(`${kind}: an aborted file was never there`, () => {
    const store = make();
    const out = store.create('a');
    out.write(Uint8Array.of(1, 2));
    out.abort();
    out.abort();
    assert.equal(store.names(), []);
    assert.throws(() => out.write(Uint8Array.of(3)), /finished/);
    write(store, 'a', 'again');
    assert.equal(store.names(), ['a']);
  });

  test(`${kind}: a name is given once, and a removed file can be read while it is open`, () => {
    const store = make();
    write(store, 'a', 'first');
    assert.throws(() => store.create('a'), /there is a file `a` already/);
    const file = store.open('a');
    store.remove('a');
    store.remove('a');
    assert.equal(store.names(), []);
    const into = new Uint8Array(5);
    file.read(0, into);
    assert.is(Buffer.from(into).toString(), 'first');
    file.close();
    write(store, 'a', 'second');
    assert.is(store.open('a').size, 6);
  });

  test(`${kind}: names lead nowhere else`, () => {
    const store = make();
    for (const name of ['', '.', '..', '../a', 'a/b', 'a\\b', '/a', '.a', 'a\0', 'a.unfinished', 'x'.repeat(201)]) {
      assert.throws(() => store.create(name), /is no name for a file/);
      assert.throws(() => store.open(name), /is no name for a file/);
      assert.throws(() => store.remove(name), /is no name for a file/);
    }
    assert.throws(() => store.sync(['nothing']), isMissing);
  });
}

test('files: what a crash left unfinished is removed when the folder is locked, and nothing else is', () => {
  const folder = newFolder();
  const before = openFileStore(folder);
  write(before, 'a', 'kept');
  const lost = before.create('b');
  lost.write(new Uint8Array(200_000));
  writeFileSync(join(folder, 'foreign'), 'kept too');
  assert.ok(existsSync(join(folder, 'b.unfinished')));
  const after = openFileStore(folder);
  assert.ok(existsSync(join(folder, 'b.unfinished')));
  after.lock()();
  assert.equal(after.names(), ['a', 'foreign']);
  assert.equal(readdirSync(folder), ['a', 'foreign']);
  assert.throws(() => lost.finish());
  lost.abort();
  assert.equal(after.names(), ['a', 'foreign']);
});

test('files: two writers of one name do not overwrite each other', () => {
  const store = openFileStore(newFolder());
  const out = store.create('a');
  assert.throws(() => store.create('a'), /`a` is being written/);
  out.write(Uint8Array.of(1));
  out.finish();
  assert.equal(store.names(), ['a']);
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coppice-store-'));
  folders.push(folder);
  return folder;
}

function write(store: Store, name: string, text: string): void {
  const out = store.create(name);
  out.write(Buffer.from(text));
  out.finish();
}

function isMissing(error: unknown): boolean {
  return isCoppiceError(error, 'CORRUPT_SEGMENT') && /there is no file/.test(error.message);
}

test.run();

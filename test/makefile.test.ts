import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('makefile');

const folders: string[] = [];
test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test('packages are never installed through a link to a folder of others', () => {
  const clone = newClone();
  mkdirSync(join(clone, 'shared'));
  symlinkSync('shared', join(clone, 'node_modules'));
  const { status, stderr } = makeSetup(clone);
  assert.is.not(status, 0);
  assert.match(stderr, /node_modules is a link to shared/);
  assert.not.ok(existsSync(join(clone, 'npm-ran')));
});

test('packages are installed where there is no link', () => {
  const clone = newClone();
  makeSetup(clone);
  assert.ok(existsSync(join(clone, 'npm-ran')));
});

test.run();

/** A clone with an `npm` that only tells that it was run. */
function newClone(): string {
  const clone = mkdtempSync(join(tmpdir(), 'coppice-make-'));
  folders.push(clone);
  for (const file of ['Makefile', 'package.json', 'package-lock.json', 'scripts/check-node.sh']) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    copyFileSync(file, join(clone, file));
  }
  mkdirSync(join(clone, 'bin'));
  writeFileSync(join(clone, 'bin/npm'), '#!/bin/sh\ntouch npm-ran\n');
  chmodSync(join(clone, 'bin/npm'), 0o755);
  return clone;
}

function makeSetup(clone: string): { readonly status: number | null; readonly stderr: string } {
  const env = { ...process.env, PATH: `${join(clone, 'bin')}:${process.env['PATH']}`, MAKEFLAGS: '' };
  return spawnSync('make', ['-s', 'node_modules/.package-lock.json'], { cwd: clone, env, encoding: 'utf8' });
}

/** A benchmark that stands still is ended, and it is told where it stood. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { slow } from '../support/slow.ts';

const test = suite('bench/stall-watch');
const extension = extname(import.meta.filename);

test('an endless loop is noticed, with the place', async () => {
  slow(60_000);
  const runOne = join(import.meta.dirname, '..', '..', 'bench', 'support', `run-one${extension}`);
  const program = join(import.meta.dirname, 'fixtures', `endless${extension}`);
  const args = [...process.execArgv, runOne, program, '2000'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.is(signal, 'SIGKILL');
  assert.match(told, /# the event loop has stood still for 2 s:\n {2}standStill \(.*endless/);
});

test.run();

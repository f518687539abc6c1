import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prettyLine } from '../../actors/pretty-line.ts';

const test = suite('actors/pretty-line');

test('a line of the log reads from left to right', () => {
  const line = JSON.stringify({
    level: 40,
    time: 0,
    cluster: 'c',
    leaf: 'leaf-1',
    pid: 5,
    shard: 2,
    state: 'failed',
    msg: 'copy changed state',
  });
  assert.is(prettyLine(`${line}\n`, false), '00:00:00.000 warn  leaf-1 copy changed state shard=2 state=failed\n');
  assert.match(prettyLine(line, true), /\u001b\[33mwarn \u001b\[0m/);
});

test('a stack follows on lines of its own, and what is no JSON stays', () => {
  const line = JSON.stringify({ level: 50, time: 0, root: 'root', msg: 'process failed', stack: 'Error: x\n  at y' });
  assert.is(prettyLine(line, false), '00:00:00.000 error root process failed\nError: x\n  at y\n');
  assert.is(prettyLine('plain', false), 'plain\n');
});

test.run();

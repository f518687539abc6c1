import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ClusterFile,
  findCluster,
  removeClusterFile,
  writeClusterFile,
} from '../../../actors/embedded/cluster-file.ts';
import { holderOf, lockData } from '../../../actors/embedded/data-lock.ts';
import { identityOf, isAlive } from '../../../src/process-identity.ts';

const test = suite<{ data: string }>('actors/embedded/data-folder');
test.before.each((context) => {
  context.data = mkdtempSync(join(tmpdir(), 'coppice-data-'));
});
test.after.each(({ data }) => rmSync(data, { recursive: true, force: true }));

const self = (): { pid: number; started: string } => identityOf(process.pid) ?? { pid: 0, started: '' };

test('a process is told from another one that has its pid now', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const identity = identityOf(child.pid ?? 0);
  assert.ok(identity !== undefined && isAlive(identity));
  assert.not.ok(isAlive({ pid: process.pid, started: identity?.started ?? '' }));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.not.ok(identity !== undefined && isAlive(identity));
});

test('a folder in use is refused, and free again afterwards', ({ data }) => {
  const unlock = lockData(data);
  assert.is(holderOf(data)?.pid, process.pid);
  assert.throws(() => lockData(data), /is in use by pid \d+: stop that cluster with `coppice down --data/);
  unlock();
  unlock();
  assert.is(holderOf(data), undefined);
  lockData(data)();
});

test('a lock whose process is gone is void', ({ data }) => {
  for (const text of [JSON.stringify({ pid: process.pid, started: 'long ago' }), '{"pid":', '']) {
    writeFileSync(join(data, 'up.lock'), text);
    assert.is(holderOf(data), undefined);
    const unlock = lockData(data);
    assert.is(holderOf(data)?.pid, process.pid);
    unlock();
  }
});

test('a cluster is found while its supervisor lives', ({ data }) => {
  const file: ClusterFile = {
    ...self(),
    cluster: 'c',
    nats: 'nats://127.0.0.1:1',
    leaves: [{ name: 'a', pid: 1 }],
    root: { name: 'root', pid: 2 },
  };
  assert.equal(findCluster(data), { kind: 'none' });
  writeClusterFile(data, file);
  assert.equal(findCluster(data), { kind: 'running', file });
  writeClusterFile(data, { ...file, started: 'long ago' });
  assert.equal(findCluster(data), { kind: 'stopped', pid: process.pid });
  removeClusterFile(data);
  removeClusterFile(data);
  writeFileSync(join(data, 'cluster.json'), '{"pid":1}');
  assert.equal(findCluster(data), { kind: 'none' });
});

test.run();

/** `coppice chaos` against a cluster of `coppice up`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ProcessCluster, startCluster } from '../../support/cluster.ts';
import { slow } from '../../support/slow.ts';

const test = suite<{ cluster: ProcessCluster; folder: string }>('cluster/chaos/command');
let boot: Promise<{ cluster: ProcessCluster; folder: string }> | undefined;

test.before.each(async (context) => {
  boot ??= mkdtemp(join(tmpdir(), 'coppice-chaos-')).then(async (folder) => ({
    folder,
    cluster: await startCluster(),
  }));
  Object.assign(context, await boot);
});
test.after(async () => {
  const booted = await boot?.catch(() => undefined);
  await booted?.cluster.stop();
  if (booted !== undefined) await rm(booted.folder, { recursive: true, force: true });
});

test('chaos touches nothing unless it is told to, and then judges what the cluster kept', async ({
  cluster,
  folder,
}) => {
  slow(150_000);
  const asked = await cluster.coppice('chaos', '--seed', '7');
  assert.is(asked.code, 2);
  assert.match(asked.stderr, /may be struck: leaf leaf-1 \(pid \d+\)/);
  assert.match(asked.stderr, /nothing was touched \(give --yes to carry out the plan\)/);
  assert.match(asked.stderr, /the plan of seed 7:\n +at +fault/);
  const indices = await cluster.coppice('index', 'list');
  assert.not.match(indices.stdout, /chaos/);
  const unknown = await cluster.coppice('chaos', '--faults', 'leaf.melt');
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, /there is no fault `leaf.melt` here/);

  const out = join(folder, 'chaos');
  const flags = ['--yes', '--minutes', '0.1', '--every', '2', '--seed', '7', '--out', out];
  const run = await cluster.coppice('chaos', ...flags, '--faults', 'primary.kill,leaf.stop,controller.kill', '--json');
  assert.is(run.code, 0, `${run.stdout}\n${run.stderr}`);
  const result = JSON.parse(run.stdout);
  assert.equal(result.violations, []);
  assert.ok(result.acknowledged > 50 && result.reads > 20, run.stdout);
  assert.ok(
    result.faults.some(({ skipped }: { skipped: boolean }) => !skipped),
    run.stdout,
  );
  const history = (await readFile(join(out, 'history.jsonl'), 'utf8')).trimEnd().split('\n');
  assert.ok(history.length > result.acknowledged);
  for (const line of history) JSON.parse(line);
});

test.run();

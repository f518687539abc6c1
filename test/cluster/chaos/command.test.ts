/** `coppice chaos` against a cluster of `coppice up`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bootedSuite } from '../../support/booted-suite.ts';
import { type ProcessCluster, startCluster } from '../../support/cluster.ts';
import { slow } from '../../support/slow.ts';

const test = bootedSuite('cluster/chaos/command', open, async ({ cluster, folder }) => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
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

async function open(): Promise<{ cluster: ProcessCluster; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'coppice-chaos-'));
  return { folder, cluster: await startCluster() };
}

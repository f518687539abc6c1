/** How processes end when they are asked to: within a bound, with everything given back, or with a line that says what was not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { systemEnv } from '../../src/env.ts';
import { groupToken } from '../../src/wire/names.ts';
import type { GroupRecord } from '../../src/wire/records.ts';
import { fill, SUBJECTS } from '../../src/wire/subjects.ts';
import { placeFragile } from '../host/support/place-fragile.ts';
import { runCoppice, spawnCoppice } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import type { TestServer } from '../support/nats-server.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('actors/shutdown');
const PROGRAM = join(import.meta.dirname, 'fixtures', `fragile-leaf${extname(import.meta.filename)}`);
const START_MS = 15_000;
let made = 0;

type Process = { readonly child: ChildProcess; readonly stderr: () => string };
type FragileProcess = Process & {
  readonly context: ClusterContext;
  readonly ask: (endpoint: string, body: unknown, deadlineMs: number) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

function watched(child: ChildProcess): Process {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return { child, stderr: () => text };
}

/** Resolves with the exit code, and how long the end took. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<{ code: number | null; tookMs: number }> {
  const startMs = performance.now();
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
  return { code: child.exitCode, tookMs: performance.now() - startMs };
}

async function startFragile(server: TestServer, drainMs: number): Promise<FragileProcess> {
  made += 1;
  const cluster = `shutdown${made}`;
  const data = await mkdtemp(join(tmpdir(), 'coppice-shutdown-'));
  const bus = await connectTo(server);
  const context = await joinCluster({ cluster, bus, env: systemEnv, report: () => {} });
  const args = [...process.execArgv, PROGRAM, server.url, cluster, data, String(drainMs)];
  const process_ = watched(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
  const killAtExit = (): void => {
    process_.child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  process_.child.once('exit', () => process.off('exit', killAtExit));
  const group = await placeFragile(context, { leaves: ['l1'], shards: 1 });
  await eventually(() => context.membership.copiesOf(group).some(({ state }) => state === 'primary'), {
    withinMs: START_MS,
  });
  return {
    ...process_,
    context,
    ask: async (endpoint, body, deadlineMs) =>
      context.rpc.request(subjectOf(cluster, group, endpoint), { body, slots: group.slots.version }, { deadlineMs }),
    close: async () => {
      process_.child.kill('SIGKILL');
      await context.close();
      await bus.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function subjectOf(cluster: string, group: GroupRecord, endpoint: string): string {
  const token = groupToken(group.name, group.generation);
  return fill(SUBJECTS.shard, { cluster, group: token, shard: 0, endpoint });
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends a leaf in good order: what it took is answered, its name is free, the code is 0`, async ({
    server,
  }) => {
    const leaf = await startFragile(server, 10_000);
    const answer = leaf.ask('slowly', { ms: 400 }, 5_000);
    await leaf.context.bus.flush();
    await eventually(async () => leaf.ask('busy', {}, 1_000));
    const { code, tookMs } = await end(leaf.child, signal);
    await answer;
    assert.is(code, 0, leaf.stderr());
    assert.ok(tookMs < 5_000, `${tookMs} ms`);
    assert.equal(await leaf.context.leaves.list('leaf.'), []);
    assert.is(leaf.stderr(), '');
    await leaf.close();
  });
}

test('a worker in an endless loop does not keep the process: it ends with another code, and says whose copy it was', async ({
  server,
}) => {
  const leaf = await startFragile(server, 10_000);
  const stuck = failureOf(leaf.ask('spin', { ms: 600_000 }, 30_000));
  await failureOf(leaf.ask('count', {}, 300));
  const { code, tookMs } = await end(leaf.child, 'SIGTERM');
  assert.is(code, 7);
  assert.ok(tookMs < 9_000, `${tookMs} ms`);
  assert.match(leaf.stderr(), /not finished: copy of shard 0 of fragile/);
  assert.is((await stuck).code, 'ACTOR_FAILED', 'who waited is told');
  await leaf.close();
});

test('the bound holds, whatever is not done', async ({ server }) => {
  const leaf = await startFragile(server, 300);
  const stuck = leaf.ask('spin', { ms: 600_000 }, 1_500);
  const outcome = failureOf(stuck);
  await failureOf(leaf.ask('count', {}, 300));
  const { code, tookMs } = await end(leaf.child, 'SIGTERM');
  assert.is(code, 7);
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
  assert.match(leaf.stderr(), /not all was closed within 300 ms; not finished: copy of shard 0 of fragile, the name/);
  await outcome;
  await leaf.close();
});

test('asked twice, a process ends at once, with a line that says what was not finished', async ({ server }) => {
  const leaf = await startFragile(server, 60_000);
  const stuck = failureOf(leaf.ask('spin', { ms: 600_000 }, 1_500));
  await failureOf(leaf.ask('count', {}, 300));
  leaf.child.kill('SIGTERM');
  const { code, tookMs } = await end(leaf.child, 'SIGINT');
  assert.is(code, 7);
  assert.ok(tookMs < 1_500, `${tookMs} ms`);
  assert.match(leaf.stderr(), /asked to end again; not finished: copy of shard 0 of fragile/);
  await stuck;
  await leaf.close();
});

test('`--drain-ms` is read, and a number out of range refused', async ({ server }) => {
  const refused = await runCoppice(['leaf', '--name', 'x', '--drain-ms', '-1', '--nats', server.url]);
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /drain-ms/);
  const data = await mkdtemp(join(tmpdir(), 'coppice-shutdown-'));
  const flags = ['--cluster', 'drained', '--nats', server.url, '--data', data, '--drain-ms', '5000'];
  const root = watched(spawnCoppice(['root', '--pretty', ...flags]));
  await eventually(() => root.stderr().includes('process ready'), { withinMs: START_MS });
  assert.is((await end(root.child, 'SIGTERM')).code, 0, root.stderr());
  await rm(data, { recursive: true, force: true });
});

test.run();

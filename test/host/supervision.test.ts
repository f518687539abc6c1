/**
 * What a leaf does about worker threads that hang, hoard or die: whoever waits is told at once, copies that had no part in
 * it are back first, and one that does it again is alone.
 */
import * as assert from 'uvu/assert';
import { errorFromWire } from '../../src/errors.ts';
import type { WorkerLimits } from '../../src/host/worker-limits.ts';
import { asList, asRecord } from '../client/support/expect.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/failure.ts';
import { natsSuite } from '../support/nats-suite.ts';
import { type FragileLeaves, startFragileLeaves } from './support/fragile-leaves.ts';

const test = natsSuite('host/supervision');
/** Threads start slowly where sources are compiled as they are loaded. */
const BACK_MS = 20_000;

/** Causes that the copies of a shard tell, oldest first. */
async function causesOf({ client }: FragileLeaves, shard: number): Promise<readonly string[]> {
  const { transitions } = asRecord(await client.request('shard-history', 'fragile', { shard }));
  return asList(transitions).map((step) => String(asRecord(step)['cause']));
}

async function serving(leaves: FragileLeaves): Promise<void> {
  await eventually(() => leaves.states().every((state) => state === 'primary'), { withinMs: BACK_MS });
}

test('an endless loop is seen and ended within the bound; the pulse and the other thread go on', async ({ server }) => {
  const leaves = await startFragileLeaves(server, { shards: 4, workers: 2, limits: { stuckMs: 600 } });
  const { client, context, hosts } = leaves;
  const [host] = hosts;
  let pulses = 0;
  const stop = context.membership.onPulse(() => pulses++);
  const startMs = performance.now();
  const neighbour = failureOf(leaves.ask(leaves.neighbourOf(0), 'never', {}));
  const stuck = failureOf(leaves.ask(0, 'spin', { ms: 60_000 }));
  const elsewhere = leaves.strangerTo(0);
  for (let n = 0; n < 10; n++) await leaves.ask(elsewhere, 'count', {});
  assert.is((await stuck).code, 'ACTOR_FAILED', 'sent to the next copy, it would hang that one, too');
  assert.ok(performance.now() - startMs < 3_000, 'within the bound, not at the deadline');
  const waited = await neighbour;
  assert.is(waited.code, 'SHARD_UNAVAILABLE');
  assert.ok(waited.retryable);
  assert.match(waited.message, /was stuck for \d\.\d s, while shard 0 of `fragile` answered a query/);
  assert.ok(pulses > 0, 'the leaf was heard meanwhile');
  stop();
  await serving(leaves);
  assert.ok((await causesOf(leaves, 0)).includes('worker.stuck'));
  assert.not.ok((await causesOf(leaves, elsewhere)).includes('worker.stuck'));
  assert.is(host?.workers().deaths, 1);
  assert.is(host?.workers().lastDeath?.cause, 'stuck');
  const state = asRecord(await client.request('cluster-state', '_', {}));
  const [leaf] = asList(state['leaves']);
  const told = asRecord(asRecord(asRecord(leaf)['workers'])['last_death']);
  assert.is(told['cause'], 'stuck');
  await leaves.close();
});

const HOARDS: readonly (readonly [string, string, unknown, Partial<WorkerLimits>])[] = [
  ['outOfMemory', 'hoard', {}, { heapMb: 48 }],
  ['overMemory', 'buffers', { mb: 96 }, { memoryMb: 64 }],
];
for (const [cause, endpoint, body, limits] of HOARDS) {
  test(`a thread that holds too much (${cause}) is ended, and its copies are back`, async ({ server }) => {
    const leaves = await startFragileLeaves(server, { shards: 2, workers: 1, limits });
    const { client, hosts, reported } = leaves;
    await client.call('fragile', 'add', { key: 'k', by: 3 });
    const asked = Promise.allSettled([leaves.ask(0, endpoint, body)]);
    await eventually(() => hosts[0]?.workers().deaths === 1, { withinMs: BACK_MS });
    await asked;
    assert.is(hosts[0]?.workers().lastDeath?.cause, cause);
    assert.match(hosts[0]?.workers().lastDeath?.reason ?? '', /MiB/);
    await serving(leaves);
    assert.is(await client.call('fragile', 'count', {}), 3);
    assert.ok((await causesOf(leaves, 0)).includes(`worker.${cause}`));
    assert.ok(reported.includes('worker thread will be started again'));
    await leaves.close();
  });
}

test('a copy that takes its thread down again is alone from then on, and its neighbours are back first', async ({
  server,
}) => {
  const leaves = await startFragileLeaves(server, { shards: 3, workers: 1 });
  const [host] = leaves.hosts;
  if (host === undefined) throw new Error('no host');
  const stateOf = (shard: number): string | undefined => host.statuses().find((copy) => copy.shard === shard)?.state;
  for (let deaths = 1; deaths <= 2; deaths++) {
    await failureOf(leaves.ask(0, 'exit', {}));
    await eventually(() => host.workers().deaths === deaths);
    assert.is(stateOf(0), 'failed');
    assert.match(host.statuses().find(({ shard }) => shard === 0)?.reason ?? '', /starts again 0\.[24] s after it/);
    await eventually(() => stateOf(1) === 'primary' && stateOf(2) === 'primary', { withinMs: BACK_MS });
    await serving(leaves);
  }
  const copies = host.workers().threads.map((thread) => thread.copies);
  assert.equal(
    copies.toSorted((a, b) => a - b),
    [1, 2],
    'one thread for the two that behave, one for the other',
  );
  await failureOf(leaves.ask(0, 'exit', {}));
  await eventually(() => host.workers().deaths === 3);
  assert.is(await leaves.ask(1, 'count', {}), 0, 'nobody else was there');
  assert.not.ok((await causesOf(leaves, 1)).filter((cause) => cause === 'worker.exited').length > 2);
  await serving(leaves);
  await leaves.close();
});

test('whoever waits for a thread that ends is told at once that another try may help', async ({ server }) => {
  const leaves = await startFragileLeaves(server, { shards: 1, workers: 1 });
  const { context, group } = leaves;
  const startMs = performance.now();
  const waiting = failureOf(leaves.ask(0, 'never', {}));
  await failureOf(leaves.ask(0, 'exit', {}));
  const error = await waiting;
  assert.is(errorFromWire(error.toWire()).code, 'SHARD_UNAVAILABLE');
  assert.ok(performance.now() - startMs < 2_000);
  assert.is(context.view.group('fragile')?.generation, group.generation);
  await leaves.close();
});

test('a module that cannot be loaded is tried again, with growing pauses, and blames no copy', async ({ server }) => {
  const leaves = await startFragileLeaves(server, { shards: 1, workers: 1, module: 'no-definition' });
  const [host] = leaves.hosts;
  await eventually(() => (host?.workers().deaths ?? 0) >= 2, { withinMs: BACK_MS });
  assert.match(host?.workers().lastDeath?.reason ?? '', /exports neither/);
  await leaves.close();
});

test.run();

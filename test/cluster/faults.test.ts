/** Faults of real leaf processes under load: a kill, a stop that ends too late, and a restart of all, one by one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { lostOf, SteadyLoad } from '../../bench/support/steady-load.ts';
import { connectNats } from '../../src/bus/nats/connect.ts';
import type { NatsBus } from '../../src/bus/nats/nats-bus.ts';
import { Coppice } from '../../src/client/client.ts';
import { DEFAULT_CLUSTER } from '../../src/client/connect.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { logSpec } from '../../src/cluster/groups.ts';
import { systemEnv } from '../../src/env.ts';
import { decodeLogRecord } from '../../src/wire/log-record.ts';
import type { GroupRecord, LeaseRecord } from '../../src/wire/records.ts';
import { bootedSuite } from '../support/booted-suite.ts';
import { type ProcessCluster, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { slow } from '../support/slow.ts';

type Leaf = { readonly name: string; readonly pid: number };
type Scene = {
  readonly cluster: ProcessCluster;
  readonly bus: NatsBus;
  readonly context: ClusterContext;
  readonly client: Coppice;
};

const test = bootedSuite(
  'cluster/faults',
  async () => ({ scene: await open() }),
  async ({ scene }) => {
    await scene.client.close();
    await scene.bus.close();
    await scene.cluster.stop();
  },
);
const INDEX = 'notes';
const RATES = { writesPerSecond: 60, searchesPerSecond: 40 };
const PATIENCE_MS = 40_000;

async function open(): Promise<Scene> {
  const cluster = await startCluster({ leaves: 3 });
  const bus = await connectNats({ servers: cluster.url }, systemEnv);
  const context = await joinCluster({ cluster: DEFAULT_CLUSTER, bus, env: systemEnv, report: () => {} });
  const client = new Coppice(context);
  const scene = { cluster, bus, context, client };
  await client.request('index-create', INDEX, {
    settings: { shards: 1, replicas: 1 },
    mappings: { properties: { text: { type: 'text' } } },
  });
  await whole(scene);
  return scene;
}

async function leavesOf({ client }: Scene): Promise<readonly Leaf[]> {
  return ((await client.request('cluster-state', '_')) as { leaves: readonly Leaf[] }).leaves;
}

/** Resolves when every copy serves, and the process that `but` was has a successor. */
async function whole(scene: Scene, but?: Leaf): Promise<void> {
  const check = async (): Promise<boolean> => {
    const successor = but === undefined ? undefined : (await leavesOf(scene)).find(({ name }) => name === but.name);
    if (but !== undefined && (successor === undefined || successor.pid === but.pid)) return false;
    const health = (await scene.client.request('cluster-health', '_')) as { status: string };
    return health.status === 'green';
  };
  await eventually(check, { withinMs: PATIENCE_MS, what: 'every copy serves' });
}

function groupIn({ context }: Scene): GroupRecord {
  const group = context.view.group(INDEX);
  if (group === undefined) throw new Error(`there is no index ${INDEX}`);
  return group;
}

function leaseIn(scene: Scene): LeaseRecord {
  const lease = scene.context.view.lease(groupIn(scene), 0)?.value;
  if (lease === undefined) throw new Error('nobody has led the shard');
  return lease;
}

async function primaryLeaf(scene: Scene): Promise<Leaf> {
  await eventually(() => leaseIn(scene).owner !== '');
  const { owner } = leaseIn(scene);
  const leaf = (await leavesOf(scene)).find(({ name }) => name === owner);
  if (leaf === undefined) throw new Error(`the lease names ${owner}, which is no leaf`);
  return leaf;
}

function startLoad({ client }: Scene, prefix: string): SteadyLoad {
  return new SteadyLoad({ client, index: INDEX, ...RATES, deadlineMs: 10_000, prefix });
}

/** Nothing failed, and what was acknowledged is there. */
async function assertUnharmed({ client }: Scene, load: SteadyLoad): Promise<void> {
  await load.stop();
  assert.equal(load.failedWrites, []);
  assert.equal(load.failedSearches, []);
  assert.ok(load.acked.length > 0 && load.searches.length > 0);
  assert.equal(await lostOf(client, INDEX, load.acked), []);
}

/** More writes and searches were answered than by now. */
async function goesOn(load: SteadyLoad): Promise<void> {
  const [writes, searches] = [load.acked.length + 20, load.searches.length + 20];
  await eventually(() => load.acked.length > writes && load.searches.length > searches, { withinMs: PATIENCE_MS });
}

/** Terms of the shard's log, record by record. */
async function termsOf(scene: Scene): Promise<readonly number[]> {
  const log = scene.bus.openLog(logSpec(DEFAULT_CLUSTER, groupIn(scene)));
  const lastSeq = (await log.last(0))?.seq ?? 0;
  const terms: number[] = [];
  for (let seq = 1; seq <= lastSeq; seq++) {
    const entry = await log.read(0, seq);
    if (entry !== undefined) terms.push(decodeLogRecord(entry.data).term);
  }
  return terms;
}

test('a killed primary costs its callers time, and nothing else', async ({ scene }) => {
  slow(120_000);
  const load = startLoad(scene, 'k');
  await goesOn(load);
  const leaf = await primaryLeaf(scene);
  const { term } = leaseIn(scene);
  process.kill(leaf.pid, 'SIGKILL');
  await eventually(() => leaseIn(scene).term > term, { withinMs: PATIENCE_MS });
  await goesOn(load);
  await whole(scene, leaf);
  await assertUnharmed(scene, load);
});

test('a primary that was stopped and wakes up too late appends nothing, and steps down', async ({ scene }) => {
  slow(120_000);
  const load = startLoad(scene, 's');
  await goesOn(load);
  const leaf = await primaryLeaf(scene);
  const before = leaseIn(scene);
  process.kill(leaf.pid, 'SIGSTOP');
  try {
    await eventually(() => leaseIn(scene).owner !== leaf.name && leaseIn(scene).owner !== '', {
      withinMs: PATIENCE_MS,
    });
    await goesOn(load);
  } finally {
    process.kill(leaf.pid, 'SIGCONT');
  }
  await goesOn(load);
  await whole(scene);
  await eventually(
    () =>
      scene.context.membership
        .copiesOf(groupIn(scene))
        .every(({ state, leaf: name }) => (name === leaf.name ? state === 'replica' : state === 'primary')),
    { withinMs: PATIENCE_MS, what: 'the woken copy follows' },
  );
  await assertUnharmed(scene, load);
  const terms = await termsOf(scene);
  assert.equal(
    terms,
    terms.toSorted((a, b) => a - b),
  );
  assert.ok(terms.at(-1) === leaseIn(scene).term && leaseIn(scene).term > before.term);
});

test('all leaves are restarted, one after the other, and no request fails', async ({ scene }) => {
  slow(180_000);
  const load = startLoad(scene, 'r');
  await goesOn(load);
  for (const leaf of await leavesOf(scene)) {
    process.kill(leaf.pid, 'SIGTERM');
    await whole(scene, leaf);
    assert.is(await exitCodeOf(scene, leaf), 0, `${leaf.name} has ended in good order`);
    await goesOn(load);
  }
  await assertUnharmed(scene, load);
});

/** What a leaf's process has written of its own end. */
async function exitCodeOf({ cluster }: Scene, { name, pid }: Leaf): Promise<unknown> {
  const lines = (await readFile(join(cluster.data, 'logs', `${name}.log`), 'utf8')).trim().split('\n');
  const ends = lines.map((line) => JSON.parse(line)).filter((line) => line.pid === pid && line.msg === 'process ended');
  return ends.at(-1)?.exitCode;
}

test.run();

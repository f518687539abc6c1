/** What deleted groups and dead uploads have left in the depot goes, whoever ran when; what lives stays. */
import * as assert from 'uvu/assert';
import type { Depot } from '../../src/bus/depot.ts';
import { CHECKPOINT_SCHEDULE } from '../../src/cluster/checkpoint-options.ts';
import { type ClusterContext, joinCluster } from '../../src/cluster/context.ts';
import { createGroup, deleteGroup } from '../../src/cluster/groups.ts';
import { goneKey } from '../../src/cluster/view.ts';
import { systemEnv } from '../../src/env.ts';
import { DepotKeeper } from '../../src/host/depot-keeper.ts';
import { keptCounterDefinition } from '../shard/support/counter.ts';
import { eventually } from '../support/eventually.ts';
import { connectTo, natsSuite } from '../support/nats-suite.ts';

const test = natsSuite('host/depot-keeper');
const BYTES = new TextEncoder().encode('kept');
const report = (): void => {};

async function seat(
  server: Parameters<typeof connectTo>[0],
  cluster: string,
): Promise<ClusterContext & { depot: Depot }> {
  const bus = await connectTo(server);
  const depot = await bus.openDepot(`${cluster}_depot`);
  const checkpoints = { ...CHECKPOINT_SCHEDULE, depot };
  return { ...(await joinCluster({ cluster, bus, env: systemEnv, report, checkpoints })), depot };
}

const group = {
  name: 'counter',
  definition: keptCounterDefinition,
  shards: 2,
  copies: 1,
  requires: 'x',
  settings: null,
};

test('checkpoints of a group that was deleted while no leaf ran go, and late ones, too', async ({ server }) => {
  const context = await seat(server, 'keeper1');
  const { depot, registry } = context;
  const dead = await createGroup(context, group);
  for (const name of ['0/a@1.1', '1/b@1.1']) await depot.put(`${dead.generation}/${name}`, BYTES);
  await deleteGroup(context, 'counter');
  const lives = await createGroup(context, group);
  await depot.put(`${lives.generation}/0/a@1.1`, BYTES);
  await depot.put('snapshots/s', BYTES);
  const keeper = new DepotKeeper(context, { lookMs: 20, quietMs: 300 });
  keeper.start();
  const left = ['snapshots/s', `${lives.generation}/0/a@1.1`].sort();
  const isTidy = async (): Promise<boolean> => (await depot.list('')).join() === left.join();
  await eventually(isTidy, { withinMs: 10_000, what: 'the files go' });
  assert.ok((await registry.get(goneKey(dead.generation))) !== undefined);
  await depot.put(`${dead.generation}/0/late@1.2`, BYTES);
  await eventually(isTidy, { withinMs: 10_000, what: 'what came late goes' });
  await eventually(async () => (await registry.get(goneKey(dead.generation))) === undefined, {
    withinMs: 10_000,
    what: 'the entry goes',
  });
  assert.equal(await depot.list(''), left);
  await keeper.close();
  await context.close();
  await context.bus.close();
});

test('a depot that fails is tidied up later, and the entry waits', async ({ server }) => {
  const context = await seat(server, 'keeper2');
  const { depot, registry } = context;
  const dead = await createGroup(context, group);
  await depot.put(`${dead.generation}/0/a@1.1`, BYTES);
  await deleteGroup(context, 'counter');
  let fails = true;
  let tries = 0;
  const broken: Depot = Object.assign(Object.create(depot) as Depot, {
    list: async (prefix: string) => {
      tries += 1;
      if (fails) throw new Error('the depot is away');
      return depot.list(prefix);
    },
    delete: async (name: string) => depot.delete(name),
  });
  const checkpoints = { ...CHECKPOINT_SCHEDULE, depot: broken };
  const keeper = new DepotKeeper({ ...context, checkpoints }, { lookMs: 10, quietMs: 50 });
  keeper.start();
  await eventually(() => tries > 3);
  assert.ok((await registry.get(goneKey(dead.generation))) !== undefined);
  fails = false;
  await eventually(async () => (await registry.get(goneKey(dead.generation))) === undefined, { withinMs: 10_000 });
  assert.equal(await depot.list(''), []);
  await keeper.close();
  await context.close();
  await context.bus.close();
});

test('dead uploads are swept now and then', async ({ server }) => {
  const context = await seat(server, 'keeper3');
  const sweeps: number[] = [];
  const depot: Depot = Object.assign(Object.create(context.depot) as Depot, {
    sweep: async (minAgeMs: number) => sweeps.push(minAgeMs),
  });
  const checkpoints = { ...CHECKPOINT_SCHEDULE, depot };
  const keeper = new DepotKeeper({ ...context, checkpoints }, { lookMs: 10, sweepMs: 60 });
  keeper.start();
  await eventually(() => sweeps.length >= 2);
  await keeper.close();
  const count = sweeps.length;
  assert.ok(sweeps.every((minAgeMs) => minAgeMs === 60));
  await context.close();
  await context.bus.close();
  assert.is(sweeps.length, count);
});

test.run();

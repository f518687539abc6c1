/** Health counts what lives: not what a process told that has died and has a successor. */
import * as assert from 'uvu/assert';
import { nameToToken } from '../../src/wire/names.ts';
import { LeafRecord, parseRecord } from '../../src/wire/records.ts';
import { fill, LEAF_KEYS } from '../../src/wire/subjects.ts';
import { clusterSuite } from '../support/cluster-suite.ts';
import { eventually } from '../support/eventually.ts';
import { asRecord, at } from './support/expect.ts';

const test = clusterSuite('client/health', { leaves: 2 });

test('copies of a leaf that was started again do not count until it has told of them', async ({ cluster }) => {
  const { client, context } = cluster;
  await client.request('index-create', 'notes', { settings: { shards: 1, replicas: 1 } });
  const health = async (): Promise<Record<string, unknown>> => asRecord(await client.request('cluster-health', '_'));
  await eventually(async () => (await health())['status'] === 'green');
  const group = context.view.group('notes');
  const owner =
    group === undefined ? undefined : context.membership.copiesOf(group).find(({ state }) => state === 'primary');
  const replica = cluster.leafNames().find((name) => name !== owner?.leaf) ?? '';
  const key = fill(LEAF_KEYS.leaf, { leaf: nameToToken(replica) });
  const entry = await context.leaves.get(key);
  assert.ok(entry !== undefined);
  const record = parseRecord(LeafRecord, entry.value, key);
  await cluster.killLeaf(replica);
  await context.leaves.put(key, { ...record, incarnation: 'successor' });
  const after = await health();
  assert.is(after['status'], 'yellow');
  assert.is(after['active_shards'], 1);
  const state = await client.request('cluster-state', '_');
  assert.equal(
    [0, 1].map((n) => at(state, `indices.0.shards.0.copies.${n}.state`)),
    ['primary', 'unassigned'],
  );
});

test.run();
